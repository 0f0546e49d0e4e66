"""Whatever pays, `cqrs verify` recomputes, and finds what was changed, where it was."""

import copy
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from cqrs import verify
from nhs.formulas.specification import QualityServiceSpecification
from tests.nhs.formulas.primitives import (
    BEDS,
    CLAWBACK,
    HALF_YEAR,
    LINEAR,
    PROTECTED,
    REGISTER,
    STEP_AND_SLOPE,
    SUM_OF_ROUNDED,
    YES_OR_NO,
)
from tests.services.declarations.advancing import advanced, figures, of_line, publish
from tests.services.declarations.network import PCN, Network
from tests.services.declarations.period import Period, row

FIELDS = ("Numerator", "Denominator", "Register")
RECEIPT = "query ($id: ID!) { declaration(id: $id) { receipt } }"

PRIMITIVES: Mapping[str, tuple[QualityServiceSpecification, tuple[int, ...], str, str]] = {
    "LINEAR": (LINEAR, (92, 100, 0), "7.71", "771.00"),
    "STEP": (STEP_AND_SLOPE, (92, 100, 0), "9.00", "1810.44"),
    "YESNO": (YES_OR_NO, (1, 1, 0), "27.00", "5762.61"),
    "REGISTER": (REGISTER, (0, 0, 400), "5.00", "1067.15"),
    "BEDS": (BEDS, (3, 3, 30), "0.00", "50.00"),
    "HALFYEAR": (HALF_YEAR, (0, 0, 0), "0.00", "180340.92"),
    "CLAWBACK": (CLAWBACK, (79, 100, 0), "0.00", "-241.20"),
    "PROTECTED": (PROTECTED, (0, 0, 0), "4.37", "1161.11"),
    "SUMS": (SUM_OF_ROUNDED, (1, 1, 1), "0.00", "0.68"),
}


async def receipt_of(period: Period, declaration: Any) -> dict[str, Any]:
    found: dict[str, Any] = await period.ask("finance", RECEIPT, id=declaration["id"])
    receipt: dict[str, Any] = found["declaration"]["receipt"]
    return receipt


async def calculated(period: Period, name: str) -> dict[str, Any]:
    """The receipt of the last period of a service that is paid by one primitive."""
    service, numbers, _, _ = PRIMITIVES[name]
    published = service.as_json() | {"id": f"{name}/1", "version": 1, "code": name}
    await publish(period, published, "A81001")
    mine = {"provider": "A81001"}
    await figures(period, "AGREED_PAYMENT", [mine | {"value": "482.40"}], service="FEES2526")
    points = [mine | {"indicator": "IND001", "value": "4.37"}]
    await figures(period, "AGREED_POINTS", points, service="TEST2425")
    population = [mine | {"value": "47000.5"}]
    await figures(period, "ADJUSTED_POPULATION", population, countedOn="2026-01-01")
    await period.settle()
    named = {"QUALITY_SERVICE": name}
    counts = zip(FIELDS, map(str, numbers), strict=True)
    await period.load([row("A81001", "IND001", f, v, **named) for f, v in counts])
    await period.settle()
    return await receipt_of(period, (await of_line(period, name, "A81001"))[-1])


@pytest.mark.parametrize("name", PRIMITIVES)
async def test_a_receipt_of_each_primitive_is_recomputed(
    period: Period, tmp_path: Path, name: str
) -> None:
    _, _, points, pounds = PRIMITIVES[name]
    receipt = await calculated(period, name)
    assert (receipt["points"], receipt["pounds"]) == (points, pounds)
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    assert verify.report(file) == 0


async def test_every_month_of_aspiration_is_recomputed(period: Period) -> None:
    await advanced(period, "A81001")
    for month in await of_line(period, "QOFA2526", "A81001"):
        receipt = await receipt_of(period, month)
        assert verify.differences(receipt) == []
        source = receipt["lines"][0]["sources"]["payment.pounds"]
        assert source == {"source": "Agreed: made up", "status": "loaded"}


