"""Telling others what has become of organisations."""

from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType
from uuid import UUID

from asyncpg import Record

from chassis import outbox
from chassis.db import Tx
from chassis.ids import new_id
from chassis.outbox import Event
from services.organisations.directory import store, versions
from services.organisations.directory.domain import Author
from services.organisations.directory.events import OrganisationChange, OrganisationChanged

NOBODY = Author()

_AT_ONCE = 500
"""So many events are made before others of the process have a turn."""


async def tell(
    tx: Tx,
    codes: Collection[str],
    at: datetime,
    *,
    author: Author = NOBODY,
    changes: Mapping[str, Sequence[OrganisationChange]] = MappingProxyType({}),
) -> None:
    """Raise the versions of the organisations that changed; one event each.

    `changes` are, by organisation, those that people are told of.
    """
    ordered, action = sorted(codes), new_id()
    for start in range(0, len(ordered), _AT_ONCE):
        changed = ordered[start : start + _AT_ONCE]
        states = await versions.raise_versions(tx, changed, at, author)
        events = [_event(row, changes.get(row["ods_code"], ()), action) for row in states]
        await outbox.record(tx, events, at=at)


async def republish(tx: Tx) -> AsyncIterator[Event]:
    """Every organisation as it is now, at the version it has."""
    for row in await store.states(tx, None):
        yield _event(row)


def _event(
    state: Record, changes: Sequence[OrganisationChange] = (), action: UUID | None = None
) -> Event:
    told = {**state, "changes": changes, "action": action if changes else None}
    return OrganisationChanged.model_validate(told).event()
