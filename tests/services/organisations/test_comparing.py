"""What one version of an organisation changed of the one before."""

from datetime import date

from services.organisations.directory import comparing
from services.organisations.directory.comparing import Difference

PARTS = {"list_sizes": [], "payees": [], "relationships": []}
VERSION = {
    "name": "THE SURGERY",
    "status": "ACTIVE",
    "opened_on": date(1974, 4, 1),
    "closed_on": None,
    "address": ["1 HIGH STREET", "TOWN"],
    "postcode": "ZZ99 9ZZ",
    "parts": PARTS,
}


def differences(before, after, *, reasons=True):
    return comparing.differences(before, after, reasons=reasons)


def member(first, last=None, **others):
    one = {"kind": "MEMBER_OF", "target": "U99001", "valid_from": first, "valid_to": last}
    return {"parts": PARTS | {"relationships": [one | others]}}


def test_the_first_version_says_that_it_is_the_first():
    assert differences(None, VERSION) == [Difference("FIRST_KNOWN", None, "THE SURGERY")]


def test_a_version_like_the_one_before_changed_nothing():
    assert differences(VERSION, VERSION) == []


def test_plain_facts_are_told_with_what_they_were():
    after = VERSION | {"closed_on": date(2026, 3, 31), "address": ["2 HIGH STREET"]}
    assert differences(VERSION, after) == [
        Difference("CLOSED_ON", None, "2026-03-31"),
        Difference("ADDRESS", "1 HIGH STREET, TOWN", "2 HIGH STREET"),
    ]


def test_a_membership_that_ended_stands_beside_what_it_was_with_the_proposals_reason():
    before = VERSION | member("2022-04-01")
    after = VERSION | member("2022-04-01", "2026-03-31", reason="We moved")
    assert differences(before, after) == [
        Difference(
            "RELATIONSHIP",
            "MEMBER_OF U99001, since 2022-04-01",
            "MEMBER_OF U99001, 2022-04-01 to 2026-03-31 (We moved)",
        )
    ]


def test_who_does_not_see_the_organisation_is_given_no_reason():
    after = VERSION | member("2022-04-01", reason="We moved")
    (told,) = differences(VERSION, after, reasons=False)
    assert told.after == "MEMBER_OF U99001, since 2022-04-01"
    assert differences(VERSION | member("2022-04-01"), after, reasons=False) == []


def test_what_an_earlier_version_did_not_keep_is_not_told_as_new():
    before = VERSION | {"parts": {}}
    assert differences(before, VERSION | member("2022-04-01")) == []


def test_what_nobody_is_to_read_here_is_left_out():
    after = VERSION | {"parts": PARTS | {"duties": [{"kind": "CLAIM"}]}}
    assert differences(VERSION | {"parts": PARTS | {"duties": []}}, after) == []
