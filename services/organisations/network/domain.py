"""Days on which one organisation belongs to another: of each kind, to one at a time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum

from nhs.roles import RelationshipKind

_DAY = timedelta(days=1)


class Origin(StrEnum):
    """Where a relationship comes from."""

    ODS = "ODS"
    PROPOSAL = "PROPOSAL"
    """A PCN proposed it, and its commissioner confirmed."""


@dataclass(frozen=True, slots=True)
class Span:
    """Belonging to the target from the first day to the last, both included.

    Ordered by the first day, then the last: of two that share a day the greater one holds.
    """

    valid_from: date
    target: str
    valid_to: date | None = None

    @property
    def end(self) -> date:
        return self.valid_to or date.max

    def __lt__(self, other: "Span") -> bool:
        mine, others = (self.valid_from, self.end), (other.valid_from, other.end)
        return (*mine, self.target) < (*others, other.target)

    def shares_a_day(self, other: "Span") -> bool:
        return self.valid_from <= other.end and other.valid_from <= self.end


Line = tuple[str, RelationshipKind]
"""A source and a kind: of one target at a time."""


@dataclass(frozen=True, slots=True)
class MembershipRow:
    """A row of ePCN, as it came."""

    practice: str
    starts_on: date
    pcn: str
    ends_on: date | None
    practice_sub_icb: str
    pcn_sub_icb: str
    sub_icbs_match: bool | None


def overlaps(rows: Iterable[Span]) -> list[tuple[Span, Span]]:
    """Neighbours that share a day, the earlier start first."""
    ordered = sorted(rows)
    return [
        (one, other)
        for place, one in enumerate(ordered)
        for other in ordered[place + 1 :]
        if one.shares_a_day(other)
    ]


def in_force(rows: Iterable[Span]) -> list[Span]:
    """Spans without a shared day: on a day that two share, the later start holds."""
    kept: list[Span] = []
    for row in sorted(rows):
        kept = [*_without(kept, row), row]
    return sorted(kept)


def followed_by(history: Iterable[Span], new: Span) -> list[Span]:
    """What was known until the new span starts, then the new one, which knows what comes after.

    One of the same target that reaches into it is the same one, started on another day.
    """
    before = [span for span in history if span.valid_from < new.valid_from]
    others = [one for one in before if one.target != new.target or not one.shares_a_day(new)]
    return [*(_until(span, new.valid_from - _DAY) for span in others), new]


def belonging_to(history: Sequence[Span], target: str, since: date, first: date) -> list[Span]:
    """Belonging to the target now, told by one who does not know since when.

    If it belongs there already, it goes on doing so; if nothing is known, it counts from `first`;
    otherwise it moved `since`.
    """
    if not history:
        return [Span(first, target)]
    *before, latest = sorted(history)
    if latest.target == target and latest.end >= since:
        return [*before, replace(latest, valid_to=None)]
    return _joined(followed_by(history, Span(since, target)))


def ending(history: Sequence[Span], last_day: date | None) -> list[Span]:
    """Lasting until the last day and not after it; None lifts an end that stood there."""
    kept = sorted(span for span in history if not last_day or span.valid_from <= last_day)
    return [*kept[:-1], replace(kept[-1], valid_to=last_day)] if kept else []


def _without(spans: Iterable[Span], taken: Span) -> list[Span]:
    """The spans on the days the taken one leaves them."""
    left: list[Span] = []
    for span in spans:
        if not span.shares_a_day(taken):
            left.append(span)
            continue
        if span.valid_from < taken.valid_from:
            left.append(_until(span, taken.valid_from - _DAY))
        if taken.valid_to and span.end > taken.valid_to:
            left.append(replace(span, valid_from=taken.valid_to + _DAY))
    return left


def _until(span: Span, last_day: date) -> Span:
    return span if span.end <= last_day else replace(span, valid_to=last_day)


def _joined(spans: Iterable[Span]) -> list[Span]:
    """Spans of one target that follow on from each other, as one."""
    joined: list[Span] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last and last.target == span.target and last.valid_to == span.valid_from - _DAY:
            joined[-1] = replace(last, valid_to=span.valid_to)
        else:
            joined.append(span)
    return joined
