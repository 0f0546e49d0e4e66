"""PCN View: every member's submissions and declarations, for the days it was one."""

from typing import Any

from services.declarations.agreements import commands as agreements
from tests.nhs.formulas.shipped import shipped
from tests.services.declarations.networks.world import NETWORK, OTHER, complete, send
from tests.services.declarations.period import NOW, Period, extract_rows, offer, worked_values

VIEW = """query ($network: OdsCode!, $service: String!, $day: Date) {
    networkView(network: $network, service: $service, achievementDate: $day) {
        network { odsCode } service achievementDate
        members { practice { odsCode } memberFrom memberTo participating submitted outOf
            groups { code name status automated submitted outOf }
            declarations { id status held points pounds } }
        declarations { status held points pounds }
        totals { members participating groups { status count }
            declarations { statuses { status count } points pounds } } } }"""


async def viewed(
    period: Period,
    who: str,
    service: str = "NCD2425",
    *,
    network: str = NETWORK,
    day: str | None = None,
) -> Any:
    data = await period.ask(who, VIEW, network=network, service=service, day=day)
    return data if "errors" in data else data["networkView"]


def by_practice(view: Any) -> dict[str, Any]:
    return {one["practice"]["odsCode"]: one for one in view["members"]}


def worth(view: Any) -> tuple[str, str | None]:
    declared = view["totals"]["declarations"]
    return declared["points"], declared["pounds"]


async def test_each_members_groups_are_counted_as_submissions_know_them(england: Period):
    await send(england, "HI03", {"A81001": (1, 2)})
    drafted = await england.ask(
        "member enterer",
        """mutation ($value: [AchievementValueInput!]!) { recordAchievement(saveAsDraft: true,
            input: {service: "NCD2425", provider: "A81002", achievementDate: "2025-03-31",
                group: "CAN", values: $value}) { errors { code } } }""",
        value=[
            {
                "indicator": "CAN04",
                "field": shipped("NCD2425").indicators[1].numerator,
                "value": "3",
            }
        ],
    )
    assert drafted == {"recordAchievement": {"errors": []}}
    view = await viewed(england, "network viewer")
    first, second = (by_practice(view)[code] for code in ("A81001", "A81002"))
    assert [(g["code"], g["status"], g["automated"]) for g in first["groups"]] == [
        ("HI", "SUBMITTED", True),
        ("CAN", "NOT_STARTED", False),
    ]
    assert (first["submitted"], first["outOf"]) == (1, 2)
    assert [g["status"] for g in second["groups"]] == ["NOT_STARTED", "WORK_IN_PROGRESS"]
    assert view["totals"]["groups"] == [
        {"status": "NOT_STARTED", "count": 6},
        {"status": "SUBMITTED", "count": 1},
        {"status": "WORK_IN_PROGRESS", "count": 1},
    ]


async def test_what_a_person_submitted_is_not_automated(england: Period):
    fields = [
        shipped("NCD2425").indicators[0].fields[part] for part in ("numerator", "denominator")
    ]
    recorded = await england.ask(
        "member enterer",
        """mutation ($values: [AchievementValueInput!]!) { recordAchievement(
            input: {service: "NCD2425", provider: "A81002", achievementDate: "2025-03-31",
                group: "HI", values: $values}) { errors { code message } } }""",
        values=[{"indicator": "HI03", "field": field, "value": "3"} for field in fields],
    )
    assert recorded == {"recordAchievement": {"errors": []}}
    view = await viewed(england, "network viewer")
    group = by_practice(view)["A81002"]["groups"][0]
    assert (group["status"], group["automated"], group["submitted"]) == ("SUBMITTED", False, 1)


