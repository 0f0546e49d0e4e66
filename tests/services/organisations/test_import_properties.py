"""What holds of importing any files of a small England, in the database as well as on paper."""

from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

import asyncpg
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chassis import connections
from chassis.db import Database
from services.organisations.network.domain import Span, overlaps
from tests.services.organisations.importing import load_files, rows
from tests.support.files_of_ods import (
    MAPPING_HEADER,
    PATIENTS_HEADER,
    csv_file,
    mapping,
    member,
    patients,
    pcn,
    practice,
    workbook,
)

PRACTICES, PCNS, SUBS = ("A99001", "A99002", "A99003"), ("U99001", "U99002"), ("98A", "98B")
DAYS = st.dates(date(2019, 10, 1), date(2025, 12, 31))
NAMES = st.sampled_from(["THE SURGERY", "THE OTHER SURGERY"])
SIZES = st.integers(9_000, 9_002)


@st.composite
def memberships(draw, code):
    start, days = draw(DAYS), draw(st.none() | st.integers(0, 900))
    end = "" if days is None else f"{start + timedelta(days=days):%Y%m%d}"
    return member(code, draw(st.sampled_from(PCNS)), f"{start:%Y%m%d}", end)


@dataclass
class England:
    """What every file says, of the same practices, networks and commissioners.

    No commissioner passes whole to another: successions have tests of their own.
    """

    practices: list
    """Name, commissioner and since when."""
    leads: list
    members: list
    patients: dict

    @property
    def files(self):
        lists = [patients(code, size) for code, size in self.patients.items()]
        epraccur = [
            practice(code, sub, name=name, joined=f"{day:%Y%m%d}")
            for code, (name, sub, day) in zip(PRACTICES, self.practices, strict=True)
        ]
        networks = [pcn(code, lead) for code, lead in zip(PCNS, self.leads, strict=True)]
        return {
            "epraccur.csv": csv_file(epraccur),
            "ePCN.xlsx": workbook(networks, self.members),
            "mapping.csv": csv_file([mapping(sub, "QQ1") for sub in SUBS], MAPPING_HEADER),
            "lists.csv": csv_file(lists, PATIENTS_HEADER),
        }


def each(codes, made):
    return st.lists(made, min_size=len(codes), max_size=len(codes))


@st.composite
def englands(draw):
    members = [row for code in PRACTICES for row in draw(st.lists(memberships(code), max_size=3))]
    return England(
        practices=draw(each(PRACTICES, st.tuples(NAMES, st.sampled_from(SUBS), DAYS))),
        leads=draw(each(PCNS, st.sampled_from(SUBS))),
        members=list({(row[0], row[4], row[8]): row for row in members}.values()),
        patients=draw(st.dictionaries(st.sampled_from(PRACTICES), SIZES)),
    )


@st.composite
def pairs(draw):
    """An England and a later one: who has moved to another commissioner did so afterwards.

    epraccur has the latest commissioner only, so an earlier one that a file alone knows is kept.
    """
    older, newer = draw(englands()), draw(englands())
    newer.practices = [
        (name, sub, day if sub == before[1] else max(day, before[2] + timedelta(days=1)))
        for (name, sub, day), before in zip(newer.practices, older.practices, strict=True)
    ]
    return older, newer


IN_FORCE = {
    "organisation": "select ods_code, name, status, opened_on, closed_on from organisation",
    "relationship": "select id, kind, source, target, valid_from, valid_to"
    " from relationship where known_to is null",
    "membership_row": "select id, practice, pcn, starts_on, ends_on"
    " from membership_row where known_to is null",
    "list_size": "select id, ods_code, counted_on, patients from list_size where known_to is null",
}
EVER = "select id from relationship union all select id from membership_row"
STATES = """
select aggregateid, payload from (
    select distinct on (aggregateid) aggregateid, payload::jsonb - '{version,changes}'::text[]
        as payload, position
    from chassis.outbox order by aggregateid, position desc
) latest
"""


