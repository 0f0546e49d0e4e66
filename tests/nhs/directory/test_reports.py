"""What an organisation sees in a report that others let it run."""

from datetime import date

import pytest

from chassis.ids import new_id
from nhs.reports import Report
from nhs.roles import OrganisationKind as Kind
from nhs.roles import RelationshipKind as Rel
from tests.nhs.directory.test_scope import ENGLAND, rows_touched
from tests.support.directory import have_organisation, relate

TODAY = date(2026, 4, 9)
STATUS, PAYMENTS = Report.DECLARATION_STATUS, Report.PAYMENTS


async def seen(database, acting_for, report=STATUS, today=TODAY, on=TODAY):
    """What is seen of the day: provider, service (None: all), whether with pounds."""
    sql = (
        "select * from directory.report_scope($1, $2, $3) where $4 between valid_from and valid_to"
    )
    async with database.reader() as reader:
        rows = await reader.fetch(sql, acting_for, today, report, on)
    return {(row["provider"], row["service_code"], row["pounds"]) for row in rows}


async def allocate(database, by, to, *, service=None, days=(date(2026, 4, 1), None)):
    async with database.transaction() as tx:
        await tx.execute(
            "insert into directory.allocated_report values ($1, $2, $3, $4, $5, $6, $7)",
            new_id(),
            by,
            STATUS,
            service,
            to,
            *days,
        )


@pytest.fixture
async def england(database):
    """A board with two sub-boards; a network led by one, with a member of the other."""
    kinds = {
        "QHM": Kind.ICB,
        "00L": Kind.SUB_ICB,
        "01H": Kind.SUB_ICB,
        "U09980": Kind.PCN,
        "A84002": Kind.PRACTICE,
        "A84003": Kind.PRACTICE,
        "A84009": Kind.PRACTICE,
    }
    async with database.transaction() as tx:
        for code, kind in kinds.items():
            await have_organisation(tx, code, kind)
        await relate(tx, "00L", Rel.PART_OF, "QHM")
        await relate(tx, "01H", Rel.PART_OF, "QHM")
        await relate(tx, "A84002", Rel.COMMISSIONED_BY, "00L")
        await relate(tx, "A84003", Rel.COMMISSIONED_BY, "01H")
        await relate(tx, "A84009", Rel.COMMISSIONED_BY, "01H")
        await relate(tx, "U09980", Rel.COMMISSIONED_BY, "00L")
        await relate(tx, "A84002", Rel.MEMBER_OF, "U09980", date(2022, 4, 1))
        await relate(
            tx, "A84003", Rel.MEMBER_OF, "U09980", date(2022, 4, 1), valid_to=date(2026, 6, 30)
        )


OF_THE_LEAD = {
    ("00L", None, True),
    ("A84002", None, True),
    ("U09980", None, True),
    ("A84003", None, False),
}


async def test_without_an_allocation_a_report_shows_the_scope(england, database):
    assert await seen(database, "00L") == OF_THE_LEAD


async def test_an_allocation_of_all_services_adds_what_its_giver_sees_with_pounds(
    england, database
):
    await allocate(database, "QHM", "00L")
    added = {("QHM", None, True), ("A84003", None, True), ("A84009", None, True)}
    assert await seen(database, "00L") == (OF_THE_LEAD - {("A84003", None, False)}) | added
    assert await seen(database, "00L", PAYMENTS) == OF_THE_LEAD
    assert ("A84009", None, True) in await seen(database, "00L", on=date(2020, 1, 1))


async def test_an_allocation_of_one_service_adds_organisations_for_that_service(england, database):
    await allocate(database, "QHM", "00L", service="QOF2526")
    added = {("QHM", "QOF2526", True), ("A84009", "QOF2526", True)}
    assert await seen(database, "00L") == OF_THE_LEAD | added


async def test_an_allocation_counts_on_its_days_alone(england, database):
    days = (date(2026, 4, 9), date(2026, 4, 10))
    await allocate(database, "QHM", "A84002", days=days)
    for day, adds in ((8, False), (9, True), (10, True), (11, False)):
        found = await seen(database, "A84002", today=date(2026, 4, day))
        assert (("A84009", None, True) in found) is adds


