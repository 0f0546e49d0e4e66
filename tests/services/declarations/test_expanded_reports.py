"""Reports that others let an organisation run: more organisations there, and nowhere else."""

from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.ids import new_id
from chassis.received import Received
from nhs.directory.projections import project_organisations
from nhs.reports import Report
from nhs.roles import Role
from services.declarations.approval import lists
from services.declarations.payments import store as ledger
from services.declarations.sight import Sight
from tests.services.declarations.period import Period
from tests.support.directory import have_person

STATUS = """{ declarations(expanded: %s) { totalCount edges { node {
    id points pounds provider { odsCode } } } }
    declarationSummary(expanded: %s) { count points pounds } }"""
TOTAL = "{ paymentTotal(expanded: %s) { count amount } payments(expanded: %s) { totalCount } }"


async def hear(period: Period, version: int, *allocated: dict[str, Any]) -> None:
    """What organisations tells of the board, with the reports it lets others run."""
    payload = {
        "ods_code": "QHM",
        "version": version,
        "kind": "ICB",
        "name": "A board",
        "status": "ACTIVE",
        "relationships": [
            {
                "id": str(new_id()),
                "kind": "PART_OF",
                "target": "Y63",
                "valid_from": "2013-04-01",
            }
        ],
        "allocated_reports": allocated,
    }
    told = Received(
        new_id(),
        "organisation.changed.v1",
        "organisations",
        datetime(2026, 4, 1, tzinfo=UTC),
        "organisations.organisation",
        0,
        version,
        "QHM",
        payload,
    )
    async with period.db.transaction() as tx:
        await project_organisations(tx, [told])


def allocation(report: Report, to: str, service: str | None = None) -> dict[str, Any]:
    given = {"id": str(new_id()), "report": report.value, "service_code": service}
    return given | {"to": to, "valid_from": "2026-04-01", "valid_to": None}


async def status(period: Period, who: str, *, expanded: bool = True) -> dict[str, Any]:
    """Pounds by provider, as the report shows them."""
    flag = str(expanded).lower()
    data = await period.ask(who, STATUS % (flag, flag))
    found = {
        edge["node"]["provider"]["odsCode"]: edge["node"]["pounds"]
        for edge in data["declarations"]["edges"]
    }
    assert data["declarations"]["totalCount"] == len(found)
    assert sum(one["count"] for one in data["declarationSummary"]) == len(found)
    return found


POUNDS = "37227.05"


async def test_an_allocated_report_shows_more_organisations_until_it_is_withdrawn(period: Period):
    await period.calculated("A81001", "A81002")
    other = await period.of("A81002")
    await hear(period, 2, allocation(Report.DECLARATION_STATUS, "A81001", "QOF2526"))
    assert await status(period, "practice") == {"A81001": POUNDS, "A81002": POUNDS}
    assert await status(period, "practice viewer") == {"A81001": None, "A81002": None}
    assert await status(period, "practice", expanded=False) == {"A81001": POUNDS}
    assert await status(period, "other practice") == {"A81002": POUNDS}

    await hear(period, 3)
    assert await status(period, "practice") == {"A81001": POUNDS}
    assert await status(period, "approver") == {"A81001": POUNDS, "A81002": POUNDS}
    assert await period.of("A81002") == other


async def test_what_a_report_shows_is_seen_nowhere_else(period: Period):
    await period.calculated("A81001", "A81002")
    other = await period.of("A81002")
    await hear(period, 2, allocation(Report.DECLARATION_STATUS, "A81001"))
    one = "query ($id: ID!) { declaration(id: $id) { id } }"
    assert await period.ask("practice", one, id=other["id"]) == {"errors": ["NOT_FOUND"]}
    joined = """query ($r: [_Any!]!) { _entities(representations: $r) {
        ... on Organisation { declarations { totalCount } } ... on Declaration { id } } }"""
    organisation = [{"__typename": "Organisation", "odsCode": "A81002"}]
    data = await period.ask("practice", joined, r=organisation)
    assert data == {"_entities": [{"declarations": {"totalCount": 0}}]}
    declaration = [{"__typename": "Declaration", "id": other["id"]}]
    assert await period.ask("practice", joined, r=declaration) == {"errors": ["NOT_FOUND"]}
    before = await period.everything()
    answer = await period.declare("practice", [other])
    assert [refused["code"] for refused in answer["refused"]] == ["NOT_FOUND"]
    shown = await period.ask(
        "practice",
        """mutation { declareDeclarations(choose: {filter: {}}, dryRun: true) {
            done refused { code } } }""",
    )
    assert len(shown["declareDeclarations"]["done"]) == 1
    assert shown["declareDeclarations"]["refused"] == []
    assert await period.everything() == before


