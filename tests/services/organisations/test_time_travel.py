"""What is known of organisations: as at any day, as known on any day."""

from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time
from pathlib import Path

import pytest

from chassis.auth import Identity
from chassis.clock import Clock
from chassis.files import Files
from chassis.graphql import Context
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.organisations.app import SERVICE
from services.organisations.directory import commands as directory
from services.organisations.directory.domain import Author
from services.organisations.moment import Moment
from services.organisations.network import store as network
from services.organisations.network.domain import Span
from services.organisations.network.queries import members as members_of
from tests.services.organisations.conftest import ADMINISTRATOR
from tests.services.organisations.importing import NOW, load_files
from tests.services.organisations.small_england import FILES, PCNS, PRACTICES
from tests.support.files_of_ods import (
    PATIENTS_HEADER,
    csv_file,
    member,
    patients,
    pcn,
    practice,
    workbook,
)

LATER = datetime(2026, 6, 10, 9, tzinfo=UTC)

STORY = """
query ($code: OdsCode!, $asAt: Date, $asKnownOn: Date) {
  organisation(odsCode: $code, asAt: $asAt, asKnownOn: $asKnownOn) {
    version name status
    listSize { on patients uncounted outside } listSizes { on }
    memberOf { odsCode name }
    commissioner { odsCode }
    relationships { kind target { odsCode } }
    members { edges { node { odsCode name } } }
    networks { totalCount edges { node { odsCode } } }
    successors { since organisation { odsCode } }
    predecessors { since organisation { odsCode } }
  }
}
"""
HISTORY = """
query ($code: OdsCode!, $asKnownOn: Date, $first: Int, $after: String) {
  organisation(odsCode: $code, asKnownOn: $asKnownOn) {
    history(first: $first, after: $after) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node {
        version at by { name } actingForCode organisationImport reason
        changes { what before after }
      } }
    }
  }
}
"""


async def asked(organisations, code, as_at=None, as_known_on=None):
    variables = {"code": code, "asAt": as_at, "asKnownOn": as_known_on}
    return (await organisations.ask(ADMINISTRATOR, STORY, **variables)).data["organisation"]


async def history(organisations, code, **variables):
    answer = await organisations.ask(ADMINISTRATOR, HISTORY, code=code, **variables)
    page = answer.data["organisation"]["history"]
    return [edge["node"] for edge in page["edges"]], page


def codes(page):
    return [edge["node"]["odsCode"] for edge in page["edges"]]


@pytest.fixture
async def moved(organisations):
    """On 10 June it becomes known that A99001 left U99002 with the end of 30 April."""
    memberships = [
        member("A99001", "U99001", end="20220331"),
        member("A99001", "U99002", "20220401", end="20260430"),
        member("A99002", "U99002"),
        member("A99003", "U99002", sub_icb="98B"),
    ]
    files = {
        "epraccur.csv": csv_file([practice("A99001", name="THE NEW NAME"), *PRACTICES[1:]]),
        "ePCN.xlsx": workbook(PCNS, memberships),
    }
    outcome, _ = await load_files(organisations.database, files, now=LATER)
    assert outcome == "APPLIED"
    return organisations


async def test_a_membership_that_ended_earlier_is_known_until_its_end_was(moved):
    """The story of the issue, on days of our own."""
    for known_on, belongs in (
        ("2026-06-09", {"odsCode": "U99002", "name": "U99002 PCN"}),
        ("2026-06-10", None),
        ("2026-06-11", None),
        (None, None),
    ):
        at_15_may = await asked(moved, "A99001", "2026-05-15", known_on)
        assert at_15_may["memberOf"] == belongs, known_on
    assert (await asked(moved, "A99001", "2026-04-30"))["memberOf"]["odsCode"] == "U99002"
    before = await asked(moved, "U99002", "2026-05-15", "2026-06-09")
    assert codes(before["members"]) == ["A99001", "A99002", "A99003"]
    assert codes((await asked(moved, "U99002", "2026-05-15"))["members"]) == ["A99002", "A99003"]


async def test_a_name_is_of_the_day_it_was_heard_of_and_of_what_was_known_then(moved):
    names = {
        (as_at, known_on): (await asked(moved, "A99001", as_at, known_on))["name"]
        for as_at in (None, "2026-06-09", "2026-06-10", "1990-01-01")
        for known_on in (None, "2026-06-09")
    }
    assert {key for key, name in names.items() if name == "THE NEW NAME"} == {
        (None, None),
        ("2026-06-10", None),
    }
    members = await asked(moved, "U99001", "2022-03-31")
    assert members["members"]["edges"][0]["node"] == {
        "odsCode": "A99001",
        "name": "PRACTICE A99001",
    }


