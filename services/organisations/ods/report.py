"""What an import found and did, in a form that is kept."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from nhs.roles import RelationshipKind
from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import Span
from services.organisations.ods.domain import Problem, Reading
from services.organisations.ods.plan import Known, Plan

LISTED = 1_000
"""So many problems are kept one by one; all of them are counted."""


def report(known: Known, reading: Reading, plan: Plan) -> dict[str, Any]:
    return {
        "counts": dict(_counts(known, reading, plan)),
        "problems": [_problem(one) for one in reading.problems[:LISTED]],
        "warnings": [_problem(one) for one in reading.warnings[:LISTED]],
        "overlaps": [
            {"practice": practice, "rows": [_span(span) for span in spans]}
            for practice, spans in sorted(plan.overlaps.items())
        ],
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


def _counts(known: Known, reading: Reading, plan: Plan) -> Iterator[tuple[str, int]]:
    yield "ORGANISATIONS_CHANGED", len(plan.touched)
    yield from sorted(Counter(_becomes(known, plan.organisations)).items())
    yield "RELATIONSHIPS_STARTED", sum(len(spans) for spans in plan.started.values())
    yield "RELATIONSHIPS_ENDED", len(plan.ended)
    yield "PRACTICES_MOVED", sum(_moves(known, plan))
    if reading.rows is not None:
        yield "MEMBERSHIP_ROWS", len(reading.rows)
        yield "MEMBERSHIP_ROWS_NEW", len(plan.started_rows)
        yield "MEMBERSHIP_ROWS_GONE", len(plan.ended_rows)
    yield "LIST_SIZES_NEW", len(plan.list_sizes)
    yield "PROBLEMS", len(reading.problems)


def _becomes(known: Known, changed: Sequence[Organisation]) -> Iterator[str]:
    """What becomes of each organisation: PRACTICE_CLOSED."""
    for one in changed:
        before = known.organisations.get(one.ods_code)
        if before is None:
            yield f"{one.kind}_ADDED"
        elif one.status is Status.CLOSED and before.status is not Status.CLOSED:
            yield f"{one.kind}_CLOSED"
        elif one.name != before.name:
            yield f"{one.kind}_RENAMED"
        else:
            yield f"{one.kind}_AMENDED"


def _moves(known: Known, plan: Plan) -> Iterator[bool]:
    """Whether the practice's latest network is another one than was known."""
    for line, started in plan.started.items():
        before = known.spans.get(line, {})
        if line[1] is RelationshipKind.MEMBER_OF and before and started:
            yield max(before).target != max(started).target


def _problem(one: Problem) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Problem.__slots__}


def _span(span: Span) -> dict[str, Any]:
    return {
        "pcn": span.target,
        "valid_from": span.valid_from.isoformat(),
        "valid_to": span.valid_to.isoformat() if span.valid_to else None,
    }