async def test_an_allocation_for_another_service_or_report_shows_nothing(period: Period):
    await period.calculated("A81001", "A81002")
    await hear(
        period,
        2,
        allocation(Report.DECLARATION_STATUS, "A81001", "NCD2526"),
        allocation(Report.PAYMENTS, "A81001"),
    )
    assert await status(period, "practice") == {"A81001": POUNDS}


async def test_payments_are_reported_to_roles_that_see_pounds(period: Period):
    await period.calculated("A81001", "A81002")
    for who, step in (
        ("practice", period.declare),
        ("other practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, await period.declarations("approver"))
    await hear(period, 2, allocation(Report.PAYMENTS, "A81001"))

    async def totals(who: str, flag: str) -> Any:
        return await period.ask(who, TOTAL % (flag, flag))

    one = {"paymentTotal": {"count": 1, "amount": POUNDS}, "payments": {"totalCount": 1}}
    both = {"paymentTotal": {"count": 2, "amount": "74454.10"}, "payments": {"totalCount": 2}}
    assert await totals("practice", "false") == one
    assert await totals("practice", "true") == both
    assert set((await totals("practice viewer", "true"))["errors"]) == {"ROLE_REQUIRED"}
    await hear(period, 3)
    assert await totals("practice", "true") == one


async def test_pounds_are_shown_where_who_gave_the_report_sees_them(period: Period):
    """The other board leads a network of a practice it does not commission."""
    await period.calculated("A81001", "A81002")
    async with period.db.transaction() as tx:
        await tx.execute(_LED_BY_OTHERS)
        await have_person(tx, "sub-board", {"X1X": [Role.FINANCE_VIEW]})
        await tx.execute(
            "insert into directory.allocated_report values"
            " (gen_random_uuid(), 'QZZ', 'DECLARATION_STATUS', null, 'X1X', '2026-04-01', null)"
        )
    assert await status(period, "other commissioner") == {"A81001": None}
    assert await status(period, "sub-board") == {"A81001": None}
    assert await status(period, "sub-board", expanded=False) == {}


_LED_BY_OTHERS = """
insert into directory.organisation (ods_code, version, kind, name, status)
values ('U99001', 1, 'PCN', 'A network', 'ACTIVE'), ('X1X', 1, 'SUB_ICB', 'A sub-board', 'ACTIVE');
insert into directory.relationship (id, kind, source, target, valid_from)
values (gen_random_uuid(), 'COMMISSIONED_BY', 'U99001', 'QZZ', '2019-07-01'),
    (gen_random_uuid(), 'MEMBER_OF', 'A81001', 'U99001', '2019-07-01'),
    (gen_random_uuid(), 'PART_OF', 'X1X', 'QZZ', '2019-07-01')
"""


async def test_only_an_expanded_list_asks_what_was_allocated(period: Period):
    for who in ("practice", "approver"):
        sight = Sight.of(await period.principal(who))
        for filtered in (lists.filtered, ledger.filtered):
            assert "report_scope" not in filtered(sight)
            assert "directory.scope(" not in filtered(sight.expanded(Report.PAYMENTS))


@pytest.mark.parametrize("day", [date(2026, 3, 31), date(2026, 4, 1)])
async def test_an_allocation_begins_on_its_first_day(period: Period, day: date):
    await period.calculated("A81001", "A81002")
    await hear(period, 2, allocation(Report.DECLARATION_STATUS, "A81001"))
    period.now = datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
    seen = await status(period, "practice")
    assert set(seen) == ({"A81001", "A81002"} if day == date(2026, 4, 1) else {"A81001"})