class Kept:
    """What a database holds in force, and the rows it has ever held."""

    @classmethod
    async def of(cls, database):
        kept = cls()
        kept.tables = {name: set(await rows(database, sql)) for name, sql in IN_FORCE.items()}
        kept.ever = {id_ for (id_,) in await rows(database, EVER)}
        kept.told = await rows(database, "select count(*) from chassis.outbox")
        kept.states = dict(await rows(database, STATES))
        return kept

    def said(self, table):
        """Without the ids, which an interval that comes again does not share."""
        return {row[1:] for row in self.tables[table]}

    def __eq__(self, other):
        return vars(self) == vars(other)

    __hash__ = None


def rows_changed(before, after):
    def new(table):
        return len(after.tables[table] - before.tables[table])

    def gone(table):
        return len(before.tables[table] - after.tables[table])

    changed = {code for code in after.states if after.states[code] != before.states.get(code)}
    return {
        "ORGANISATIONS_CHANGED": len(changed),
        "RELATIONSHIPS_STARTED": new("relationship"),
        "RELATIONSHIPS_ENDED": gone("relationship"),
        "MEMBERSHIP_ROWS_NEW": new("membership_row"),
        "MEMBERSHIP_ROWS_GONE": gone("membership_row"),
        "LIST_SIZES_NEW": new("list_size"),
    }


async def imported(database, files, before):
    """Import and hold what changed against what was reported; answers what is kept then."""
    outcome, report = await load_files(database, files)
    assert report["problems"] == []
    after = await Kept.of(database)
    counted = rows_changed(before, after)
    assert {name: report["counts"][name] for name in counted} == counted
    assert after.told[0][0] - before.told[0][0] == counted["ORGANISATIONS_CHANGED"]
    assert outcome == ("APPLIED" if any(counted.values()) else "UNCHANGED")
    assert before.ever <= after.ever
    no_two_share_a_day(after)
    return after


def no_two_share_a_day(kept):
    held = sorted(row[1:] for row in kept.tables["relationship"] if row[1] != "SUCCESSOR_OF")
    for _, line in groupby(held, key=lambda row: row[:2]):
        assert overlaps(Span(start, target, end) for *_, target, start, end in line) == []


@given(pairs())
@settings(
    max_examples=max(5, settings.default.max_examples // 15),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # an example is a second long to shrink
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
async def test_imports_say_what_they_change_change_it_once_and_are_undone_by_the_older_files(
    new_database, migrations, pair
):
    async with opened(await new_database(migrations)) as database:
        await _hold_of(database, *(one.files for one in pair))


async def _hold_of(database, older, newer):
    first = await imported(database, older, await Kept.of(database))
    assert await imported(database, older, first) == first
    second = await imported(database, newer, first)
    third = await imported(database, older, second)
    assert third.said("organisation") == first.said("organisation")
    assert third.said("membership_row") == first.said("membership_row")
    assert third.said("relationship") == first.said("relationship")
    assert third.said("list_size") >= first.said("list_size")


@asynccontextmanager
async def opened(dsn):
    database = await Database.connect(dsn, name="test", pool_size=2)
    try:
        yield database
    finally:
        await database.close()


@asynccontextmanager
async def counting(dsn, monkeypatch):
    """A database, and the statements it is asked."""
    asked = []

    async def init(connection: asyncpg.Connection) -> None:
        await as_it_was(connection)
        connection.add_query_logger(lambda record: asked.append(record.query))

    as_it_was = connections.json_as_values
    with monkeypatch.context() as patched:
        patched.setattr(connections, "json_as_values", init)
        async with opened(dsn) as database:
            yield database, asked


async def test_an_import_asks_as_many_statements_for_many_organisations_as_for_few(
    new_database, migrations, monkeypatch
):
    numbers = []
    for size in (10, 400):
        codes = [f"A{99000 + n}" for n in range(size)]
        files = {
            "epraccur.csv": csv_file([practice(code) for code in codes]),
            "ePCN.xlsx": workbook([pcn("U99001")], [member(code, "U99001") for code in codes]),
            "lists.csv": csv_file([patients(code, 9_000) for code in codes], PATIENTS_HEADER),
        }
        async with counting(await new_database(migrations), monkeypatch) as (database, asked):
            await load_files(database, files)
            numbers.append(len(asked))
            assert await rows(database, "select count(*) from chassis.outbox") == [(size + 2,)]
    assert numbers[0] == numbers[1] < 60