LIST = """
query ($filter: OrganisationsFilter, $asKnownOn: Date) {
  organisations(filter: $filter, asKnownOn: $asKnownOn) {
    totalCount edges { node { odsCode name status } }
  }
}
"""


async def test_lists_too_are_of_the_day_and_of_what_was_known_on_one(moved):
    async def listed(as_known_on=None, **wanted):
        variables = {"filter": wanted, "asKnownOn": as_known_on}
        page = (await moved.ask(ADMINISTRATOR, LIST, **variables)).data["organisations"]
        assert page["totalCount"] == len(page["edges"])
        return {edge["node"]["odsCode"]: edge["node"]["name"] for edge in page["edges"]}

    then = {"memberOf": "U99002", "on": "2026-05-15"}
    assert list(await listed(**then)) == ["A99002", "A99003"]
    early = await listed("2026-06-09", **then)
    assert early == {code: f"PRACTICE {code}" for code in ("A99001", "A99002", "A99003")}
    for known_on, name in (("2026-06-09", "PRACTICE A99001"), (None, "THE NEW NAME")):
        board = {"kind": "PRACTICE", "commissionedBy": "QQ1", "search": "A99001"}
        assert await listed(known_on, **board) == {"A99001": name}
    assert await listed("2026-04-08") == {}
    assert list(await listed(search="new name")) == ["A99001"]
    assert await listed("2026-06-09", search="new name") == {}


async def test_a_list_of_a_day_has_those_of_the_status_of_that_day(moved):
    closed = [practice("A99002", status="C", closed="20260630"), PRACTICES[0], PRACTICES[2]]
    files = {"epraccur.csv": csv_file(closed)}
    await load_files(moved.database, files, now=datetime(2026, 7, 1, 9, tzinfo=UTC))
    for wanted, found in (
        ({"status": "ACTIVE", "on": "2026-06-30"}, {"A99001", "A99002", "A99003"}),
        ({"status": "ACTIVE", "on": "2026-07-01"}, {"A99001", "A99003"}),
        ({"status": "CLOSED"}, {"A99002"}),
    ):
        variables = {"filter": wanted | {"kind": "PRACTICE"}, "asKnownOn": None}
        page = (await moved.ask(ADMINISTRATOR, LIST, **variables)).data["organisations"]
        assert set(codes(page)) == found
        assert {edge["node"]["status"] for edge in page["edges"]} == {wanted["status"]}


async def test_a_membership_ended_on_10_june_2025_with_effect_from_1_may(database):
    """At 15 May it exists as known on 1 June, not as known on 11 June."""
    for told_on, end in ((date(2025, 4, 1), ""), (date(2025, 6, 10), "20250430")):
        rows = [member("A99001", "U99001", end=end)]
        files = FILES | {"ePCN.xlsx": workbook(PCNS, rows)}
        told_at = datetime.combine(told_on, time(9), UTC)
        assert (await load_files(database, files, now=told_at))[0] == "APPLIED"
    for known_on, members in ((date(2025, 6, 1), ["A99001"]), (date(2025, 6, 11), [])):
        moment = Moment(date(2025, 5, 15), known_on)
        (found,) = await members_of(database, ["U99001"], moment)
        on_the_day = [
            row["source"] for row in found if (row["valid_to"] or date.max) >= date(2025, 5, 15)
        ]
        assert on_the_day == members


async def test_nothing_was_known_before_the_first_import(moved):
    assert await asked(moved, "A99001", None, "2026-04-08") is None
    assert (await asked(moved, "A99001", None, "2026-04-09"))["version"] == 1


async def test_relationships_and_status_answer_for_the_day_asked_as_at(moved):
    def kinds(one):
        return [(row["kind"], row["target"]["odsCode"]) for row in one["relationships"]]

    assert kinds(await asked(moved, "A99001", "2022-03-31")) == [
        ("COMMISSIONED_BY", "98A"),
        ("MEMBER_OF", "U99001"),
    ]
    assert len((await asked(moved, "A99001"))["relationships"]) == 3
    assert (await asked(moved, "A99001", "1974-03-31"))["status"] == "PROPOSED"
    assert (await asked(moved, "A99001", "1974-04-01"))["status"] == "ACTIVE"
    closed = [practice("A99002", status="C", closed="20260630"), PRACTICES[0], PRACTICES[2]]
    files = {"epraccur.csv": csv_file(closed)}
    await load_files(moved.database, files, now=datetime(2026, 7, 1, 9, tzinfo=UTC))
    for as_at, known_on, status in (
        ("2026-06-30", None, "ACTIVE"),
        ("2026-07-01", None, "CLOSED"),
        ("2026-07-01", "2026-06-30", "ACTIVE"),
    ):
        assert (await asked(moved, "A99002", as_at, known_on))["status"] == status


