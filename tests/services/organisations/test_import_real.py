"""The real files of ODS, loaded as they are."""

import os
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from services.organisations.directory import past
from services.organisations.moment import PRESENT, Moment
from services.organisations.network import store as network
from tests.services.organisations.importing import NOW, changes, load_files

pytestmark = pytest.mark.real_data

FILES = ("epraccur.csv", "ePCN.xlsx", "QOF_MANUAL_MAPPINGS.csv", "gp-reg-pat-prac-all.csv")


@pytest.fixture(scope="session")
def real_ods():
    root = Path(__file__).parents[3]
    folder = root / os.environ.get("CQRS_REAL_DATA", "../shared/data") / "ods"
    if not folder.is_dir():
        pytest.skip(f"no real ODS files in {folder}: set CQRS_REAL_DATA")
    return {name: (folder / name).read_bytes() for name in FILES}


NETWORK = """
select target from directory.relationship
where source = $1 and kind = 'MEMBER_OF' and valid_from <= $2 and coalesce(valid_to, $2) >= $2
"""


MEMBERSHIPS = """
select source, target from relationship
where kind = 'MEMBER_OF' and known_to is null order by source, valid_from
"""


async def moves(reader):
    """Practices; those of several rows; those of several PCNs; changes of PCN."""
    networks: dict[str, list[str]] = {}
    for practice, pcn in await reader.fetch(MEMBERSHIPS):
        networks.setdefault(practice, []).append(pcn)
    held = networks.values()
    several = sum(len(one) > 1 for one in held), sum(len(set(one)) > 1 for one in held)
    return len(held), *several, sum(a != b for one in held for a, b in pairwise(one))


HIERARCHY = """
with part as (
    select o.kind, r.target from relationship r join organisation o on o.ods_code = r.source
    where r.kind = 'PART_OF' and r.known_to is null
)
select
    (select count(*) from part where kind = 'SUB_ICB'),
    (select count(distinct target) from part where kind = 'SUB_ICB'),
    (select count(distinct target) from part where kind = 'ICB'),
    (select count(distinct target) from part where kind = 'REGION')
"""


async def test_the_real_files_load_as_they_came(database, real_ods):
    outcome, report = await load_files(database, real_ods)
    assert outcome == "APPLIED"
    assert report["problems"] == []
    assert report["counts"]["MEMBERSHIP_ROWS"] == 7455
    assert changes(report, "PCN")["opened"] == 1329
    assert changes(report, "PRACTICE")["opened"] == 8226
    assert (changes(report, "ICB")["opened"], changes(report, "REGION")["opened"]) == (42, 7)
    assert changes(report, "LIST_SIZE")["opened"] + len(report["lists_of_nobody"]) == 6658
    assert report["warnings"] == []
    assert [one["practice"] for one in report["overlaps"]] == ["F82001"]
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from membership_row") == 7455
        for day, pcn in ((date(2022, 3, 31), "U25545"), (date(2022, 4, 1), "U09980")):
            assert await reader.fetchval(NETWORK, "A84002", day) == pcn
        current = "select count(*) from membership_row where ends_on is null"
        assert await reader.fetchval(current) == 6391
        assert await moves(reader) == (6807, 611, 597, 633)
        assert tuple(await reader.fetchrow(HIERARCHY)) == (106, 42, 7, 1)
        assert await reader.fetchval("select count(*) from chassis.outbox") == 9842
        overlap = await reader.fetch(NETWORK, "F82001", date(2022, 7, 1))
        assert [row["target"] for row in overlap] == ["U11211"]

        await both_icbs_of_a_network_see_it_each_with_its_own_pounds(reader)
        await memberships_are_as_many_as_the_files_page_says(reader)
        await networks_lie_over_several_commissioners(reader)
        await nothing_is_known_of_the_day_before(reader)

    async with database.transaction() as tx:
        await tx.execute("delete from chassis.outbox")
    outcome, again = await load_files(database, real_ods)
    assert outcome == "UNCHANGED"
    assert again["counts"]["ORGANISATIONS_CHANGED"] == 0
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from chassis.outbox") == 0
        assert await reader.fetchval("select count(*) from membership_row") == 7455
        assert await reader.fetchval("select max(version) from organisation") == 1


SEEN = """
select provider, pounds from directory.scope($1, $2)
where valid_from <= $2 and valid_to >= $2 order by provider
"""


async def both_icbs_of_a_network_see_it_each_with_its_own_pounds(reader):
    """U41591 is led from QJK; two of its members are QT6's."""
    members = {"L82008", "L83012", "L83069", "Y01127"}
    for icb, with_pounds in (("QT6", {"L82008", "Y01127"}), ("QJK", {"L83012", "L83069"})):
        rows = await reader.fetch(SEEN, icb, date(2023, 1, 1))
        seen = {row["provider"]: row["pounds"] for row in rows}
        assert {code for code in members if seen.get(code)} == with_pounds
        assert ("U41591" in seen) is (icb == "QJK")
        assert members & seen.keys() == (members if icb == "QJK" else with_pounds)


COUNTS = """
select count(distinct practice), count(*) filter (where ends_on is not null),
    count(*) filter (where number = 2), count(*) filter (where was <> pcn),
    (select count(*) from (
        select from membership_row group by practice having count(distinct pcn) > 1
    ) moved)
from (
    select *, row_number() over one as number, lag(pcn) over one as was from membership_row
    window one as (partition by practice order by starts_on, ends_on nulls last)
) rows
"""


async def memberships_are_as_many_as_the_files_page_says(reader):
    """Practices, ended rows, practices of several rows, changes of PCN, practices of several."""
    assert tuple(await reader.fetchrow(COUNTS)) == (6807, 1064, 611, 633, 597)


COMMISSIONERS = """
select m.target, count(distinct c.target) as sub_icbs, count(distinct p.target) as icbs
from directory.relationship m
join directory.relationship c
    on c.source = m.source and c.kind = 'COMMISSIONED_BY' and c.valid_to is null
join directory.relationship p on p.source = c.target and p.kind = 'PART_OF' and p.valid_to is null
where m.kind = 'MEMBER_OF' and m.valid_to is null
group by m.target having count(distinct c.target) > 1
"""


async def networks_lie_over_several_commissioners(reader):
    spread = {row["target"]: tuple(row)[1:] for row in await reader.fetch(COMMISSIONERS)}
    assert len(spread) == 9
    assert (spread["U87499"], spread["U41591"]) == ((3, 1), (2, 2))
    day = date(2023, 1, 1)
    rows = await network.networks_of(reader, ["QJK", "QT6", "15N", "L82008"], day, PRESENT)
    led = {row["organisation"] for row in rows if row["network"] == "U41591"}
    assert led == {"QJK", "15N", "L82008"}


async def nothing_is_known_of_the_day_before(reader):
    """The files were imported on NOW; what they say of earlier days is known since."""
    for known_on, network_then in ((NOW.date() - timedelta(days=1), []), (NOW.date(), ["U25545"])):
        moment = Moment(date(2022, 3, 31), known_on)
        rows = await network.networks_of(reader, ["A84002"], date(2022, 3, 31), moment)
        assert [row["network"] for row in rows] == network_then
        found = await past.organisations(reader, ["A84002"], moment)
        assert len(found) == len(network_then)
