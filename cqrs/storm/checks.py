"""After a storm: what was acknowledged, what is in the rows, on the topics and in the projections.

Everything is compared by its identity, so that each count names things that can be looked at.
"""

import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from cqrs.compose.stack import Stack
from cqrs.play.ledger import subscriber_entries
from cqrs.services import SERVICES
from cqrs.storm.findings import Findings, Step
from cqrs.storm.topics import READERS, Told, dead, told

_SILENT = ("OPENED", "DUTIES_JOINED")
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
    "publishQualityService": ("quality service PUBLISHED",),
    "loadAchievement": ("job DONE",),
}
"""By command, what must be found of each id it was answered with."""
_FOUND = (
    ("participation", "select offer, 'offer ' || what from offer_history"),
    ("participation", "select id, 'quality service ' || status from quality_service"),
    ("declarations", "select declaration_id, 'declaration ' || action from declaration_history"),
    ("declarations", "select id, 'job ' || status from chassis.job"),
    ("organisations", "select id, 'person ADDED' from directory.person"),
)

_TOLD = (
    *(f"offer.{step}.v1" for step in ("made", "rejected", "withdrawn", "cancelled")),
    "offer.response-due.v1",
    *(f"declaration.{step}.v1" for step in ("calculated", "declared", "approved")),
    "declaration.finance-approved.v1",
)
"""Events of which somebody must be told (DOMAIN.md 10.4)."""

_DIRECTORY = ("participation", "declarations", "notifications")
"""Who hears of organisations and people."""


_SETTLING = 180.0
"""Seconds in which readers come to the end of what was told."""


def check_at_rest(
    stack: Stack, subscriber: Sequence[str], acknowledged: Mapping[str, Sequence[str]]
) -> Findings:
    """`check` again and again until nothing is found, or it is too late for what is on its way."""
    ends = time.monotonic() + _SETTLING
    while True:
        found = check(stack, subscriber, acknowledged)
        if found.sound or time.monotonic() > ends:
            return found


def check(
    stack: Stack, subscriber: Sequence[str], acknowledged: Mapping[str, Sequence[str]]
) -> Findings:
    """Compare everything; commands by the ids they were answered with."""
    found = Findings()
    _commands(stack, acknowledged, found)
    events = {topic: told(stack, topic) for topic in READERS}
    _offers(stack, events["participation.offer"], found)
    _declarations(stack, events["declarations.declaration"], found)
    _payments(stack, subscriber, found)
    _directory(stack, events, found)
    _messages(stack, [one for each in events.values() for one in each], found)
    _nothing_left(stack, found)
    return found


def _commands(stack: Stack, acknowledged: Mapping[str, Sequence[str]], found: Findings) -> None:
    there = Counter(
        row for database, statement in _FOUND for row in stack.rows(database, statement)
    )
    for command, ids in acknowledged.items():
        steps = Counter({one: sum(there[one, step] for step in _DONE[command]) for one in ids})
        found.acknowledged(command, ids, steps)


def _offers(stack: Stack, events: Sequence[Told], found: Findings) -> None:
    rows = stack.rows("participation", "select offer, version from offer_history")
    mine = [one for one in events if not one.type.endswith(("restated.v1", "response-due.v1"))]
    found.steps("offer", rows, _versions(mine))
    heard = dict(stack.rows("declarations", "select id, version from offer"))
    found.heard("offer", "declarations", _newest(rows), heard)


def _declarations(stack: Stack, events: Sequence[Told], found: Findings) -> None:
    silent = ", ".join(f"'{action}'" for action in _SILENT)
    rows = stack.rows(
        "declarations",
        f"select declaration_id, position from declaration_history where action not in ({silent})",  # noqa: S608 - our own words
    )
    mine = [one for one in events if not one.type.endswith(("restated.v1", "reminded.v1"))]
    found.steps("declaration", rows, [(_step(one, "history_length"), one) for one in mine])


def _payments(stack: Stack, subscriber: Sequence[str], found: Findings) -> None:
    """Each finance-approved declaration has a payment; a finance system has each entry."""
    found.lost += [f"payment of declaration {one}" for (one,) in stack.rows(*_UNPAID)]
    rows = stack.rows("declarations", "select id from ledger_entry")
    found.ledger([one for (one,) in rows], subscriber_entries(subscriber).keys())


_UNPAID = (
    "declarations",
    """
select d.id from declaration d where d.status = 'FINANCE_APPROVED' and not exists (
    select from payment p join ledger_entry e on e.payment_id = p.id and e.kind = 'AUTHORISED'
    where p.declaration_id = d.id)
""",
)


def _directory(stack: Stack, events: Mapping[str, Sequence[Told]], found: Findings) -> None:
    """What was told and heard of organisations, people and the catalogue is what is so."""
    published = "select id, version from quality_service where status = 'PUBLISHED'"
    owned = dict(stack.rows("participation", published))
    found.newest("quality-service", owned, _versions(events["participation.quality-service"]))
    for reader in ("declarations", "notifications"):
        heard = dict(stack.rows(reader, "select id, version from quality_service"))
        found.heard("quality-service", reader, owned, heard)
    for table, key in (("organisation", "ods_code"), ("person", "id")):
        statement = f"select {key}, version from directory.{table}"  # noqa: S608 - our own words
        owned = dict(stack.rows("organisations", statement))
        found.newest(table, owned, _versions(events[f"organisations.{table}"]))
        for reader in _DIRECTORY:
            found.heard(table, reader, owned, dict(stack.rows(reader, statement)))


def _versions(events: Sequence[Told]) -> list[tuple[Step, Told]]:
    return [(_step(one, "version"), one) for one in events]


def _messages(stack: Stack, events: Sequence[Told], found: Findings) -> None:
    """Somebody was told of each event, and nobody of the same thing twice."""
    raised = {one for (one,) in stack.rows("notifications", "select event_id from message_event")}
    found.told([one for one in events if one.type in _TOLD], raised)
    twice = stack.rows("notifications", _TWICE)
    found.doubled += [f"message of {event} to {person}" for event, person, _ in twice]


_TWICE = """
select e.event_id, m.person_id, m.subject_code from message_event e
join message m on m.id = e.message_id
group by e.event_id, m.person_id, m.organisation, m.subject_code having count(*) > 1
"""


def _nothing_left(stack: Stack, found: Findings) -> None:
    """Nothing waits to be sent, and nothing that services tell each other was set aside."""
    for service in SERVICES:
        waiting = stack.rows(service, "select id, type from chassis.outbox")
        found.lost += [f"unsent {type_} {one} of {service}" for one, type_ in waiting]
    found.lost += [f"set aside: {topic}, {number} records" for topic, number in dead(stack)]


def _step(one: Told, number: str) -> Step:
    return one.key, int(one.payload[number])


def _newest(steps: Collection[Step]) -> Mapping[str, int]:
    return dict(sorted(steps))