async def test_a_count_put_right_is_what_was_known_until_then(moved):
    corrected = csv_file([patients("A99001", 12345)], PATIENTS_HEADER)
    await load_files(moved.database, {"lists.csv": corrected}, now=LATER)
    for known_on, count in (("2026-06-09", 12000), (None, 12345)):
        one = await asked(moved, "A99001", "2026-05-15", known_on)
        assert one["listSize"]["patients"] == count
    assert (await asked(moved, "A99001", "2025-12-31"))["listSize"] is None
    assert (await asked(moved, "A99001", "2025-12-31"))["listSizes"] == []


async def test_a_network_has_as_many_patients_as_its_members_of_the_day(moved):
    sizes = [patients("A99001", 31000), patients("A99003", 25000)]
    files = {"lists.csv": csv_file(sizes, PATIENTS_HEADER)}
    await load_files(moved.database, files, now=LATER)
    for as_at, size in (
        ("2026-04-30", (64000, 0, "ABOVE_RANGE")),
        ("2026-05-01", (33000, 0, None)),
        ("2025-12-31", None),
    ):
        found = (await asked(moved, "U99002", as_at))["listSize"]
        assert (found and tuple(found[name] for name in ("patients", "uncounted", "outside"))) == (
            size
        )
    early = (await asked(moved, "U99002", "2026-05-15", "2026-06-09"))["listSize"]
    assert early == {
        "on": "2026-01-01",
        "patients": 20000,
        "uncounted": 1,
        "outside": "BELOW_RANGE",
    }


async def test_whoever_has_practices_has_their_patients_by_the_days_of_the_counts(moved):
    """Each sum is over those that were its practices on the day of the count."""
    for on, first, third in (("01JAN2022", 9000, 1000), ("01MAY2026", 10000, 3000)):
        counts = [patients("A99001", first, on=on), patients("A99003", third, on=on)]
        files = {"lists.csv": csv_file(counts, PATIENTS_HEADER)}
        assert (await load_files(moved.database, files, now=LATER))[0] == "APPLIED"
    sums = """query ($code: OdsCode!) { organisation(odsCode: $code, asAt: "2026-05-15") {
      listSizes { on patients outside } listSize { patients } } }"""

    async def shown(code):
        found = (await moved.ask(ADMINISTRATOR, sums, code=code)).data["organisation"]
        sizes = [(one["on"], one["patients"]) for one in found["listSizes"]]
        return sizes, found["listSize"] and found["listSize"]["patients"]

    assert await shown("U99001") == ([("2022-01-01", 9000)], None)
    assert await shown("U99002") == (
        [("2022-01-01", 1000), ("2026-01-01", 20000), ("2026-05-01", 3000)],
        11000,
    )
    assert await shown("QQ1") == (
        [("2022-01-01", 9000), ("2026-01-01", 20000), ("2026-05-01", 10000)],
        18000,
    )
    assert (await shown("98B"))[1] == 3000
    assert (await shown("ENG"))[1] == 21000


async def test_a_commissioner_has_the_networks_of_those_below_it_and_a_practice_its_own(moved):
    assert codes((await asked(moved, "QQ1"))["networks"]) == ["U99001", "U99002"]
    assert codes((await asked(moved, "98A"))["networks"]) == ["U99001", "U99002"]
    assert (await asked(moved, "98B"))["networks"]["totalCount"] == 0
    assert codes((await asked(moved, "A99001", "2022-03-31"))["networks"]) == ["U99001"]
    assert codes((await asked(moved, "A99001", "2026-05-15", "2026-06-09"))["networks"]) == [
        "U99002"
    ]
    assert (
        codes(
            (await asked(moved, "QQ1", None, "2026-04-08") or {"networks": {"edges": []}})[
                "networks"
            ]
        )
        == []
    )


