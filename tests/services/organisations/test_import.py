"""Importing files of ODS: all of it or nothing, once, and every problem with its place."""

import asyncio
from datetime import date

import pytest

from chassis.errors import TransientError
from nhs.roles import RelationshipKind as Rel
from services.organisations.directory.commands import republish
from services.organisations.network import store as network
from services.organisations.network.domain import Span
from tests.services.organisations.importing import (
    NOW,
    changes,
    load_files,
    nothing_came_of_it,
    relationships,
    rows,
    told,
)
from tests.services.organisations.small_england import FILES, MEMBERS, PCNS, PRACTICES
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


async def test_everything_the_files_say_is_known_and_told_once(database):
    outcome, report = await load_files(database, FILES)
    assert (outcome, report["problems"]) == ("APPLIED", [])
    assert await relationships(database, "A99001", "MEMBER_OF") == [
        ("U99001", date(2019, 10, 1), date(2022, 3, 31)),
        ("U99002", date(2022, 4, 1), None),
    ]
    assert await relationships(database, "A99003", "COMMISSIONED_BY") == [
        ("98B", date(2013, 4, 1), None)
    ]
    assert await relationships(database, "U99002", "COMMISSIONED_BY") == [
        ("98A", date(2019, 10, 1), None)
    ]
    assert await relationships(database, "98A", "PART_OF") == [("QQ1", date(2013, 4, 1), None)]
    assert await rows(
        database, "select name, status, postcode from organisation where ods_code = 'A99001'"
    ) == [("PRACTICE A99001", "ACTIVE", "ZZ99 9ZZ")]
    assert await rows(database, "select ods_code, patients from directory.list_size") == [
        ("A99001", 12000),
        ("A99002", 8000),
    ]
    codes = await told(database)
    assert sorted(codes) == sorted(
        ["A99001", "A99002", "A99003", "U99001", "U99002", "98A", "98B", "QQ1", "QQ2", "Y98", "ENG"]
    )


async def test_the_same_files_again_change_nothing_and_tell_nobody(database):
    await load_files(database, FILES)
    await told(database)
    outcome, report = await load_files(database, dict(reversed(FILES.items())))
    assert outcome == "UNCHANGED"
    assert report["counts"]["ORGANISATIONS_CHANGED"] == 0
    assert await told(database) == []
    assert await rows(database, "select max(version), count(*) from organisation") == [(1, 11)]


async def test_a_dry_run_says_what_would_change_and_changes_nothing(database):
    outcome, report = await load_files(database, FILES, dry_run=True)
    assert (outcome, changes(report, "PRACTICE")["opened"]) == ("DRY_RUN", 3)
    await nothing_came_of_it(database)


async def test_one_line_changed_changes_one_organisation(database):
    await load_files(database, FILES)
    await told(database)
    renamed = csv_file([practice("A99001", name="RENAMED"), *PRACTICES[1:]])
    outcome, report = await load_files(database, {"epraccur.csv": renamed})
    assert (outcome, changes(report, "PRACTICE")["renamed"]) == ("APPLIED", 1)
    assert await told(database) == ["A99001"]


async def test_what_was_taken_for_true_before_is_kept_with_the_time_it_was(database):
    await load_files(database, FILES)
    moved = workbook(PCNS, [*MEMBERS[:2], member("A99002", "U99001", "20250401"), MEMBERS[3]])
    corrected = csv_file([patients("A99001", 12001)], PATIENTS_HEADER)
    _, report = await load_files(database, {"ePCN.xlsx": moved, "lists.csv": corrected})
    assert changes(report, "MEMBERSHIP")["moved"] == 1
    assert await relationships(database, "A99002", "MEMBER_OF") == [
        ("U99001", date(2025, 4, 1), None)
    ]
    assert await rows(
        database,
        "select target from relationship where source = 'A99002' and kind = 'MEMBER_OF'"
        " and known_to is not null",
    ) == [("U99002",)]
    assert await rows(
        database,
        "select patients, known_to is null from list_size where ods_code = 'A99001' order by 1",
    ) == [(12000, False), (12001, True)]


async def changes_told(database):
    """What the events tell people of, by organisation, since the last time."""
    async with database.transaction() as tx:
        found = await tx.fetch("select aggregateid, payload from chassis.outbox order by position")
        await tx.execute("delete from chassis.outbox")
    return {
        row["aggregateid"]: [
            (one["change"], one["target"], one["valid_from"], one["valid_to"], one["origin"])
            for one in row["payload"]["changes"]
        ]
        for row in found
    }


