"""After a storm: what was acknowledged, what is in the rows, on the topics and in the projections.

Everything is compared by its identity, so that each count names things that can be looked at.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from cqrs.compose.stack import Stack
from cqrs.storm.topics import Told, told

SILENT = ("OPENED", "DUTIES_JOINED")
"""Entries of a declaration's history that are no event."""

_DONE: Mapping[str, tuple[str, ...]] = {
    "createOffers": ("offer MADE",),
    "acceptOffers": ("offer ACCEPTED",),
    "rejectOffers": ("offer REJECTED",),
    "withdrawOffers": ("offer WITHDRAWN",),
    "cancelOffers": ("offer CANCELLED",),
    "declareDeclarations": ("declaration DECLARED",),
    "approveDeclarations": ("declaration APPROVED", "declaration FINANCE_APPROVED"),
    "addPeople": ("person ADDED",),
}
"""By command, what must be found of each id it was answered with."""
_FOUND = (
    ("participation", "select offer, 'offer ' || what from offer_history"),
    ("declarations", "select declaration_id, 'declaration ' || action from declaration_history"),
    ("organisations", "select id, 'person ADDED' from directory.person"),
)


@dataclass
class Findings:
    """Each a list of what is wrong, by name; all empty if nothing is."""

    events: int = 0
    again: int = 0
    """Delivered more than once, which readers must bear: no fault."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.reordered)


def check(stack: Stack, acknowledged: Mapping[str, Sequence[str]]) -> Findings:
    """Compare everything; commands by the ids they were answered with."""
    found = Findings()
    _commands(stack, acknowledged, found)
    _offers(stack, told(stack, "participation.offer"), found)
    _declarations(stack, told(stack, "declarations.declaration"), found)
    _payments(stack, found)
    _projections(stack, found)
    _messages(stack, found)
    return found


def _commands(stack: Stack, acknowledged: Mapping[str, Sequence[str]], found: Findings) -> None:
    """Whatever was answered as done is in a history."""
    there = {row for database, statement in _FOUND for row in stack.rows(database, statement)}
    for command, ids in acknowledged.items():
        found.lost += [
            f"{command} {one}"
            for one in ids
            if not any((one, step) in there for step in _DONE[command])
        ]


def _offers(stack: Stack, events: Sequence[Told], found: Findings) -> None:
    rows = stack.rows("participation", "select offer, version from offer_history")
    mine = [one for one in events if not one.type.endswith(("restated.v1", "response-due.v1"))]
    _compare(
        "offer",
        {(key, int(version)) for key, version in rows},
        [((one.key, int(one.payload["version"])), one) for one in mine],
        found,
    )


def _declarations(stack: Stack, events: Sequence[Told], found: Findings) -> None:
    silent = ", ".join(f"'{action}'" for action in SILENT)
    rows = stack.rows(
        "declarations",
        f"select declaration_id, position from declaration_history where action not in ({silent})",  # noqa: S608 - our own words
    )
    mine = [one for one in events if not one.type.endswith(("restated.v1", "reminded.v1"))]
    _compare(
        "declaration",
        {(key, int(position)) for key, position in rows},
        [((one.key, int(one.payload["history_length"])), one) for one in mine],
        found,
    )


Step = tuple[str, int]
"""An aggregate, and which of its steps."""


def _compare(
    noun: str, rows: set[Step], events: Sequence[tuple[Step, Told]], found: Findings
) -> None:
    """Each step of the rows is one event, and an aggregate's events come in the steps' order."""
    by_step: dict[Step, set[str]] = defaultdict(set)
    order: dict[str, list[int]] = defaultdict(list)
    deliveries = Counter(one.id for _, one in events)
    seen: set[str] = set()
    for step, one in sorted(events, key=lambda pair: pair[1].place):
        by_step[step].add(one.id)
        if one.id not in seen:
            order[step[0]].append(step[1])
        seen.add(one.id)
    found.events += len(seen)
    found.again += sum(deliveries.values()) - len(deliveries)
    found.lost += [f"event of {noun} {key}, {step}" for key, step in sorted(rows - by_step.keys())]
    found.doubled += [
        f"{len(ids)} events of {noun} {step[0]}, {step[1]}"
        for step, ids in by_step.items()
        if len(ids) > 1
    ]
    found.reordered += [f"{noun} {key}: {steps}" for key, steps in order.items() if _falls(steps)]


def _falls(steps: Sequence[int]) -> bool:
    return list(steps) != sorted(steps)


def _payments(stack: Stack, found: Findings) -> None:
    """Each finance-approved declaration has one payment with one authorised entry."""
    rows = stack.rows("declarations", _PAYMENTS)
    found.lost += [f"payment of declaration {one}" for one, entries in rows if not entries]
    found.doubled += [f"payment of declaration {one}" for one, entries in rows if entries > 1]


_PAYMENTS = """
select d.id, count(e.id) from declaration d
left join payment p on p.declaration_id = d.id
left join ledger_entry e on e.payment_id = p.id and e.kind = 'AUTHORISED'
where d.status = 'FINANCE_APPROVED' group by d.id
"""


def _projections(stack: Stack, found: Findings) -> None:
    """What was heard is what is so, aggregate by aggregate, in each version."""
    offers = "select id, version from offer"
    _same(stack, "offer", offers, owner="participation", readers=("declarations",), found=found)
    for table, key in (("organisation", "ods_code"), ("person", "id")):
        statement = f"select {key}, version from directory.{table}"  # noqa: S608 - our own words
        heard = ("participation", "declarations", "notifications")
        _same(stack, table, statement, owner="organisations", readers=heard, found=found)


def _same(
    stack: Stack,
    noun: str,
    statement: str,
    *,
    owner: str,
    readers: Sequence[str],
    found: Findings,
) -> None:
    owned = set(stack.rows(owner, statement))
    for reader in readers:
        heard = set(stack.rows(reader, statement))
        found.lost += [f"{noun} {one[0]} in {reader}" for one in sorted(owned - heard, key=str)]
        found.doubled += [
            f"{noun} {one[0]} of another version in {reader}"
            for one in sorted(heard - owned, key=str)
        ]


def _messages(stack: Stack, found: Findings) -> None:
    """No event tells a person the same thing twice."""
    found.doubled += [f"message of {event} to {person}" for event, person in _told_twice(stack)]


def _told_twice(stack: Stack) -> Iterator[tuple[str, str]]:
    for event, person, _ in stack.rows("notifications", _TWICE):
        yield event, person


_TWICE = """
select e.event_id, m.person_id, m.subject_code from message_event e
join message m on m.id = e.message_id
group by e.event_id, m.person_id, m.organisation, m.subject_code having count(*) > 1
"""
