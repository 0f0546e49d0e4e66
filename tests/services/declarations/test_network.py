"""A network is paid by the sums of its members: who counts, what is waited for, what it earns."""

import copy
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from chassis.db import Tx
from chassis.ids import new_id
from cqrs import verify
from tests.services.declarations.network import (
    FIGURES,
    MEMBERS,
    OTHER_PCN,
    PCN,
    Network,
)
from tests.services.declarations.period import worked_prevalences
from tests.services.declarations.test_catalogue import published
from tests.services.declarations.test_working import hear


async def test_one_declaration_is_opened_for_each_indicator(network: Network) -> None:
    await network.settle()
    found = await network.declarations(provider=PCN)
    assert len(found) == 2
    assert await network.open() == 0


async def test_nothing_is_opened_before_the_achievement_date_or_without_an_approved_offer(
    network: Network,
) -> None:
    network.now = network.now.replace(month=3, day=30)
    await network.settle()
    assert await network.declarations(provider=PCN) == []
    network.now = network.now.replace(month=4, day=1)
    await network.offered(OTHER_PCN, status="OFFERED")
    await network.settle()
    assert await network.declarations(provider=OTHER_PCN) == []


async def test_hi03_of_two_members_is_paid_by_the_sum_of_their_patients(network: Network) -> None:
    await network.calculated()
    hi03 = await network.declaration("HI03")
    assert hi03["lines"] == [
        {
            "indicator": "HI03",
            "numerator": 230,
            "denominator": 320,
            "points": "21.38",
            "pounds": "4718.34",
        }
    ]
    assert (hi03["status"], hi03["points"], hi03["pounds"]) == (
        "AWAITING_PROVIDER_APPROVAL",
        "21.38",
        "4718.34",
    )
    average_of_percentages = (Decimal(100) / 150 + Decimal(130) / 170) / 2
    as_points = (average_of_percentages - Decimal("0.6")) / Decimal("0.2") * 36
    assert round(as_points, 2) == Decimal("20.82")


async def test_can04_of_two_members_is_paid_as_the_worked_example_says(network: Network) -> None:
    await network.calculated()
    can04 = await network.declaration("CAN04")
    assert (can04["points"], can04["pounds"]) == ("14.67", "2667.27")