async def test_of_the_first_memberships_ever_loaded_nobody_is_told(database):
    await load_files(database, FILES)
    assert not any((await changes_told(database)).values())


async def test_whose_membership_changes_is_told_with_the_event_and_nobody_else(database):
    await load_files(database, FILES)
    await told(database)
    moved = [
        *MEMBERS[:2],
        member("A99002", "U99002", end="20250331"),
        member("A99002", "U99001", "20250401"),
        member("A99003", "U99002", "20191101", sub_icb="98B"),
    ]
    corrected = csv_file([patients("A99001", 12001)], PATIENTS_HEADER)
    files = {"ePCN.xlsx": workbook(PCNS, moved), "lists.csv": corrected}
    await load_files(database, files)
    assert await changes_told(database) == {
        "A99001": [],
        "A99002": [
            ("MEMBERSHIP_ENDED", "U99002", "2019-10-01", "2025-03-31", "ODS"),
            ("MEMBERSHIP_STARTED", "U99001", "2025-04-01", None, "ODS"),
        ],
        "A99003": [("MEMBERSHIP_STARTED", "U99002", "2019-11-01", None, "ODS")],
    }
    await load_files(database, {"ePCN.xlsx": workbook(PCNS, [*moved[:2], moved[4]])})
    assert await changes_told(database) == {
        "A99002": [
            ("MEMBERSHIP_ENDED", "U99002", "2019-10-01", "2025-03-31", "ODS"),
            ("MEMBERSHIP_ENDED", "U99001", "2025-04-01", "2026-04-09", "ODS"),
        ]
    }
    await load_files(database, {"ePCN.xlsx": workbook(PCNS, [*MEMBERS[:3], moved[4]])})
    assert await changes_told(database) == {
        "A99002": [("MEMBERSHIP_STARTED", "U99002", "2019-10-01", None, "ODS")]
    }


async def test_loading_the_older_file_undoes_the_newer_one(database):
    await load_files(database, FILES)
    before = await rows(database, "select kind, source, target, valid_from from relationship")
    moved = {"epraccur.csv": csv_file([practice("A99001", "98B", joined="20250401")])}
    moved["ePCN.xlsx"] = workbook(PCNS, MEMBERS[1:])
    assert (await load_files(database, moved))[0] == "APPLIED"
    assert await relationships(database, "A99001", "COMMISSIONED_BY") == [
        ("98A", date(2013, 4, 1), date(2025, 3, 31)),
        ("98B", date(2025, 4, 1), None),
    ]
    assert (await load_files(database, FILES))[0] == "APPLIED"
    after = await rows(
        database, "select kind, source, target, valid_from from directory.relationship"
    )
    assert sorted(after) == sorted(before)


async def test_overlaps_are_flagged_the_rows_kept_and_the_later_start_holds(database):
    overlapping = [
        member("A99001", "U99001", end="20220701"),
        member("A99001", "U99002", "20220701"),
    ]
    files = {**FILES, "ePCN.xlsx": workbook(PCNS, overlapping)}
    outcome, report = await load_files(database, files)
    assert outcome == "APPLIED"
    assert [one["practice"] for one in report["overlaps"]] == ["A99001"]
    assert await relationships(database, "A99001", "MEMBER_OF") == [
        ("U99001", date(2019, 10, 1), date(2022, 6, 30)),
        ("U99002", date(2022, 7, 1), None),
    ]
    assert await rows(database, "select ends_on from membership_row order by starts_on") == [
        (date(2022, 7, 1),),
        (None,),
    ]


async def test_only_gp_practices_of_england_are_taken(database):
    lines = [
        *PRACTICES,
        practice("Y99001", setting="0"),
        practice("W99001", grouping="W00"),
        practice("A99004", setting="0"),
    ]
    files = {
        "epraccur.csv": csv_file(lines),
        "ePCN.xlsx": workbook(PCNS, [*MEMBERS, member("A99004", "U99001")]),
    }
    _, report = await load_files(database, files)
    assert changes(report, "PRACTICE")["opened"] == 4  # a member of a PCN is a practice


async def test_a_closed_pcn_leads_nobody_after_its_last_day(database):
    closed = workbook([pcn("U99001", closed="20250331"), pcn("U99002")], MEMBERS)
    await load_files(database, {**FILES, "ePCN.xlsx": closed})
    assert await relationships(database, "U99001", "COMMISSIONED_BY") == [
        ("98A", date(2019, 10, 1), date(2025, 3, 31))
    ]
    assert await rows(
        database, "select status, closed_on from organisation where ods_code = 'U99001'"
    ) == [("CLOSED", date(2025, 3, 31))]


