"""Every claim that others have heard of, as it stands, told again."""

from collections.abc import AsyncIterator

from chassis.db import Tx
from chassis.ids import new_id
from chassis.outbox import Event
from services.declarations.claims import store
from services.declarations.claims.domain import Action, Happening
from services.declarations.claims.events import restated
from services.declarations.claims.history import Written, entry_of


async def restate(tx: Tx) -> AsyncIterator[Event]:
    """Each by an event of its own: whoever is told of steps is not told of them twice."""
    action = new_id()
    async for row in store.standing(tx):
        claim, entry = store.claim_of(row), entry_of(row["last"])
        happening = Happening(Action(entry.action), claim, entry.by)
        yield restated(Written(happening, claim, entry), action)
