import csv
import os
from collections import defaultdict
from datetime import date
from pathlib import Path

import pytest

from cqrs.england.england import England
from cqrs.england.files import write
from cqrs.england.people import people
from cqrs.england.roster import read_roster, roster

TODAY = date(2026, 1, 1)
OFFERED = date(2025, 3, 13)
SEPARATE = {"DECLARATION_MANAGEMENT", "APPROVAL_MANAGEMENT", "FINANCE_MANAGEMENT"}


@pytest.fixture
def land(england):
    return england.icb()


def test_files_give_the_same_roster_as_the_land_they_were_written_from(land, tmp_path):
    write(land, tmp_path)
    read = read_roster(tmp_path, icb=None, on=TODAY)
    made = roster(land, on=TODAY)
    assert (read.lists, read.pcns, read.without_list) == (made.lists, made.pcns, made.without_list)
    assert sorted(read.sub_icbs) == sorted(made.sub_icbs)


def test_the_latest_list_known_stands_in_for_a_missing_one(england):
    whole = england.whole
    lacking = next(each for each in whole.open_practices(TODAY) if TODAY not in each.lists)
    assert roster(whole, on=TODAY).lists[lacking.code] == lacking.lists[date(2025, 10, 1)]


def test_a_roster_since_the_offer_has_the_practices_that_closed_meanwhile(land):
    gone = set(roster(land, on=TODAY, since=OFFERED).practices) - set(
        roster(land, on=TODAY).practices
    )
    assert len(gone) >= 2
    assert all(land.practice[code].closed for code in gone)


def test_people_are_named_by_role_and_code(land):
    found = {each.name: each for each in people(roster(land, on=TODAY))}
    code = land.open_practices(TODAY)[0].code
    one = found[f"Declaration Management {code}"]
    assert one.email == f"declaration-management.{code.lower()}@cqrs.example"
    assert one.subject == f"declaration-management-{code.lower()}"


def test_nobody_holds_two_of_the_separated_duties(land):
    for each in people(roster(land, on=TODAY)):
        assert len(SEPARATE & {role for link in each.links for role in link.roles}) <= 1


def test_every_organisation_has_people_and_some_people_have_two(land):
    there = roster(land, on=TODAY)
    roles, linked = defaultdict(set), []
    everybody = list(people(there))
    for each in everybody:
        linked.append(len(each.links))
        for link in each.links:
            roles[link.organisation] |= set(link.roles)
    assert set(roles) == {*there.icbs, *there.sub_icbs, *there.pcns, *there.practices}
    assert all("DECLARATION_MANAGEMENT" in roles[code] for code in there.practices)
    assert SEPARATE - {"DECLARATION_MANAGEMENT"} < roles["QC3"]
    assert linked.count(2) == len(there.pcns)
    assert len({each.subject for each in everybody}) == len(everybody)


@pytest.mark.real_data
def test_real_ods_files_give_a_roster_and_none_of_their_names_is_generated():
    folder = Path(os.environ.get("CQRS_REAL_DATA", "../shared/data")) / "ods"
    if not folder.exists():
        pytest.skip(f"the real ODS files are not at {folder}")
    there = read_roster(folder, icb="QH8", on=TODAY)
    assert len(there.lists) > 140
    with (folder / "epraccur.csv").open(encoding="cp1252", newline="") as file:
        real = {row[1].strip() for row in csv.reader(file)}
    assert not real & {each.name.strip() for each in England(2025).whole.practices}
