"""Telling others what has become of organisations."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

from chassis import outbox
from chassis.db import Tx
from chassis.outbox import Event
from services.organisations.directory import store
from services.organisations.directory.events import OrganisationChanged

_AT_ONCE = 500
"""So many events are made before others of the process have a turn."""


async def tell(tx: Tx, codes: Collection[str], at: datetime) -> None:
    """Raise the versions of the organisations that changed; one event each."""
    ordered = sorted(codes)
    for start in range(0, len(ordered), _AT_ONCE):
        changed = ordered[start : start + _AT_ONCE]
        await store.raise_versions(tx, changed, at)
        events = [_event(dict(row)) for row in await store.states(tx, changed)]
        await outbox.record(tx, events, at=at)


async def republish(tx: Tx) -> AsyncIterator[Event]:
    """Every organisation as it is now, at the version it has."""
    for row in await store.states(tx, None):
        yield _event(dict(row))


def _event(state: dict[str, object]) -> Event:
    return OrganisationChanged.model_validate(state).event()
