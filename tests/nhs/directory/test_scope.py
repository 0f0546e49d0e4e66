"""Who sees what, and when."""

from datetime import date

import pytest

from nhs.roles import OrganisationKind as Kind
from nhs.roles import RelationshipKind as Rel
from tests.support.directory import have_organisation, relate

MEMBERS = """
select provider, pounds from directory.scope($1, $4)
where valid_from <= $3 and valid_to >= $2 order by provider
"""


TODAY = date(2026, 4, 9)


async def seen(database, acting_for, start, end=None, *, today=TODAY):
    async with database.reader() as reader:
        rows = await reader.fetch(MEMBERS, acting_for, start, end or start, today)
    return {row["provider"]: row["pounds"] for row in rows}


@pytest.fixture
async def england(database):
    """A practice that moved from one network to another, and the commissioners above it."""
    async with database.transaction() as tx:
        for code, kind in (
            ("ENG", Kind.NATION),
            ("Y63", Kind.REGION),
            ("QHM", Kind.ICB),
            ("QNA", Kind.ICB),
            ("00L", Kind.SUB_ICB),
            ("01H", Kind.SUB_ICB),
            ("U25545", Kind.PCN),
            ("U09980", Kind.PCN),
            ("A84002", Kind.PRACTICE),
            ("A84003", Kind.PRACTICE),
        ):
            await have_organisation(tx, code, kind)
        await relate(tx, "Y63", Rel.PART_OF, "ENG")
        await relate(tx, "QHM", Rel.PART_OF, "Y63", valid_to=date(2026, 3, 31))
        await relate(tx, "QNA", Rel.PART_OF, "Y63", date(2026, 4, 1))
        await relate(tx, "QNA", Rel.SUCCESSOR_OF, "QHM", date(2026, 4, 1))
        await relate(tx, "00L", Rel.PART_OF, "QHM", valid_to=date(2026, 3, 31))
        await relate(tx, "00L", Rel.PART_OF, "QNA", date(2026, 4, 1))
        await relate(tx, "01H", Rel.PART_OF, "QHM", valid_to=date(2026, 3, 31))
        await relate(tx, "A84002", Rel.COMMISSIONED_BY, "00L")
        await relate(tx, "A84003", Rel.COMMISSIONED_BY, "01H")
        await relate(tx, "U25545", Rel.COMMISSIONED_BY, "00L", date(2019, 10, 1))
        await relate(tx, "U09980", Rel.COMMISSIONED_BY, "00L", date(2019, 10, 1))
        await relate(
            tx, "A84002", Rel.MEMBER_OF, "U25545", date(2019, 10, 1), valid_to=date(2022, 3, 31)
        )
        await relate(tx, "A84002", Rel.MEMBER_OF, "U09980", date(2022, 4, 1))
        await relate(tx, "A84003", Rel.MEMBER_OF, "U09980", date(2019, 10, 1))


async def test_a_practice_sees_itself_always_and_its_network_as_at_the_day(england, database):
    before, after = date(2022, 3, 31), date(2022, 4, 1)
    assert await seen(database, "A84002", before) == {"A84002": True, "U25545": True}
    assert await seen(database, "A84002", after) == {"A84002": True, "U09980": True}


async def test_a_network_sees_a_practice_that_left_for_its_time_as_a_member_only(england, database):
    assert await seen(database, "U25545", date(2022, 3, 31)) == {"U25545": True, "A84002": True}
    assert await seen(database, "U25545", date(2022, 4, 1)) == {"U25545": True}
    assert "A84002" not in await seen(database, "U09980", date(2021, 4, 1), date(2022, 3, 31))
    assert "A84002" in await seen(database, "U09980", date(2021, 4, 1), date(2022, 4, 1))


async def test_a_practice_does_not_see_its_neighbours(england, database):
    assert "A84003" not in await seen(database, "A84002", date(2023, 1, 1))


async def test_a_commissioner_sees_what_those_below_it_commission_with_pounds(england, database):
    providers = {"U25545", "U09980", "A84002", "A84003"}
    for commissioner in ("QHM", "Y63", "ENG"):
        sight = await seen(database, commissioner, date(2023, 1, 1))
        assert providers <= set(sight)
        assert all(sight.values())


async def test_a_network_lead_sees_members_it_does_not_commission_without_pounds(england, database):
    sight = await seen(database, "00L", date(2023, 1, 1))
    assert sight["A84002"] is True
    assert sight["U09980"] is True
    assert sight["A84003"] is False
    assert "U09980" not in await seen(database, "01H", date(2023, 1, 1))


async def test_a_successor_inherits_what_its_predecessor_saw(england, database):
    assert "A84003" in await seen(database, "QNA", date(2023, 1, 1))
    assert "A84003" in await seen(database, "ENG", date(2026, 3, 31))
    sight = await seen(database, "QNA", date(2026, 4, 1))
    assert sight["A84002"] is True
    assert sight["A84003"] is False
    assert set(await seen(database, "QHM", date(2026, 4, 1))) == {"QHM"}


