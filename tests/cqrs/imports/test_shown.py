"""An import's report, as a person reads it."""

from io import StringIO

import pytest
from rich.console import Console

from cqrs.imports.shown import show

NONE = dict.fromkeys(("opened", "closed", "renamed", "moved", "amended"), 0)


def told(outcome="APPLIED", would_be="APPLIED", **report):
    """What `organisationImport` answers; nothing where nothing is given."""
    lists = ("changes", "listed", "problems", "warnings", "overlaps", "differences", "overtaken")
    empty = {name: [] for name in (*lists, "listsOfNobody")}
    return {"outcome": outcome, "wouldBe": would_be, "report": empty | report}


def printed(answer):
    out = StringIO()
    show(answer, Console(file=out, width=120))
    return [" ".join(line.split()) for line in out.getvalue().splitlines() if line.strip()]


def test_changes_are_counted_by_kind_and_the_first_shown_one_by_one():
    change = {"subject": "MEMBERSHIP", "what": "MOVED", "was": "U99001", "becomes": "U99002"}
    lines = printed(
        told(
            changes=[
                {"subject": "SUB_ICB", **NONE, "closed": 1_200},
                {"subject": "MEMBERSHIP", **NONE, "moved": 22},
            ],
            listed=[{**change, "odsCode": f"A990{n}", "on": "2025-04-01"} for n in range(10, 32)],
        )
    )
    assert "Sub ICB 1,200" in lines
    assert "Membership 22" in lines
    assert "Moved Membership A99010 U99001 U99002 2025-04-01" in lines
    assert len([line for line in lines if line.startswith("Moved")]) == 20
    assert "and 1,202 more" in lines
    assert lines[-1] == "Imported."


def test_every_problem_is_shown_with_its_place_and_as_it_is_written():
    problem = {"file": "epraccur.csv", "line": 4, "column": "status", "code": "STATUS_NOT_KNOWN"}
    cut = {"file": "ePCN.xlsx", "line": None, "column": None, "code": "WORKBOOK_NOT_READABLE"}
    lines = printed(
        told(
            "REFUSED",
            "REFUSED",
            problems=[{**problem, "reason": "'[red]X' is none"}, {**cut, "reason": "Cut off"}],
            warnings=[{**problem, "code": "COMMISSIONER_NOT_KNOWN", "reason": "98C"}],
        )
    )
    assert "epraccur.csv 4 status STATUS_NOT_KNOWN '[red]X' is none" in lines
    assert "ePCN.xlsx WORKBOOK_NOT_READABLE Cut off" in lines
    assert "epraccur.csv 4 status COMMISSIONER_NOT_KNOWN 98C" in lines
    assert lines[-1] == "Refused: nothing was applied."


def test_what_shares_a_day_is_confirmed_otherwise_overtaken_or_of_nobody_is_named():
    until = {"pcnCode": "U99001", "validFrom": "2019-10-01", "validTo": "2022-07-01"}
    since = {"pcnCode": "U99002", "validFrom": "2022-07-01", "validTo": None}
    lines = printed(
        told(
            overlaps=[{"practiceCode": "A99001", "rows": [until, since]}],
            differences=[
                {
                    "practiceCode": "A99002",
                    "ours": until,
                    "confirmedAt": "2025-06-10T14:00:00+00:00",
                    "confirmedFor": "98A",
                    "said": [],
                }
            ],
            overtaken=[
                {
                    "practiceCode": "A99003",
                    "pcnCode": "U99002",
                    "kind": "JOIN",
                    "effectiveOn": "2026-10-01",
                }
            ],
            listsOfNobody=["A99009"],
        )
    )
    spans = "U99001 2019-10-01 to 2022-07-01; U99002 2022-07-01 to now"
    assert f"A99001 {spans}" in lines
    assert "A99002 U99001 2019-10-01 to 2022-07-01 98A 2025-06-10 no membership" in lines
    assert "A99003 U99002 to join on 2026-10-01" in lines
    assert "List sizes of nobody known: A99009" in lines


@pytest.mark.parametrize(
    ("would_be", "said"),
    [
        ("APPLIED", "A dry run: nothing was applied. Importing the files would change this."),
        ("UNCHANGED", "A dry run: all of it is known."),
        ("REFUSED", "A dry run: importing the files would be refused."),
    ],
)
def test_a_dry_run_says_what_would_come_of_it(would_be, said):
    assert printed(told("DRY_RUN", would_be)) == [said]
