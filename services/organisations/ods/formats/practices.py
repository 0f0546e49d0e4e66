"""epraccur.csv: 27 columns without a header, every prescribing cost centre of ODS (DOMAIN 4.3)."""

from collections.abc import Collection, Iterable, Sequence

from nhs.roles import OrganisationKind
from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import Span
from services.organisations.ods.domain import Commissioned, Problem, Reading
from services.organisations.ods.formats.cells import (
    CellError,
    Line,
    Row,
    only_first,
    read_each,
    unheaded,
)

_CODE = "organisation code"
_COLUMNS = {
    _CODE: 1,
    "name": 2,
    "national grouping": 3,
    "address line 1": 5,
    "address line 2": 6,
    "address line 3": 7,
    "address line 4": 8,
    "address line 5": 9,
    "postcode": 10,
    "open date": 11,
    "close date": 12,
    "status": 13,
    "commissioner": 15,
    "join date": 16,
    "left date": 17,
    "prescribing setting": 26,
}
_WIDTH = 27

_GP_PRACTICE = {"4", "RO76"}  # RO76 in newer files
_ENGLISH = "Y"  # a national grouping that is a region of England; W is Wales
_STATUS = {
    "A": Status.ACTIVE,
    "C": Status.CLOSED,
    "D": Status.DORMANT,
    "P": Status.PROPOSED,
}


def are_here(first: Sequence[object]) -> bool:
    return len(first) == _WIDTH


def read_practices(
    file: str,
    rows: Iterable[Row],
    reading: Reading,
    also: Collection[str],
) -> None:
    """Read the GP practices of England; `also` are codes that others know to be practices."""
    lines = [
        line
        for line in unheaded(file, rows, _COLUMNS, reading.problems)
        if _is_practice(line) or line.cells[_CODE] in also
    ]
    read = _read(lines, reading.problems)
    for line, (practice, commissioned) in only_first(read, _CODE, reading.problems):
        reading.say(practice, file, line.number)
        reading.commissioned.append(commissioned)
        sub_icb = commissioned.span.target
        named = Organisation(sub_icb, OrganisationKind.SUB_ICB, sub_icb, Status.NAMED_ONLY)
        reading.name([named], file, line.number)


def _read(
    lines: Iterable[Line], problems: list[Problem]
) -> Iterable[tuple[Line, tuple[Organisation, Commissioned]]]:
    return read_each(lines, lambda line: (line, (_practice(line), _commissioned(line))), problems)


def _is_practice(line: Line) -> bool:
    return line.cells["prescribing setting"] in _GP_PRACTICE and line.cells[
        "national grouping"
    ].startswith(_ENGLISH)


def _practice(line: Line) -> Organisation:
    opened = line.day("open date")
    return Organisation(
        ods_code=line.practice(_CODE),
        kind=OrganisationKind.PRACTICE,
        name=line.text("name"),
        status=_status(line),
        opened_on=opened,
        closed_on=line.end("close date", opened),
        address=tuple(filter(None, (line.cells[f"address line {n}"] for n in range(1, 6)))),
        postcode=line.maybe("postcode"),
    )


def _status(line: Line) -> Status:
    letter = line.text("status")
    if letter not in _STATUS:
        reason = f"{letter!r} is not one of {', '.join(_STATUS)}"
        raise CellError("status", "STATUS_NOT_KNOWN", reason)
    return _STATUS[letter]


def _commissioned(line: Line) -> Commissioned:
    joined = line.maybe_day("join date") or line.day("open date")
    span = Span(joined, line.code("commissioner"), line.end("left date", joined))
    return Commissioned(line.practice(_CODE), span)
