"""England's payment period fits the embedded broker, which forgets beyond 5 MB a partition."""

import random
from collections import Counter
from collections.abc import Sequence
from functools import cache

import pytest
from aiokafka.partitioner import murmur2

from chassis.topics import declared_topics
from cqrs.england.achievement import LISTS_ON
from cqrs.england.land import Land
from cqrs.england.roster import roster
from cqrs.play.cast import everybody
from tests.support.volumes import HEADERS, payload

LIMIT = 2_000_000
"""Bytes of a partition: well below the five million that the broker keeps (DESIGN.md 6)."""
PER_PRACTICE = {
    "participation.offer": ("offer.made.v1", "offer.response-due.v1", "offer.accepted.v1"),
    "declarations.declaration": (
        "declaration.calculated.v1",
        "declaration.declared.v1",
        "declaration.recalculated.v1",
        "declaration.declared.v1",
        "declaration.approved.v1",
        "declaration.finance-approved.v1",
    ),
    "declarations.payment": ("payment.authorised.v1",),
}
"""What one aggregate of a practice tells in a period, reminded and recalculated once."""
MESSAGES = 5
"""A practice's: offered, reminded, calculated, again after the recalculation, paid."""

MAILS = 3
"""Digests to a practice's people: offered, calculated, paid. Few are reminded or recalculated."""


@cache
def size(event_type: str) -> int:
    return payload(event_type) + HEADERS


@pytest.fixture(scope="module")
def told(land: Land) -> dict[str, Counter[int]]:
    """By topic the bytes of each partition, at the end of England's period."""
    partitions = {topic.name: topic.partitions for topic in declared_topics()}
    told = {name: Counter[int]() for name in partitions}
    drawn = random.Random(2025)

    def tell(topic: str, aggregates: int, types: Sequence[str]) -> None:
        """Of aggregates that are known by UUIDs, which fall on any partition."""
        for _ in range(aggregates):
            told[topic][drawn.randrange(partitions[topic])] += sum(map(size, types))

    for code in _codes(land):  # twice: mergers and networks change some during the period
        place = (murmur2(code.encode()) & 0x7FFFFFFF) % partitions["organisations.organisation"]
        told["organisations.organisation"][place] += 2 * size("organisation.changed.v1")
    people = len(everybody(roster(land, on=LISTS_ON)))
    tell("organisations.person", people, ["person.changed.v1"])
    tell("organisations.contact", people, ["contact.changed.v1"])
    practices = len(land.open_practices(LISTS_ON))
    for topic, types in PER_PRACTICE.items():
        tell(topic, practices, types)
    messages = practices * MESSAGES + people  # who are told that their accounts are linked
    tell("notifications.message", messages, ["message.raised.v1"])
    tell("notifications.message", practices * MAILS + people, ["email.sent.v1"])
    return told


def _codes(land: Land) -> list[str]:
    return [one.code for one in (*land.practices, *land.pcns, *land.sub_icbs, *land.icbs)]


@pytest.mark.parametrize("topic", [topic.name for topic in declared_topics()])
def test_no_partition_comes_near_what_the_broker_forgets(topic: str, told) -> None:
    assert max(told[topic].values(), default=0) < LIMIT
