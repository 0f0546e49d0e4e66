"""What is submitted by hand: who may change which value until when, and what is wrong with one."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from chassis.errors import DomainError
from nhs.formulas.specification import Group, Indicator, QualityServiceSpecification
from nhs.notes import noted
from services.declarations.achievement.domain import (
    ANSWERS,
    Problem,
    RowError,
    read_number,
    read_yes_or_no,
)
from services.declarations.achievement.keeping import Subject
from services.declarations.due import Statuses, statuses_for

# Source: DOMAIN 1.8. The last cut-off of the NCD 2025/26, whose achievement date is 31 March 2026,
# is 31 August 2026: no source names the days of the window itself.
OPEN_AFTER: Final = timedelta(days=153)
"""How long after an achievement date a provider may change its values."""

PARTS: Final = ("numerator", "denominator", "register")


class Side(StrEnum):
    PROVIDER = "PROVIDER"
    COMMISSIONER = "COMMISSIONER"


class GroupStatus(StrEnum):
    NOT_STARTED = "NOT_STARTED"
    WORK_IN_PROGRESS = "WORK_IN_PROGRESS"
    SUBMITTED = "SUBMITTED"


@dataclass(frozen=True, slots=True)
class Given:
    """A value as it was written; `row` is its place in the list or file."""

    row: int
    indicator: str
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class Submission:
    """What was submitted last of a group, or is work in progress."""

    id: UUID
    group: str
    status: GroupStatus
    given: tuple[Given, ...]
    notes: str | None
    person: UUID
    acting_for: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Known:
    """An indicator's current value."""

    numerator: int | None = None
    denominator: int | None = None
    register: int | None = None
    others: Mapping[str, int] | None = None
    extracted: bool = False

    def of(self, indicator: Indicator, name: str) -> int | None:
        """The value of a field, by the extract's name for it."""
        for part, named in indicator.fields.items():
            if named == name:
                value: int | None = getattr(self, part)
                return value
        return (self.others or {}).get(name)

    def complete(self, indicator: Indicator) -> bool:
        return all(getattr(self, part) is not None for part in indicator.fields)

    def with_values(self, indicator: Indicator, values: Mapping[str, int]) -> "Known":
        """As it would be with these values, by field."""
        parts = {p: values.get(n, getattr(self, p)) for p, n in indicator.fields.items()}
        others = {n: v for n, v in values.items() if n in indicator.adjustments}
        kept = {part: parts.get(part, getattr(self, part)) for part in PARTS}
        return Known(**kept, others={**(self.others or {}), **others} or None)

    @property
    def numbers(self) -> tuple[Any, ...]:
        return self.numerator, self.denominator, self.register, dict(self.others or {})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a value cannot be changed."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that counts for the values of one provider, service and achievement date."""

    subject: Subject
    service: QualityServiceSpecification
    period_starts_on: date
    side: Side | None
    """For whom the caller may enter values; None for who may only look."""
    participates: bool
    statuses: Statuses
    """Of the declarations that stand on its values: its own, or its network's."""
    values: Mapping[str, Known]
    submitted: Mapping[str, Submission] = field(default_factory=dict)
    drafts: Mapping[str, Submission] = field(default_factory=dict)

    def group(self, code: str) -> Group | None:
        return next((group for group, _ in self.service.grouped() if group.code == code), None)

    def groups(self) -> Iterator[Group]:
        for domain in self.service.domains:
            yield from domain.groups

    def value(self, indicator: str) -> Known:
        return self.values.get(indicator, Known())

    def status(self, group: Group) -> GroupStatus:
        if group.code in self.drafts:
            return GroupStatus.WORK_IN_PROGRESS
        if any(indicator.code in self.values for indicator in group.indicators):
            return GroupStatus.SUBMITTED
        return GroupStatus.NOT_STARTED


def why_not(standing: Standing, indicator: Indicator, today: date) -> Refusal | None:
    """Why the caller may not change an indicator's value; None if they may (DOMAIN 1.7)."""
    return _why_nobody(standing, indicator, today) or _why_not_this(standing, indicator)


def _why_nobody(standing: Standing, indicator: Indicator, today: date) -> Refusal | None:
    code, achieved_on, provider = standing.subject
    if standing.side is None:
        return Refusal("ROLE_REQUIRED", f"This needs the role Achievement Entry for {provider}")
    statuses = statuses_for(standing.statuses, indicator.code)
    if "FINANCE_APPROVED" in statuses:
        return Refusal("PERIOD_LOCKED", "Finance has approved the declaration: its values stay")
    if not standing.participates:
        message = f"{provider} does not participate in {code} on {achieved_on}"
        return Refusal("NOT_PARTICIPATING", message)
    if standing.side is Side.COMMISSIONER:
        return None
    return _why_no_provider(standing, statuses, today)


def _why_no_provider(standing: Standing, statuses: frozenset[str], today: date) -> Refusal | None:
    achieved_on = standing.subject[1]
    if "AWAITING_FINANCE_APPROVAL" in statuses:
        message = "The commissioner has approved the declaration, and alone may change its values"
        return Refusal("COMMISSIONER_APPROVED", message)
    last = achieved_on + OPEN_AFTER
    if not standing.period_starts_on <= today <= last:
        message = f"Values are entered from {standing.period_starts_on} to {last}"
        return Refusal("OUTSIDE_WINDOW", message)
    return None


