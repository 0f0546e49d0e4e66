"""Where the files disagree with each other, or with what is known. No I/O, no clock."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import MembershipRow
from services.organisations.ods.domain import Place, Problem, Reading
from services.organisations.ods.plan import Known

Find = Callable[[str], Organisation | None]


def examine(known: Known, reading: Reading, today: date) -> None:
    """List what disagrees; rows of memberships that cannot be are taken out of the reading."""
    reading.problems += _kinds_changed(known, reading)

    def find(code: str) -> Organisation | None:
        """As files describe it; None where others merely name it."""
        found = reading.organisations.get(code) or known.organisations.get(code)
        return found if found and found.status is not Status.NAMED_ONLY else None

    _examine_members(reading, find, today)
    reading.warnings += _commissioners_not_known(reading, find, today)


def _kinds_changed(known: Known, reading: Reading) -> Iterator[Problem]:
    """An organisation does not become one of another kind."""
    for one in (*reading.organisations.values(), *reading.named.values()):
        before = known.organisations.get(one.ods_code)
        if before and before.kind != one.kind:
            reason = f"{one.ods_code} is known as a {before.kind}, not as a {one.kind}"
            yield _at(reading.places[one.ods_code], "KIND_CHANGED", reason)


def _examine_members(reading: Reading, find: Find, today: date) -> None:
    _withhold_the_impossible(reading, find, today)
    first_rows: dict[str, MembershipRow] = {}
    for row in reading.rows or ():
        for code in (row.practice, row.pcn):
            if find(code) is None:
                first_rows.setdefault(code, row)
    reading.warnings += [
        _at(reading.row_places[row], *_not_described(code, row)) for code, row in first_rows.items()
    ]


def _withhold_the_impossible(reading: Reading, find: Find, today: date) -> None:
    found = {row: _impossible(row, reading, find, today) for row in reading.rows or ()}
    wrong = {row: problem for row, problem in found.items() if problem}
    if wrong:
        reading.problems += wrong.values()
        reading.withhold(wrong.keys())
        left = {code for row in reading.rows or () for code in (row.practice, row.pcn)}
        for code in {code for row in wrong for code in (row.practice, row.pcn)} - left:
            reading.named.pop(code, None)  # those that only these rows name


def _impossible(row: MembershipRow, reading: Reading, find: Find, today: date) -> Problem | None:
    """What is wrong with a row that no line can say alone."""
    place = reading.row_places[row]
    if reading.pcns_listed and find(row.pcn) is None:
        reason = f"{row.pcn} is on no list of PCNs"
        return _at(place, "PCN_NOT_KNOWN", reason, "PCN Code")
    if row.ends_on and row.ends_on < today:
        return None
    for code, kind in ((row.practice, "PRACTICE"), (row.pcn, "PCN")):
        closed = (one := find(code)) and one.closed_on
        if closed and closed < today:
            reason = f"{code} closed on {closed}, and its membership goes on"
            return _at(place, f"{kind}_CLOSED", reason, "Practice to PCN Relationship End Date")
    return None


def _not_described(code: str, row: MembershipRow) -> tuple[str, str]:
    kind = "PRACTICE" if code == row.practice else "PCN"
    return f"{kind}_NOT_KNOWN", f"No file describes {code}: it is known by its name alone"


def _commissioners_not_known(reading: Reading, find: Find, today: date) -> Iterator[Problem]:
    """Commissioners of today that no file describes: nobody knows what they are part of."""
    named: dict[str, str] = {}
    for provider, code, last_day in _commissioners(reading):
        one = reading.organisations[provider]
        if (last_day or today) >= today and (one.closed_on or today) >= today and not find(code):
            named.setdefault(code, provider)
    for code, provider in named.items():
        reason = f"No file describes {code}, the commissioner of {provider}"
        yield _at(reading.places[code], "COMMISSIONER_NOT_KNOWN", reason)


def _commissioners(reading: Reading) -> Iterable[tuple[str, str, date | None]]:
    yield from ((one.provider, one.span.target, one.span.valid_to) for one in reading.commissioned)
    yield from ((one.pcn, one.lead, one.closed_on) for one in reading.led)


def _at(place: Place, code: str, reason: str, column: str | None = None) -> Problem:
    file, line = place
    return Problem(file, code, reason, line, column)