async def test_a_successor_neither_sees_nor_acts_before_its_first_day(england, database):
    """The merger of 1 April 2026, loaded well ahead of it."""
    day, before = date(2023, 1, 1), date(2026, 3, 31)
    assert await seen(database, "QNA", day, today=before) == {"QNA": True}
    assert "A84003" in await seen(database, "QNA", day, today=date(2026, 4, 1))
    async with database.reader() as reader:
        for today, acts_for in ((before, {"QNA"}), (date(2026, 4, 1), {"QNA", "QHM"})):
            own = await reader.fetch("select * from directory.inherited('QNA', $1)", today)
            assert {row["organisation"] for row in own} == acts_for
            below = await reader.fetch(
                "select organisation from directory.self_and_below('QNA', $1)"
                " where $2 between valid_from and valid_to",
                today,
                day,
            )
            assert ({row["organisation"] for row in below} > {"QHM", "01H"}) is (today > before)


async def test_what_is_taken_over_at_two_removes_counts_when_both_steps_have_come(
    england, database
):
    async with database.transaction() as tx:
        await have_organisation(tx, "QOP", Kind.ICB)
        await relate(tx, "QOP", Rel.SUCCESSOR_OF, "QNA", date(2027, 4, 1))
    day = date(2023, 1, 1)
    assert "A84003" not in await seen(database, "QOP", day, today=date(2027, 3, 31))
    assert "A84003" in await seen(database, "QOP", day, today=date(2027, 4, 1))


async def test_a_practice_that_took_over_another_sees_what_that_saw_from_then_on(england, database):
    async with database.transaction() as tx:
        await relate(tx, "A84002", Rel.SUCCESSOR_OF, "A84003", date(2025, 10, 1))
    day = date(2023, 1, 1)
    alone = {"A84002": True, "U09980": True}
    assert await seen(database, "A84002", day, today=date(2025, 9, 30)) == alone
    assert await seen(database, "A84002", day, today=date(2025, 10, 1)) == {**alone, "A84003": True}


async def test_no_two_rows_of_a_provider_share_a_day(england, database):
    async with database.reader() as reader:
        for commissioner in ("ENG", "QNA", "QHM", "00L"):
            shared = await reader.fetchval(
                """
                with row as (
                    select *, row_number() over () as place from directory.scope($1, $2)
                )
                select count(*) from row a join row b
                    on a.provider = b.provider and a.place < b.place
                    and a.valid_from <= b.valid_to and b.valid_from <= a.valid_to
                """,
                commissioner,
                TODAY,
            )
            assert shared == 0


async def test_commissioned_says_by_whom(england, database):
    async with database.reader() as reader:
        rows = await reader.fetch(
            "select provider, commissioner from directory.commissioned('QHM', $1)"
            " where provider like 'A%' order by 1",
            TODAY,
        )
    assert [tuple(row) for row in rows] == [("A84002", "00L"), ("A84003", "01H")]


async def test_hierarchies_that_go_in_circles_come_to_an_end(england, database):
    async with database.transaction() as tx:
        await relate(tx, "QHM", Rel.PART_OF, "00L")
        await relate(tx, "QHM", Rel.SUCCESSOR_OF, "QNA")
    assert "A84002" in await seen(database, "QHM", date(2023, 1, 1))


ENGLAND = """
insert into directory.organisation (ods_code, version, kind, name, status)
select 'P' || n, 1, 'PRACTICE', 'P', 'ACTIVE' from generate_series(1, 6000) n
union all select 'U' || n, 1, 'PCN', 'U', 'ACTIVE' from generate_series(1, 1200) n
union all select 'S' || n, 1, 'SUB_ICB', 'S', 'ACTIVE' from generate_series(1, 100) n;
insert into directory.relationship (id, kind, source, target, valid_from)
select gen_random_uuid(), 'MEMBER_OF', 'P' || n, 'U' || n % 1200 + 1, '2019-10-01'::date
from generate_series(1, 6000) n
union all
select gen_random_uuid(), 'COMMISSIONED_BY', 'P' || n, 'S' || n % 100 + 1, '2013-04-01'
from generate_series(1, 6000) n
union all
select gen_random_uuid(), 'COMMISSIONED_BY', 'U' || n, 'S' || n % 100 + 1, '2019-10-01'
from generate_series(1, 1200) n
union all
select gen_random_uuid(), 'PART_OF', 'S' || n, 'QHM', '2013-04-01' from generate_series(1, 100) n
"""


def rows_touched(node):
    """Rows the widest step of a plan looked at."""
    here = node["Actual Rows"] + sum(
        n for name, n in node.items() if name.startswith("Rows Removed")
    )
    below = [rows_touched(part) for part in node.get("Plans", ())]
    return max([here * node["Actual Loops"], *below])


@pytest.mark.parametrize(("analysed", "most"), [(False, 15_000), (True, 1_500)])
async def test_a_scope_walks_indexes_even_before_the_tables_are_analysed(database, analysed, most):
    async with database.transaction() as tx:
        for statement in ENGLAND.split(";"):
            await tx.execute(statement)
        if analysed:
            await tx.execute("analyze directory.relationship")
        for acting_for in ("P17", "U17", "S17"):
            explained = "explain (analyze, format json) select * from directory.scope($1, $2)"
            (plan,) = await tx.fetchval(explained, acting_for, TODAY)
            assert rows_touched(plan["Plan"]) <= most, acting_for
