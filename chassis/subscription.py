"""What a service wants to hear, and what it does about it."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from chassis.db import Tx
from chassis.received import Received

Projection = Callable[[Tx, Sequence[Received]], Awaitable[None]]
"""Writes what it heard into a read model, set-wise: upserts what is newer by version, deletions
too. It may hear the same event again, or an older one, at any time."""

Reaction = Callable[[Tx, Received], Awaitable[None]]
"""Makes something happen. The inbox sees to it that it happens once an event."""


@dataclass(frozen=True, slots=True)
class Subscription:
    group: str
    """The consumer group: written out, and never changed, or everything is heard again."""
    topics: Sequence[str]
    projections: Mapping[str, Projection] = field(default_factory=dict)
    """By event type."""
    reactions: Mapping[str, Reaction] = field(default_factory=dict)
    """By event type. An event is projected first and reacted to second."""
    read_model: Sequence[str] = ()
    """The tables the projections alone write, schema-qualified and in the order they write them:
    what a rebuild makes anew."""
