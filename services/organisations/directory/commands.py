"""Telling others what has become of organisations."""

from collections.abc import AsyncIterator, Collection
from datetime import datetime

from chassis import outbox
from chassis.db import Tx
from chassis.outbox import Event
from services.organisations.directory import store
from services.organisations.directory.events import OrganisationChanged


async def tell(tx: Tx, codes: Collection[str], at: datetime) -> int:
    """Raise the versions of the organisations that changed; one event each."""
    if not codes:
        return 0
    await store.raise_versions(tx, codes, at)
    events = [_event(dict(row)) for row in await store.states(tx, codes)]
    await outbox.record(tx, events, at=at)
    return len(events)


async def republish(tx: Tx) -> AsyncIterator[Event]:
    """Every organisation as it is now, at the version it has."""
    for row in await store.states(tx, None):
        yield _event(dict(row))


def _event(state: dict[str, object]) -> Event:
    return OrganisationChanged.model_validate(state).event()