async def test_history_says_who_when_why_and_what_changed_imports_included(moved):
    entries, page = await history(moved, "A99001")
    assert page["totalCount"] == 2
    latest, first = entries
    assert first["changes"] == [{"what": "FIRST_KNOWN", "before": None, "after": "PRACTICE A99001"}]
    assert (latest["version"], latest["actingForCode"]) == (2, "ENG")
    assert latest["at"] == "2026-06-10T09:00:00+00:00"
    assert latest["organisationImport"] not in {None, first["organisationImport"]}
    assert latest["changes"] == [
        {"what": "NAME", "before": "PRACTICE A99001", "after": "THE NEW NAME"},
        {
            "what": "RELATIONSHIP",
            "before": "MEMBER_OF U99002, since 2022-04-01",
            "after": "MEMBER_OF U99002, 2022-04-01 to 2026-04-30",
        },
    ]
    then, _ = await history(moved, "A99001", asKnownOn="2026-06-09")
    assert [one["version"] for one in then] == [1]
    only, page = await history(moved, "A99001", first=1)
    rest, last = await history(moved, "A99001", first=1, after=page["pageInfo"]["endCursor"])
    assert [one["version"] for one in only + rest] == [2, 1]
    assert not last["pageInfo"]["hasNextPage"]


async def test_a_successor_and_what_it_took_over_know_each_other_from_the_day(organisations):
    async with organisations.database.transaction() as tx:
        line = "A99002", RelationshipKind.SUCCESSOR_OF
        await network.write_spans(tx, [], {line: [Span(date(2026, 7, 1), "A99001")]}, NOW)
        author = Author(new_id(), "ENG", "they merged")
        await directory.tell(tx, ["A99002"], NOW, author=author)
    heir = {"since": "2026-07-01", "organisation": {"odsCode": "A99002"}}
    assert (await asked(organisations, "A99001"))["successors"] == [heir]
    assert (await asked(organisations, "A99001", "2026-07-01"))["successors"] == [heir]
    assert (await asked(organisations, "A99001", "2026-06-30"))["successors"] == []
    predecessors = (await asked(organisations, "A99002"))["predecessors"]
    assert predecessors == [heir | {"organisation": {"odsCode": "A99001"}}]
    (latest, _), _ = await history(organisations, "A99002")
    assert latest["reason"] == "they merged"
    assert latest["by"] is None  # nobody the caller sees


class Counting:
    """A database that counts the statements it is asked."""

    def __init__(self, database):
        self.database, self.statements = database, []

    @asynccontextmanager
    async def reader(self):
        async with self.database.reader() as reader:
            yield Spying(reader, self.statements)


class Spying:
    def __init__(self, reader, statements):
        self.reader, self.statements = reader, statements

    async def fetch(self, sql, *args):
        self.statements.append(sql)
        return await self.reader.fetch(sql, *args)

    fetchval = fetchrow = None


EVERYTHING = """
{ organisation(odsCode: "QQ1", asAt: "2026-05-15", asKnownOn: "2026-06-09") {
  networks { edges { node { odsCode name
    clinicalDirector { title } networkAgreement { reference } listSize { patients }
    members { edges { node {
      name status listSize { patients } listSizes { on } payees { validFrom }
      memberOf { name } commissioner { name partOf { name } } relationships { target { name } }
      successors { since } predecessors { since } networks { totalCount }
      history { totalCount }
    } } }
  } } }
} }
"""


async def test_a_question_takes_one_statement_for_each_kind_of_fact_not_for_each_row(moved):
    asked = []
    for size in (1, 30):
        if size > 1:
            many = [practice(f"B99{n:03}") for n in range(size)]
            members = [member(row[0], "U99001", "20220401") for row in many]
            networks = [pcn(f"U98{n:03}") for n in range(size)]
            files = {
                "epraccur.csv": csv_file([*PRACTICES, *many]),
                "ePCN.xlsx": workbook([*PCNS, *networks], members),
            }
            await load_files(
                moved.database, files, now=datetime(2026, 6, 9, 9, tzinfo=UTC), skip_bad_lines=True
            )
        counting = Counting(moved.database)
        who = Principal(
            new_id(), "ENG", OrganisationKind.NATION, {Role.VIEW: None}, date(2026, 6, 10)
        )
        context = Context(
            db=counting,
            principal=who,
            identity=Identity("https://issuer.example", "somebody"),
            clock=Clock(lambda: LATER),
            now=LATER,
            request_id="count",
            files=Files("organisations", Path("nowhere"), b"a key for tests", SERVICE.files),
        )
        answer = await SERVICE.schema.execute(EVERYTHING, context_value=context)
        assert answer.errors is None
        asked.append(len(counting.statements))
    assert len(answer.data["organisation"]["networks"]["edges"]) >= 30
    assert asked[1] <= asked[0] <= 22


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
async def test_the_first_and_the_last_day_there_are_can_be_asked_for(organisations, day):
    as_at = await asked(organisations, "A99001", day)
    assert as_at["status"] == ("PROPOSED" if day < "1974" else "ACTIVE")
    known_on = await asked(organisations, "A99001", None, day)
    assert (known_on is None) is (day < "1974")
