"""Every declaration as it stands, told again."""

from collections.abc import AsyncIterator

from chassis.db import Tx
from chassis.ids import new_id
from chassis.outbox import Event
from services.declarations.approval import store
from services.declarations.approval.events import restated


async def restate(tx: Tx) -> AsyncIterator[Event]:
    """Each by an event of its own: whoever is told of steps is not told of them twice."""
    action = new_id()
    async for standing in store.standing(tx):
        yield restated(standing, action)
