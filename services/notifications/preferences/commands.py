"""What people choose to be mailed about."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from chassis.db import Database, Tx
from chassis.idempotency import IdempotencyKey, once
from services.notifications.preferences import store
from services.notifications.preferences.domain import Choice, Kind, check, without


async def set_preferences(
    db: Database,
    person: UUID,
    asked: Sequence[tuple[Kind, Choice]],
    *,
    now: datetime,
    key: IdempotencyKey | None = None,
) -> None:
    """Choose for some kinds; the others stay as they are."""
    choices = check(asked)

    async def work() -> int:
        await store.choose(tx, person, choices, now)
        return len(choices)

    async with db.transaction() as tx:
        await once(tx, key, int, work, now=now)


async def unsubscribe(tx: Tx, person: UUID, kind: Kind | None, now: datetime) -> None:
    """No more mails of that kind, or (None) no more digests; a second time changes nothing."""
    chosen = (await store.chosen(tx, [person])).get(person, {})
    await store.choose(tx, person, without(kind, chosen), now, by_link=True)