async def test_a_receipt_holds_where_everything_comes_from(period: Period) -> None:
    await period.calculated("A81001")
    (declared,) = await of_line(period, "QOF2526", "A81001")
    receipt = await receipt_of(period, declared)
    assert receipt["provider"] == "A81001"
    assert receipt["rounding_policy"] == "points-2-pounds-2-half-up@1"
    assert (receipt["list_on"], receipt["list_stands_in"]) == ("2026-01-01", False)
    line = next(one for one in receipt["lines"] if one["indicator"] == "CHOL004")
    assert line["sources"]["constants.average_list"] == {
        "source": "Derived: 225.49 ÷ 0.022142, the average list of 1 January 2025",
        "status": "verified",
        "effective": "2025-01-01",
    }
    (came,) = line["values"]
    assert (came["how"], came["submitted_by"], came["replaced"]) == ("AUTOMATIC", "AUTOMATED", None)
    assert came["file"].endswith(".csv")
    assert came["entered_at"] == "2026-04-01T09:00:00+00:00"


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda r: r["lines"][1]["tree"].update(value="1"), "AF008: pounds is 0, not 1"),
        (lambda r: r["lines"][1]["inputs"]["lower"].update(value="1/3"), "AF008: the line has"),
        (lambda r: r["lines"][1].update(name="Another"), "AF008: the line has been changed"),
        (lambda r: r["lines"][1]["values"][0].update(how="MANUAL"), "AF008: the line has been"),
        (lambda r: r.update(provider="A81002"), "the receipt has been changed"),
        (lambda r: r.update(rounding_policy="pounds-0@1"), "no rounding policy pounds-0@1"),
        (
            lambda r: r["lines"][1]["formula"]["steps"][-1].__setitem__(1, "round0"),
            "AF008: pounds is made by round0, not by round2",
        ),
        (lambda r: r.pop("sha256"), "the receipt is not whole: KeyError 'sha256'"),
        (lambda r: r["lines"][1].pop("sha256"), "the receipt is not whole"),
    ],
)
async def test_a_changed_receipt_says_which_line_and_what(
    period: Period, change: Any, says: str
) -> None:
    await period.calculated("A81001")
    (declared,) = await of_line(period, "QOF2526", "A81001")
    receipt = copy.deepcopy(await receipt_of(period, declared))
    change(receipt)
    found = verify.differences(receipt)
    assert any(says in difference for difference in found), found


def sealed_anew(receipt: dict[str, Any]) -> dict[str, Any]:
    """As somebody would who knows how it is sealed."""
    for one in (*receipt["lines"], receipt):
        rest = {name: value for name, value in one.items() if name != "sha256"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        one["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    return receipt


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"numerator": 659}, "CHOL004: A81001 submitted numerator 659, but 231 is counted"),
        ({"register": None}, "CHOL004: A81001 submitted register None, but 700 is counted"),
        ({"provider": "A81002"}, "CHOL004: it counts no values of A81002"),
    ],
)
async def test_submitted_values_that_were_changed_are_found_though_all_is_sealed_anew(
    period: Period, change: dict[str, Any], says: str
) -> None:
    await period.calculated("A81001")
    (declared,) = await of_line(period, "QOF2526", "A81001")
    receipt = await receipt_of(period, declared)
    assert verify.differences(sealed_anew(receipt)) == []
    line = next(one for one in receipt["lines"] if one["indicator"] == "CHOL004")
    line["values"][0].update(change)
    assert verify.differences(sealed_anew(receipt)) == [says]


async def test_a_member_s_values_that_were_changed_are_found(network: Network) -> None:
    await network.calculated()
    for declared in await of_line(network, "NCD2425", PCN):
        receipt = await receipt_of(network, declared)
        assert verify.differences(receipt) == []
        (line,) = receipt["lines"]
        if line["indicator"] == "HI03":
            line["values"][1]["denominator"] = 171
            says = "HI03: A81002 submitted denominator 171, but 170 is counted"
            assert verify.differences(sealed_anew(receipt)) == [says]


async def test_a_figure_that_was_changed_is_found(period: Period) -> None:
    await advanced(period, "A81001")
    (month, *_) = await of_line(period, "QOFA2526", "A81001")
    receipt = await receipt_of(period, month)
    receipt["stood_on"]["figures"]["payment.pounds"] = "200000"
    found = verify.differences(receipt)
    assert "ASP001: base is 100000, but payment.pounds is 200000" in found
