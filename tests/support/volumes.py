"""How many bytes events take, reckoned from their examples."""

import json

from chassis import wire
from cqrs.contracts.generated import CONTRACTS

HEADERS = 330
"""Bytes of a record beside its payload: key, CloudEvents headers, trace, framing."""
LONGER = {"organisation.changed.v1": 240}
"""Bytes by which real ones are longer: they have more lists and relationships than the example."""
RARE = {"quality-service.published.v1", "declaration.closed.v1"}
"""Too few to have a usual length: a whole specification, a few times a year, whose example is cut
short; and a declaration that closes, which names values where it still waited for some."""


def payload(event_type: str) -> int:
    example = (CONTRACTS / "events" / f"{event_type}.example.json").read_bytes()
    return len(wire.encode(json.loads(example))) + LONGER.get(event_type, 0)