async def test_the_network_shows_its_own_declarations_and_whether_members_take_part(
    england: Period,
):
    await complete(england)
    view = await viewed(england, "network finance")
    assert {code: one["participating"] for code, one in by_practice(view).items()} == {
        "A81001": True,
        "A81002": True,
        "A81003": True,
        "A81005": False,
    }
    assert {one["declarations"] == [] for one in view["members"]} == {True}
    own = sorted((one["points"], one["pounds"], one["held"]) for one in view["declarations"])
    assert own == [("14.67", "2667.27", False), ("21.38", "4718.34", False)]
    totals = view["totals"]
    assert (totals["members"], totals["participating"]) == (4, 3)
    assert totals["declarations"] == {
        "statuses": [{"status": "AWAITING_PROVIDER_APPROVAL", "count": 2}],
        "points": "36.05",
        "pounds": "7385.61",
    }


async def test_pcn_view_sees_members_points_and_no_pounds(england: Period):
    england.now = NOW
    await england.calculated("A81001")
    view = await viewed(england, "network viewer", "QOF2526")
    taking_part = {code: one["participating"] for code, one in by_practice(view).items()}
    assert taking_part == {"A81001": True, "A81002": True, "A81003": False, "A81005": False}
    (declared,) = by_practice(view)["A81001"]["declarations"]
    assert (declared["status"], declared["points"], declared["pounds"]) == (
        "AWAITING_PROVIDER_APPROVAL",
        "139.47",
        None,
    )
    assert worth(view) == ("139.47", None)
    finance = await viewed(england, "network finance", "QOF2526")
    assert worth(finance) == ("139.47", "37227.05")
    waiting = {"status": "AWAITING_PROVIDER_APPROVAL", "count": 1}
    assert waiting in finance["totals"]["declarations"]["statuses"]


async def test_who_leads_sees_members_of_other_commissioners_without_pounds(england: Period):
    england.now = NOW
    async with england.db.transaction() as tx:
        await agreements.keep_offers(tx, [offer("A81003", commissioner="QZZ")])
    await england.load(extract_rows("A81003", worked_values()))
    await england.calculated("A81001")
    view = await viewed(england, "board finance", "QOF2526")
    (own,) = by_practice(view)["A81001"]["declarations"]
    (others,) = by_practice(view)["A81003"]["declarations"]
    assert (own["pounds"], others["points"], others["pounds"]) == ("37227.05", "139.47", None)
    assert worth(view) == ("278.94", None)


async def test_a_practice_that_left_is_seen_for_the_periods_it_was_a_member_of(england: Period):
    """A81004 left on 31 December."""
    async with england.db.transaction() as tx:
        await agreements.keep_service(tx, "RSV2425/1", 1, shipped("RSV2425"))
        await agreements.keep_offers(
            tx,
            [
                offer(
                    "A81004",
                    quality_service="RSV2425/1",
                    service_code="RSV2425",
                    payment_type="V&I",
                    starts_on="2024-09-01",
                    ends_on="2025-03-31",
                )
            ],
        )
    await england.settle()
    for day, network, others in (
        ("2024-12-31", "network viewer", "other network"),
        ("2025-01-31", "other network", "network viewer"),
    ):
        codes = {"network viewer": NETWORK, "other network": OTHER}
        seen = await viewed(england, network, "RSV2425", network=codes[network], day=day)
        unseen = await viewed(england, others, "RSV2425", network=codes[others], day=day)
        assert len(by_practice(seen)["A81004"]["declarations"]) == 1
        assert "A81004" not in by_practice(unseen)
    newest = await viewed(england, "network viewer", "RSV2425")
    assert newest["achievementDate"] == "2025-03-31"


async def test_a_member_sees_nothing_of_its_fellows_submissions(england: Period):
    await complete(england)
    view = await viewed(england, "member")
    assert list(by_practice(view)) == ["A81002"]
    assert view["totals"]["members"] == 1


async def test_a_network_out_of_sight_is_not_there(england: Period):
    await complete(england)
    for stranger in ("other network", "left", "other board"):
        assert await viewed(england, stranger) == {"errors": ["NOT_FOUND"]}
    practice = await viewed(england, "board viewer", network="A81001")
    assert practice == {"errors": ["NOT_FOUND"]}
