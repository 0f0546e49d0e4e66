"""An import's report, as a person reads it."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cqrs.console import shown

_Told = Mapping[str, Any]

_ONE_BY_ONE = 20
"""So many changes are shown singly; GraphQL has the first thousand."""
_WHATS = ("opened", "closed", "renamed", "moved", "amended")
_OUTCOMES = {
    "APPLIED": "[green]Imported.[/green]",
    "UNCHANGED": "All of it was known: nothing has changed.",
    "REFUSED": "[red]Refused: nothing was applied.[/red]",
}
_WOULD = {
    "APPLIED": "A dry run: nothing was applied. Importing the files would change this.",
    "UNCHANGED": "A dry run: all of it is known.",
    "REFUSED": "[red]A dry run: importing the files would be refused.[/red]",
}


def show(told: _Told, console: Console) -> None:
    """Print what the import changed, or would, and everything that is wrong or odd."""
    report = told["report"]
    _print(console, "Changes", ("", *_WHATS), _changes(report))
    _print(console, "One by one", ("", "", "code", "was", "becomes", "on"), _listed(report))
    for title, name in (("Problems", "problems"), ("Warnings", "warnings")):
        _print(console, title, ("file", "line", "column", "code", "reason"), _places(report[name]))
    _print(console, "Memberships that share a day", ("practice", "PCNs"), _overlaps(report))
    differences = ("practice", "confirmed", "by", "when", "ODS says")
    _print(console, "Confirmed otherwise by commissioners", differences, _differences(report))
    _print(console, "Proposals overtaken", ("practice", "PCN", "proposed"), _overtaken(report))
    if nobody := report["listsOfNobody"]:
        console.print(f"List sizes of nobody known: {', '.join(nobody)}")
    dry = told["outcome"] == "DRY_RUN"
    console.print((_WOULD if dry else _OUTCOMES)[told["wouldBe"]])


def _print(
    console: Console, title: str, columns: Sequence[str], rows: Iterator[Sequence[str]]
) -> None:
    table = Table(*columns, title=title, title_justify="left", title_style="bold", box=None)
    for row in rows:
        table.add_row(*(escape(cell) for cell in row))
    if table.row_count:
        console.print(table)
        console.print()


def _changes(report: _Told) -> Iterator[Sequence[str]]:
    for row in report["changes"]:
        yield _words(row["subject"]), *(shown(row[what]) if row[what] else "" for what in _WHATS)


def _listed(report: _Told) -> Iterator[Sequence[str]]:
    every = sum(row[what] for row in report["changes"] for what in _WHATS)
    rows = report["listed"][:_ONE_BY_ONE]
    for row in rows:
        texts = (row["odsCode"], row["was"], row["becomes"], row["on"])
        yield _words(row["what"]), _words(row["subject"]), *(text or "" for text in texts)
    if every > len(rows):
        yield (f"and {shown(every - len(rows))} more",)


def _places(problems: Sequence[_Told]) -> Iterator[Sequence[str]]:
    for one in problems:
        line = "" if one["line"] is None else str(one["line"])
        yield one["file"], line, one["column"] or "", one["code"], one["reason"]


def _overlaps(report: _Told) -> Iterator[Sequence[str]]:
    for one in report["overlaps"]:
        spans = (f"{row['pcnCode']} {_days(row)}" for row in one["rows"])
        yield one["practiceCode"], "; ".join(spans)


def _differences(report: _Told) -> Iterator[Sequence[str]]:
    for one in report["differences"]:
        said = "; ".join(f"{row['pcnCode']} {_days(row)}" for row in one["said"])
        ours = f"{one['ours']['pcnCode']} {_days(one['ours'])}"
        by = one["confirmedFor"] or ""
        yield one["practiceCode"], ours, by, one["confirmedAt"][:10], said or "no membership"


def _overtaken(report: _Told) -> Iterator[Sequence[str]]:
    for one in report["overtaken"]:
        proposed = f"to {one['kind'].lower()} on {one['effectiveOn']}"
        yield one["practiceCode"], one["pcnCode"], proposed


def _days(row: _Told) -> str:
    return f"{row['validFrom']} to {row['validTo'] or 'now'}"


def _words(name: str) -> str:
    """SUB_ICB becomes Sub ICB."""
    words = name.replace("_", " ").capitalize()
    return words.replace("icb", "ICB").replace("Icb", "ICB").replace("Pcn", "PCN")