def _why_not_this(standing: Standing, indicator: Indicator) -> Refusal | None:
    if standing.side is Side.COMMISSIONER:
        return None
    if indicator.entered_by == "COMMISSIONER":
        message = f"{indicator.code} is entered by the commissioner"
        return Refusal("COMMISSIONER_ENTRY", message)
    if standing.value(indicator.code).extracted:
        message = f"{indicator.code} came from an extract: its provider cannot change it"
        return Refusal("VALUE_EXTRACTED", message)
    return None


def fields_of(indicator: Indicator) -> dict[str, str]:
    """What may be submitted of an indicator: field and kind, as the catalogue names them."""
    kinds = {"numerator": _kind(indicator), "denominator": "DENOMINATOR", "register": "REGISTER"}
    parts = {name: kinds[part] for part, name in indicator.fields.items()}
    return parts | dict.fromkeys(indicator.adjustments, "ADJUSTMENT")


_WORDS: Final = {number: answer for answer, number in ANSWERS.items()}


def shown(value: int | None, kind: str) -> str | None:
    """A value as it is written: Y or N where it is an answer."""
    if value is None:
        return None
    return _WORDS.get(value, str(value)) if kind == "YES_NO" else str(value)


def _kind(indicator: Indicator) -> str:
    if indicator.yes_no:
        return "YES_NO"
    return "COUNT" if indicator.denominator is None else "NUMERATOR"


@dataclass(slots=True)
class Checked:
    """A group's new values, and everything that is wrong with what was given."""

    values: dict[str, Known] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)


def check(
    standing: Standing, group: Group, given: Sequence[Given], today: date, *, draft: bool
) -> Checked:
    """Hold what was given against the catalogue, the rules and itself: all faults at once.

    A value that is what it was before is no change, and never refused. A draft may lack values.
    """
    checked = Checked()
    read = _read_all(group, given, checked.problems)
    rows = {(one.indicator, one.field): one.row for one in given}
    for indicator in group.indicators:
        wanted = read.get(indicator.code, {})
        before = standing.value(indicator.code)
        after = before.with_values(indicator, wanted)
        row = min((rows[indicator.code, name] for name in wanted), default=1)
        if after.numbers != before.numbers:
            refusal = why_not(standing, indicator, today)
            if refusal:
                checked.problems.append(Problem(row, refusal.code, indicator.code, refusal.message))
            checked.values[indicator.code] = after
        at = rows.get((indicator.code, indicator.numerator or ""), row)
        checked.problems += _out_of_proportion(indicator, after, at)
        if not draft and why_not(standing, indicator, today) is None:
            named = {one.field for one in given if one.indicator == indicator.code}
            checked.problems += _missing(indicator, after, row, named)
    checked.problems.sort(key=lambda problem: problem.line)
    return checked


def _read_all(
    group: Group, given: Sequence[Given], problems: list[Problem]
) -> dict[str, dict[str, int]]:
    """The values by indicator and field; what cannot be read is listed. An empty one is none."""
    indicators = {indicator.code: indicator for indicator in group.indicators}
    read: dict[str, dict[str, int]] = {}
    for one in given:
        try:
            value = _read(indicators.get(one.indicator), group, one)
        except RowError as error:
            problems.append(Problem(one.row, error.code, error.field, str(error)))
            continue
        if one.field in read.setdefault(one.indicator, {}):
            message = f"{one.indicator} {one.field} is given twice"
            problems.append(Problem(one.row, "VALUE_GIVEN_TWICE", one.field, message))
        read[one.indicator][one.field] = value
    return read


def _read(indicator: Indicator | None, group: Group, one: Given) -> int:
    if indicator is None:
        message = f"{group.code} has no indicator {_shown(one.indicator)}"
        raise RowError("UNKNOWN_INDICATOR", "indicator", message)
    if one.field not in fields_of(indicator):
        message = f"{indicator.code} has no field {_shown(one.field)}"
        raise RowError("UNKNOWN_FIELD", "field", message)
    text = one.value.strip()
    asked_yes_no = indicator.yes_no and one.field == indicator.numerator
    try:
        return read_yes_or_no(text) if asked_yes_no else read_number(text)
    except RowError as error:
        message = str(error).replace("VALUE", f"{indicator.code} {one.field}", 1)
        raise RowError(error.code, one.field, message) from None


def _out_of_proportion(indicator: Indicator, after: Known, row: int) -> list[Problem]:
    if after.numerator is None or after.denominator is None:
        return []
    if after.numerator <= after.denominator:
        return []
    message = (
        f"{indicator.code}: the numerator {after.numerator} is above the denominator "
        f"{after.denominator}"
    )
    return [Problem(row, "NUMERATOR_ABOVE_DENOMINATOR", indicator.numerator, message)]


def _missing(indicator: Indicator, after: Known, row: int, named: set[str]) -> list[Problem]:
    """What is neither there nor given; what was given wrong has been listed already."""
    return [
        Problem(row, "VALUE_MISSING", name, f"{indicator.code}: no {name} has been given")
        for part, name in indicator.fields.items()
        if getattr(after, part) is None and name not in named
    ]


def check_notes(notes: str | None) -> list[Problem]:
    """Notes are short, and name no patient."""
    try:
        noted(notes)
    except DomainError as error:
        return [Problem(1, error.code, error.field, error.message)]
    return []


def _shown(text: str) -> str:
    return repr(text if len(text) <= 40 else f"{text[:40]}…")
