"""Objects that nobody names any more are deleted.

They are what was taken off a draft, and what was put and never named: whoever put it was cut off.
"""

import asyncio
from contextlib import suppress

import structlog

from chassis.errors import TransientError
from chassis.service import Worker
from services.declarations.evidence import store

_EVERY = 5.0

log = structlog.get_logger()


async def forget_evidence(worker: Worker) -> None:
    """Delete what is to be deleted, until told to stop."""
    while not worker.stop.is_set():
        try:
            pause = 0.0 if await forget_one(worker) else _EVERY
        except TransientError as error:
            log.warning("evidence.not_forgotten", reason=str(error))
            pause = _EVERY
        with suppress(TimeoutError):
            await asyncio.wait_for(worker.stop.wait(), pause)


async def forget_one(worker: Worker) -> bool:
    """Delete one object; False where none is due. Who puts the same one again waits for this."""
    async with worker.db.transaction() as tx:
        due = await store.to_forget(tx)
        if due is None:
            return False
        if not due["named"]:
            await worker.files.objects.delete(due["object_key"])
        await store.forgotten(tx, due["object_key"])
    return True
