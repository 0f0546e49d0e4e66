"""What becomes of organisations and of how they belong together, in words people use."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from nhs.roles import RelationshipKind
from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import Span
from services.organisations.ods.plan import Known, Plan


class What(StrEnum):
    """In the order people look for."""

    CLOSED = "CLOSED"
    MOVED = "MOVED"
    RENAMED = "RENAMED"
    OPENED = "OPENED"
    AMENDED = "AMENDED"


SUBJECTS = {
    RelationshipKind.MEMBER_OF: "MEMBERSHIP",
    RelationshipKind.COMMISSIONED_BY: "COMMISSIONER",
    RelationshipKind.PART_OF: "HIERARCHY",
    RelationshipKind.SUCCESSOR_OF: "SUCCESSION",
}
LIST_SIZE = "LIST_SIZE"


@dataclass(frozen=True, slots=True)
class Change:
    subject: str
    """An organisation's kind, a relationship's in words, or LIST_SIZE."""
    what: What
    ods_code: str
    was: str | None = None
    becomes: str | None = None
    on: date | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What changes of a line: the spans it had, as against those it has."""

    started: Sequence[Span]
    """New, or going on after an end that was known; as they now are."""
    ended: Sequence[Span]
    """With their last day."""
    amended: Sequence[Span]
    """Of other days than was known; as they now are."""
    moved: tuple[Span, Span] | None
    """From the latest before to the latest after, where they lead to two."""


def turn(before: Collection[Span], after: Collection[Span], today: date) -> Turn:
    """Compare a line's spans; one that is no longer said to have been ends with the day before."""
    was = {(span.target, span.valid_from): span for span in before}
    said = {(span.target, span.valid_from): span for span in after}
    longer = [span for key, span in said.items() if key in was and span.end > was[key].end]
    shorter = [span for key, span in said.items() if key in was and span.end < was[key].end]
    fresh = [span for key, span in said.items() if key not in was]
    gone = [span for key, span in was.items() if key not in said]
    redated = [new for new in fresh if any(_is_redated(new, old) for old in gone)]
    gone = [old for old in gone if not any(_is_redated(new, old) for new in fresh)]
    last, first = max(before, default=None), max(after, default=None)
    return Turn(
        started=sorted([*fresh, *longer]),
        ended=sorted([*shorter, *(_withdrawn(span, today) for span in gone)]),
        amended=sorted([*longer, *redated]),
        moved=(last, first) if last and first and last.target != first.target else None,
    )


def _is_redated(new: Span, old: Span) -> bool:
    return new.target == old.target and new.shares_a_day(old)


def _withdrawn(span: Span, today: date) -> Span:
    last_day = span.valid_to or max(today, span.valid_from)
    return Span(span.valid_from, span.target, last_day)


def changes(known: Known, made: Plan, today: date) -> Iterator[Change]:
    """Everything a plan changes."""
    for one in made.organisations:
        yield from _of_organisation(known, one)
    yield from _of_lines(known, made, today)
    yield from _of_list_sizes(known, made)


def turns(known: Known, made: Plan, today: date) -> Iterator[tuple[str, RelationshipKind, Turn]]:
    """Source, kind and what changes, of each line that does."""
    ended = set(made.ended)
    for (source, kind), started in made.started.items():
        before = known.spans.get((source, kind), {})
        after = [span for span, id_ in before.items() if id_ not in ended]
        yield source, kind, turn(before.keys(), [*after, *started], today)


def _of_organisation(known: Known, one: Organisation) -> Iterator[Change]:
    before, code, kind = known.organisations.get(one.ods_code), one.ods_code, one.kind.value
    opens = before is None or (before.status is Status.CLOSED and one.status is not Status.CLOSED)
    closes = one.status is Status.CLOSED and (before and before.status is not Status.CLOSED)
    if opens:
        yield Change(kind, What.OPENED, code, becomes=one.name, on=one.opened_on)
    if closes:
        yield Change(kind, What.CLOSED, code, was=one.name, on=one.closed_on)
    if before and before.name != one.name:
        yield Change(kind, What.RENAMED, code, before.name, one.name)
    elif not opens and not closes:
        yield Change(kind, What.AMENDED, code, becomes=one.name)


def _of_lines(known: Known, made: Plan, today: date) -> Iterator[Change]:
    for source, kind, change in turns(known, made, today):
        subject = SUBJECTS[kind]
        old, new = change.moved or (None, None)
        if old and new:
            yield Change(subject, What.MOVED, source, old.target, new.target, new.valid_from)
        for span in change.ended:
            if not old or (span.target, span.valid_from) != (old.target, old.valid_from):
                yield Change(subject, What.CLOSED, source, was=span.target, on=span.valid_to)
        for span in change.amended:
            yield Change(subject, What.AMENDED, source, None, span.target, span.valid_from)
        for span in change.started:
            if span not in change.amended and span != new:
                yield Change(subject, What.OPENED, source, None, span.target, span.valid_from)


def _of_list_sizes(known: Known, made: Plan) -> Iterator[Change]:
    for one in made.list_sizes:
        was = known.list_sizes.get((one.ods_code, one.counted_on))
        what = What.OPENED if was is None else What.AMENDED
        before = None if was is None else str(was)
        yield Change(LIST_SIZE, what, one.ods_code, before, str(one.patients), one.counted_on)
