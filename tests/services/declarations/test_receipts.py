"""Every penny explained, and recomputed by code that shares nothing with the engine."""

import copy
import hashlib
import json
from typing import Any

import pytest

from cqrs import verify
from tests.services.declarations.period import Period


async def receipt_of(period: Period) -> dict[str, Any]:
    await period.calculated("A81001")
    data = await period.ask(
        "practice",
        "{ declarations { edges { node { receipt lines { indicator outcome receipt } } } } }",
    )
    (edge,) = data["declarations"]["edges"]
    node: dict[str, Any] = edge["node"]
    by_code = {line["indicator"]: line for line in node["lines"]}
    assert by_code["MH003"]["outcome"] == "NOT_EARNABLE"
    assert by_code["CHOL004"]["receipt"]["tree"]["value"] == "566413/100"
    return node["receipt"]


async def test_a_receipt_holds_when_it_is_recomputed(period, tmp_path, capsys):
    receipt = await receipt_of(period)
    assert (receipt["points"], receipt["pounds"]) == ("139.47", "37227.05")
    assert receipt["provisional"]
    chol = next(line for line in receipt["lines"] if line["indicator"] == "CHOL004")
    assert chol["sources"]["national.prevalence"]["source"] == "England 2025/26: made up"
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    assert verify.report(file) == 0
    assert capsys.readouterr().out == "holds: 44 lines, 139.47 points, £37227.05\n"


async def test_whatever_is_changed_in_a_receipt_is_found(period):
    receipt = await receipt_of(period)
    for change, says in (
        (lambda r: r["lines"][0].update(pounds="1.00"), "pounds"),
        (lambda r: r["lines"][0].update(numerator=99), "values.numerator is 99"),
        (lambda r: r["lines"][0]["inputs"]["upper"].update(value="1/2"), "AF006"),
        (lambda r: r["lines"][8]["tree"].update(value="1/2"), "not 1/2"),
        (lambda r: r["lines"].pop(), "hash"),
        (lambda r: r.update(pounds="37227.06"), "not 37227.06"),
        (lambda r: r.update(list_on="2025-10-01"), "hash"),
        (lambda r: r.pop("lines"), "not whole"),
        (lambda r: r.update(stood_on="nothing"), "not whole"),
        (lambda r: r["lines"][0].update(inputs=None), "not whole"),
    ):
        altered = copy.deepcopy(receipt)
        change(altered)
        found = verify.differences(altered)
        assert any(says in difference for difference in found), (says, found)


@pytest.mark.parametrize(
    "change",
    [
        lambda tree: tree.update(operator="floor"),
        lambda tree: tree["arguments"].pop(),
        lambda tree: tree["arguments"].clear(),
    ],
)
async def test_a_tree_that_is_not_of_the_formulas_steps_is_found(period, change):
    """Also by a seal that was made anew: the tree is held against the steps."""
    receipt = await receipt_of(period)
    line = receipt["lines"][0]
    change(line["tree"])
    for sealed in (line, receipt):
        rest = {name: value for name, value in sealed.items() if name != "sha256"}
        text = json.dumps(rest, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        sealed["sha256"] = hashlib.sha256(text.encode()).hexdigest()
    (found,) = verify.differences(receipt)
    assert found == "AF006: pounds is not worked out in the tree as in the formula"


@pytest.mark.parametrize("content", ["", "[]", '{"format": "other"}'])
def test_another_file_is_no_receipt(tmp_path, content, capsys):
    file = tmp_path / "other.json"
    file.write_text(content)
    assert verify.report(file) == 2
    assert str(file) in capsys.readouterr().err