async def test_a_member_runs_the_report_of_its_network_until_it_leaves(england, database):
    await allocate(database, "U09980", "A84003")
    neighbour = ("A84002", None, True)
    assert neighbour in await seen(database, "A84003", today=date(2026, 6, 30))
    assert neighbour not in await seen(database, "A84003", today=date(2026, 7, 1))


async def test_what_a_stranger_was_given_shows_nothing(england, database):
    await allocate(database, "U09980", "A84009")
    await allocate(database, "00L", "A84009")
    assert {row[0] for row in await seen(database, "A84009")} == {"A84009"}


async def test_what_was_given_is_not_given_on(england, database):
    await allocate(database, "QHM", "00L")
    await allocate(database, "00L", "A84002")
    assert "A84009" not in {row[0] for row in await seen(database, "A84002")}


async def test_successors_hold_and_give_what_their_predecessors_did(england, database):
    async with database.transaction() as tx:
        for code in ("QNA", "00Z"):
            await have_organisation(tx, code, Kind.ICB)
        await tx.execute(
            "update directory.relationship set valid_to = '2026-03-31' where kind = 'PART_OF'"
        )
        await relate(tx, "00Z", Rel.PART_OF, "QNA", date(2026, 4, 1))
        await relate(tx, "00Z", Rel.SUCCESSOR_OF, "00L", date(2026, 4, 1))
        await relate(tx, "QNA", Rel.SUCCESSOR_OF, "QHM", date(2026, 4, 1))
    await allocate(database, "QHM", "00L", days=(date(2026, 1, 1), None))
    assert ("A84009", None, True) in await seen(database, "00Z", on=date(2026, 3, 31))
    assert "A84009" not in {row[0] for row in await seen(database, "00Z", on=TODAY)}


async def test_no_two_rows_of_a_provider_hold_for_a_service_on_a_day(england, database):
    for service in (None, "QOF2526", "NCD2526"):
        await allocate(database, "QHM", "00L", service=service)
        await allocate(database, "QHM", "A84002", service=service)
    await allocate(database, "U09980", "A84002")
    await allocate(database, "00L", "A84002", service="QOF2526")
    for acting_for in ("00L", "A84002"):
        async with database.reader() as reader:
            shared = await reader.fetchval(_SHARED, acting_for, TODAY, STATUS)
        assert shared == 0


_SHARED = """
with row as (
    select *, row_number() over () as place from directory.report_scope($1, $2, $3)
)
select count(*) from row a join row b
    on a.provider = b.provider and a.place < b.place
    and a.valid_from <= b.valid_to and b.valid_from <= a.valid_to
    and (a.service_code = b.service_code or a.service_code is null or b.service_code is null)
"""


async def test_duties_are_joined_where_and_when_a_commissioner_says(england, database):
    async with database.transaction() as tx:
        await have_organisation(tx, "QNA", Kind.ICB)
        await relate(tx, "QNA", Rel.SUCCESSOR_OF, "QHM", date(2026, 4, 1))
        await tx.execute(
            "insert into directory.duty_switch values"
            " ('QNA', 'DECLARATIONS', false, '2026-03-31', '2026-04-09'),"
            " ('00L', 'DECLARATIONS', true, '2026-04-01', null)"
        )

    async def joined(kind, day):
        sql = "select commissioner from directory.duties_joined($1, $2)"
        async with database.reader() as reader:
            return {row["commissioner"] for row in await reader.fetch(sql, kind, day)}

    assert await joined("DECLARATIONS", TODAY) == {"QNA", "QHM"}
    assert await joined("DECLARATIONS", date(2026, 3, 31)) == {"QNA"}
    assert await joined("DECLARATIONS", date(2026, 4, 10)) == set()
    assert await joined("CLAIMS", TODAY) == set()


async def test_a_report_scope_walks_indexes_where_nothing_was_allocated(database):
    async with database.transaction() as tx:
        for statement in ENGLAND.split(";"):
            await tx.execute(statement)
        await tx.execute("analyze directory.relationship")
        for acting_for in ("P17", "U17", "S17"):
            asked = "select * from directory.report_scope($1, $2, $3)"
            explained = f"explain (analyze, format json) {asked}"
            (plan,) = await tx.fetchval(explained, acting_for, TODAY, STATUS)
            assert rows_touched(plan["Plan"]) <= 1_500, acting_for
