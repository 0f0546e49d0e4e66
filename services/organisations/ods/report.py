"""What an import found and did, in a form that is kept."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from nhs.roles import OrganisationKind
from services.organisations.network.domain import Span
from services.organisations.ods.changes import LIST_SIZE, SUBJECTS, Change, What, changes
from services.organisations.ods.domain import Difference, Reading
from services.organisations.ods.plan import Known, Plan

LISTED = 1_000
"""So many problems, and so many changes, are kept one by one; all of them are counted."""

_ORDER = (*(kind.value for kind in reversed(OrganisationKind)), *SUBJECTS.values(), LIST_SIZE)

_WHATS = tuple(What)


def report(known: Known, reading: Reading, plan: Plan, today: date) -> dict[str, Any]:
    found = sorted(changes(known, plan, today), key=_place)
    return {
        "counts": dict(_counts(reading, plan)),
        "changes": list(_table(found)),
        "listed": [_change(one) for one in found[:LISTED]],
        "problems": [asdict(one) for one in reading.problems[:LISTED]],
        "warnings": [asdict(one) for one in reading.warnings[:LISTED]],
        "overlaps": [
            {"practice": practice, "rows": [_span(span) for span in spans]}
            for practice, spans in sorted(plan.overlaps.items())
        ],
        "differences": [_difference(one) for one in plan.differences],
        "lists_of_nobody": sorted(plan.lists_of_nobody)[:LISTED],
        "successions": [
            {
                "predecessor": one.predecessor,
                "successor": one.successor,
                "since": one.since.isoformat(),
            }
            for one in plan.successions
        ],
    }


def _counts(reading: Reading, plan: Plan) -> Iterator[tuple[str, int]]:
    """Rows, where the changes are things."""
    yield "ORGANISATIONS_CHANGED", len(plan.touched)
    yield "RELATIONSHIPS_STARTED", sum(len(spans) for spans in plan.started.values())
    yield "RELATIONSHIPS_ENDED", len(plan.ended)
    if reading.rows is not None:
        yield "MEMBERSHIP_ROWS", len(reading.rows)
        yield "MEMBERSHIP_ROWS_NEW", len(plan.started_rows)
        yield "MEMBERSHIP_ROWS_GONE", len(plan.ended_rows)
    yield "DIFFERENCES", len(plan.differences)
    yield "LIST_SIZES_NEW", len(plan.list_sizes)
    yield "LISTS_OF_NOBODY", len(plan.lists_of_nobody)
    yield "PROBLEMS", len(reading.problems)
    yield "WARNINGS", len(reading.warnings)


def _table(found: Sequence[Change]) -> Iterator[dict[str, Any]]:
    """How many of each kind of change, by what it is that changes."""
    for subject in _ORDER:
        whats = [one.what for one in found if one.subject == subject]
        if whats:
            yield {"subject": subject, **{what.value.lower(): whats.count(what) for what in What}}


def _place(one: Change) -> tuple[int, int, str]:
    """What people look for first: closures, moves; of organisations, then of the rest."""
    return _WHATS.index(one.what), _ORDER.index(one.subject), one.ods_code


def _change(one: Change) -> dict[str, Any]:
    return asdict(one) | {"on": one.on.isoformat() if one.on else None}


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "practice": one.practice,
        "ours": _span(one.ours),
        "confirmed_at": one.confirmed.at.isoformat(),
        "confirmed_by": str(one.confirmed.by) if one.confirmed.by else None,
        "confirmed_for": one.confirmed.acting_for,
        "reason": one.confirmed.reason,
        "said": [_span(span) for span in one.said],
    }


def _span(span: Span) -> dict[str, Any]:
    return {
        "pcn": span.target,
        "valid_from": span.valid_from.isoformat(),
        "valid_to": span.valid_to.isoformat() if span.valid_to else None,
    }