async def test_a_board_whose_parts_all_pass_to_another_is_succeeded_by_it(database):
    await load_files(database, FILES)
    await told(database)
    merged = {"m.csv": csv_file([mapping("98A", "QQ9"), mapping("98B", "QQ9")], MAPPING_HEADER)}
    for outcome in ("APPLIED", "UNCHANGED"):
        assert (await load_files(database, merged, since=date(2026, 4, 1)))[0] == outcome
    assert await relationships(database, "QQ9", "SUCCESSOR_OF") == [
        ("QQ1", date(2026, 4, 1), None),
        ("QQ2", date(2026, 4, 1), None),
    ]
    assert await relationships(database, "98A", "PART_OF") == [
        ("QQ1", date(2013, 4, 1), date(2026, 3, 31)),
        ("QQ9", date(2026, 4, 1), None),
    ]
    assert await rows(
        database,
        "select ods_code, status, opened_on, closed_on from organisation"
        " where kind = 'ICB' order by 1",
    ) == [
        ("QQ1", "CLOSED", None, date(2026, 3, 31)),
        ("QQ2", "CLOSED", None, date(2026, 3, 31)),
        ("QQ9", "ACTIVE", date(2026, 4, 1), None),
    ]


async def test_an_older_hierarchy_loaded_again_takes_a_succession_back(database):
    older = {"mapping.csv": FILES["mapping.csv"]}
    merged = {"m.csv": csv_file([mapping("98A", "QQ9"), mapping("98B", "QQ9")], MAPPING_HEADER)}
    await load_files(database, older, since=date(2022, 7, 1))
    before = await rows(database, "select source, target, valid_to from directory.relationship")
    await load_files(database, merged, since=date(2026, 4, 1))
    assert (await load_files(database, older, since=date(2022, 7, 1)))[0] == "APPLIED"
    after = await rows(
        database,
        "select source, target, valid_to from directory.relationship where source <> 'QQ9'",
    )
    assert sorted(after, key=str) == sorted(before, key=str)
    assert await relationships(database, "QQ9", "SUCCESSOR_OF") == []
    icbs = "select status, closed_on from organisation where ods_code in ('QQ1', 'QQ2')"
    assert await rows(database, icbs) == [("ACTIVE", None)] * 2


async def test_a_succession_that_was_recorded_ahead_outlasts_files_that_move_nothing(database):
    await load_files(database, FILES)
    recorded = {("QQ2", Rel.SUCCESSOR_OF): [Span(date(2026, 10, 1), "QQ1")]}
    async with database.transaction() as tx:
        await network.write_spans(tx, [], recorded, NOW)
    amended = csv_file([practice("A99001", name="RENAMED"), *PRACTICES[1:]])
    assert (await load_files(database, {"epraccur.csv": amended}))[0] == "APPLIED"
    assert (await load_files(database, {"mapping.csv": FILES["mapping.csv"]}))[0] == "UNCHANGED"
    assert await relationships(database, "QQ2", "SUCCESSOR_OF") == [
        ("QQ1", date(2026, 10, 1), None)
    ]


async def test_lists_of_nobody_are_listed_and_lists_of_one_sex_are_no_totals(database):
    lists = [patients("A99001", 12000), patients("A99001", 6000, sex="MALE"), patients("A99999", 1)]
    files = {**FILES, "lists.csv": csv_file(lists, PATIENTS_HEADER)}
    outcome, report = await load_files(database, files)
    assert (outcome, report["lists_of_nobody"]) == ("APPLIED", ["A99999"])
    assert report["counts"]["LIST_SIZES_NEW"] == 1


async def test_two_imports_at_once_make_one_change(database):
    both = await asyncio.gather(load_files(database, FILES), load_files(database, FILES))
    assert sorted(outcome for outcome, _ in both) == ["APPLIED", "UNCHANGED"]
    codes = await told(database)
    assert len(codes) == len(set(codes)) == 11


async def test_an_import_another_worker_took_over_leaves_nothing(database):
    with pytest.raises(TransientError):
        await load_files(database, FILES, attempt=7)
    await nothing_came_of_it(database)
    assert await rows(database, "select id from import") == []


async def test_everything_can_be_told_again_as_it_is(database):
    await load_files(database, FILES)
    before = await rows(database, "select aggregateid, payload from chassis.outbox order by 1")
    async with database.transaction() as tx:
        again = sorted([(event.key, event.payload) async for event in republish(tx)])
    assert again == before