async def test_a_receipt_shows_the_membership_at_the_date_and_holds_when_recomputed(
    network: Network, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    await network.calculated()
    receipt = (await network.declaration("HI03"))["receipt"]
    assert receipt["stood_on"] == {
        "membership_on": "2025-03-31",
        "members": [
            _member("A81001", {"HI03": _numbers(100, 150)}),
            _member("A81002", {"HI03": _numbers(130, 170)}),
        ],
    }
    file = tmp_path / "receipt.json"
    file.write_text(json.dumps(receipt))
    assert verify.report(file) == 0
    assert capsys.readouterr().out == "holds: 1 lines, 21.38 points, £4718.34\n"


def _numbers(numerator: int, denominator: int) -> dict[str, int | None]:
    return {"numerator": numerator, "denominator": denominator, "register": None}


def _member(practice: str, values: dict[str, Any]) -> dict[str, Any]:
    return {
        "practice": practice,
        "from": "2020-04-01",
        "to": None,
        "standing": "COUNTED",
        "list_size": 24_000,
        "list_on": "2025-03-31",
        "values": values,
    }


async def test_whatever_is_changed_of_the_members_in_a_receipt_is_found(network: Network) -> None:
    await network.calculated()
    receipt = (await network.declaration("HI03"))["receipt"]
    for change, says in (
        (lambda m: m[0]["values"]["HI03"].update(numerator=99), "the members' numerator is 229"),
        (lambda m: m[1].update(list_size=1), "the members have 24001 patients"),
        (lambda m: m.pop(), "the members' denominator is 150"),
        (lambda m: m[0].update({"from": "2021-04-01"}), "hash"),
    ):
        altered = copy.deepcopy(receipt)
        change(altered["stood_on"]["members"])
        found = verify.differences(altered)
        assert any(says in difference for difference in found), (says, found)


async def test_a_member_without_data_is_waited_for_by_name(network: Network) -> None:
    await network.figures()
    await network.achieved(A81001={"HI03": (100, 150)})
    hi03 = await network.declaration("HI03")
    assert (hi03["status"], hi03["pounds"]) == ("AWAITING_NETWORK_ACHIEVEMENT", None)
    assert hi03["missing"] == ["HI03 of A81002"]
    (blocker,) = hi03["blockers"]
    assert (blocker["code"], blocker["indicator"], blocker["provider"]) == (
        "VALUES_MISSING",
        "HI03",
        "A81002",
    )
    refused = (await network.declare("network", [hi03]))["refused"]
    assert [one["code"] for one in refused] == ["INCOMPLETE"]
    await network.achieved(A81002={"HI03": (130, 170)})
    assert (await network.declaration("HI03"))["pounds"] == "4718.34"
    assert (await network.declaration("CAN04"))["status"] == "AWAITING_NETWORK_ACHIEVEMENT"


async def test_a_member_that_has_not_signed_up_is_neither_counted_nor_waited_for(
    network: Network,
) -> None:
    await network.calculated()
    await network.organisation("A81003", [(PCN, "2024-07-01", None)])
    await network.signed_up("A81003", status="REJECTED")
    await network.settle()
    hi03 = await network.declaration("HI03")
    assert hi03["pounds"] == "4718.34"
    assert standings(hi03) == {
        "A81001": "COUNTED",
        "A81002": "COUNTED",
        "A81003": "NOT_PARTICIPATING",
    }


def standings(declaration: Any) -> dict[str, str]:
    members = declaration["receipt"]["stood_on"]["members"]
    return {member["practice"]: member["standing"] for member in members}


async def test_a_network_nobody_takes_part_in_is_told_so_and_never_paid_nothing(
    network: Network,
) -> None:
    await network.calculated()
    for practice in MEMBERS:
        await network.signed_up(practice, status="CANCELLED", ended_on="2024-12-31")
    await network.settle()
    hi03 = await network.declaration("HI03")
    assert (hi03["status"], hi03["pounds"]) == ("AWAITING_NETWORK_ACHIEVEMENT", None)
    assert [b["code"] for b in hi03["blockers"]] == ["NO_MEMBER_TAKES_PART"]


async def test_of_two_memberships_on_the_day_the_later_start_counts(network: Network) -> None:
    await network.offered(OTHER_PCN)
    await network.calculated()
    await network.organisation(
        "A81002", [(PCN, "2020-04-01", None), (OTHER_PCN, "2025-01-01", None)]
    )
    await network.settle()
    left, joined = [await network.declaration("HI03", code) for code in (PCN, OTHER_PCN)]
    assert standings(left) == {"A81001": "COUNTED", "A81002": "ELSEWHERE"}
    assert standings(joined) == {"A81002": "COUNTED"}
    assert left["lines"][0]["denominator"] == 150
    assert joined["lines"][0]["denominator"] == 170


async def test_a_member_whose_list_is_unknown_is_named(network: Network) -> None:
    await network.calculated()
    async with network.db.transaction() as tx:
        await tx.execute("delete from directory.list_size where ods_code = 'A81002'")
    await network.organisation("A81001", [(PCN, "2020-04-01", None)])
    await network.settle()
    (blocker,) = (await network.declaration("HI03"))["blockers"]
    assert (blocker["code"], blocker["provider"]) == ("LIST_SIZE_UNKNOWN", "A81002")


async def test_nothing_is_calculated_before_the_networks_average_list_is_loaded(
    network: Network,
) -> None:
    await network.settle()
    async with network.db.transaction() as tx:
        await _prevalences_alone(tx)
    await network.achieved(A81001={"HI03": (100, 150)}, A81002={"HI03": (130, 170)})
    hi03 = await network.declaration("HI03")
    assert [b["code"] for b in hi03["blockers"]] == ["AVERAGE_LIST_MISSING"]


async def test_what_lacks_national_figures_says_all_that_it_lacks(network: Network) -> None:
    """Whoever lacks a practice's values chases it meanwhile; nobody is told that values lack who
    waits for England alone."""
    await network.settle()
    await network.achieved(A81001={"HI03": (100, 150)})
    hi03 = await network.declaration("HI03")
    assert hi03["status"] == "AWAITING_NETWORK_ACHIEVEMENT"
    assert [(b["code"], b["provider"]) for b in hi03["blockers"]] == [
        ("NATIONAL_PREVALENCE_MISSING", None),
        ("AVERAGE_LIST_MISSING", None),
        ("VALUES_MISSING", "A81002"),
    ]
    told = len(await network.events("declaration.values-missing.v1"))
    await network.achieved(A81002={"HI03": (130, 170)})
    hi03 = await network.declaration("HI03")
    assert hi03["status"] == "INCOMPLETE"
    assert {b["code"] for b in hi03["blockers"]} == {
        "NATIONAL_PREVALENCE_MISSING",
        "AVERAGE_LIST_MISSING",
    }
    assert len(await network.events("declaration.values-missing.v1")) == told
    await network.figures()
    await network.settle()
    hi03 = await network.declaration("HI03")
    assert (hi03["status"], hi03["pounds"]) == ("AWAITING_PROVIDER_APPROVAL", "4718.34")


async def _prevalences_alone(tx: Tx) -> None:
    """A set as it was kept before sets had an average list."""
    made = new_id()
    await tx.execute(
        "insert into prevalence_set (id, quality_service, name, source, loaded_by, loaded_at)"
        " values ($1, 'NCD2425/1', 'old', 'made up', $1, now())",
        made,
    )
    for group, value in FIGURES.items():
        await tx.execute(
            "insert into national_prevalence values ($1, $2, $3::text::numeric)", made, group, value
        )


@pytest.mark.parametrize(
    ("average_list", "code"),
    [
        (None, "AVERAGE_LIST_MISSING"),
        ("0", "AVERAGE_LIST_NOT_VALID"),
        ("-49500", "AVERAGE_LIST_NOT_VALID"),
        ("many", "AVERAGE_LIST_NOT_VALID"),
        ("NaN", "AVERAGE_LIST_NOT_VALID"),
        ("49500000000", "AVERAGE_LIST_NOT_VALID"),
        ("1E-6000", "AVERAGE_LIST_NOT_VALID"),
    ],
)
async def test_an_average_list_that_cannot_be_is_refused_with_its_set(
    network: Network, average_list: str | None, code: str
) -> None:
    assert await network.figures(average_list) == {"errors": [code]}
    async with network.db.reader() as reader:
        assert await reader.fetchval("select count(*) from prevalence_set") == 0


async def test_a_practices_service_takes_no_average_list_of_networks(network: Network) -> None:
    query = """mutation ($values: [GroupPrevalenceInput!]!) { loadNationalPrevalence(input: {
        name: "x", qualityService: "QOF2526/1", source: "x", values: $values,
        averageList: "49500"}) { id } }"""
    values = [{"group": g, "prevalence": p} for g, p in worked_prevalences().items()]
    refused = await network.ask("data load", query, values=values)
    assert refused == {"errors": ["AVERAGE_LIST_NOT_USED"]}


async def test_figures_loaded_later_calculate_the_network_anew(network: Network) -> None:
    await network.calculated()
    await network.figures(HI03="0.0029")
    await network.settle()
    assert (await network.declaration("HI03"))["pounds"] == "9436.69"


async def test_an_offer_is_looked_at_again_on_its_next_achievement_date_or_when_heard_anew(
    network: Network,
) -> None:
    assert await network.open() > 0
    assert await network.open() == 0
    await network.offered(PCN)
    assert await network.open() == 1
    await network.offered(OTHER_PCN, starts_on="2025-04-01")
    assert await network.open() == 1
    async with network.db.reader() as reader:
        waiting = await reader.fetchval("select count(*) from offer where look_on < 'infinity'")
    assert waiting == 2  # of QOF 2025/26, which ends a year later


async def test_a_network_with_values_of_its_own_has_the_list_of_all_its_members(
    network: Network,
) -> None:
    document = published("NCD2425", 2, values_from="PROVIDER", members_take_part_in=None)
    await hear(network, "quality-service.published.v1", document)
    await network.signed_up("A81002", status="REJECTED")
    await network.offered(PCN, quality_service="NCD2425/2")
    await network.figures()
    await network.achieved(U00001={"HI03": (230, 320)})
    hi03 = await network.declaration("HI03")
    assert (hi03["points"], hi03["pounds"]) == ("21.38", "4718.34")
    assert (hi03["receipt"]["list_size"], verify.differences(hi03["receipt"])) == (48_000, [])
    assert (await network.declaration("CAN04"))["status"] == "INCOMPLETE"


async def test_a_practices_service_may_be_declared_by_indicator_too(network: Network) -> None:
    document = published("NCD2425", 2, provider_kind="PRACTICE", values_from="PROVIDER")
    await hear(network, "quality-service.published.v1", document)
    await network.offered("A81003", quality_service="NCD2425/2")
    await network.figures()
    await network.achieved(A81003={"HI03": (230, 320)})
    hi03 = await network.declaration("HI03", "A81003")
    assert (hi03["status"], hi03["points"]) == ("AWAITING_PROVIDER_APPROVAL", "21.38")
    can04 = await network.declaration("CAN04", "A81003")
    assert (can04["status"], can04["missing"]) == ("INCOMPLETE", ["CAN04"])


async def test_what_was_opened_by_indicator_is_not_opened_as_a_whole_as_well(
    network: Network,
) -> None:
    await network.calculated()
    document = published("NCD2425", 2, declared_per="SERVICE")
    await hear(network, "quality-service.published.v1", document)
    await network.offered(PCN, quality_service="NCD2425/2")
    await network.settle()
    assert len(await network.declarations(provider=PCN)) == 2
