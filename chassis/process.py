"""Several parts in one process and one event loop: all of them run, or none."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import structlog

Part = Callable[[asyncio.Event], Coroutine[Any, Any, None]]
"""Runs until the event is set, and returns soon after."""

log = structlog.get_logger()


class PartDiedError(Exception):
    """A part ended that should not have."""

    def __init__(self, name: str, cause: BaseException | None) -> None:
        how = f"{type(cause).__name__}: {cause}" if cause else "it ended by itself"
        super().__init__(f"the {name} died: {how}")


class GaveUpError(Exception):
    """What a process needs to begin did not come."""


def seldom_collect() -> None:
    """Look for garbage seldom, and never among what is there already: modules, schemas, rules.

    Cycles are rare here, and large batches are not: ten thousand approvals make half a million
    objects, and looking through them again and again took a third of the time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_ALLOCATIONS, 20, 20)


_ALLOCATIONS = 50_000
"""Objects more than before, until the youngest are looked through."""


async def together(parts: Mapping[str, Part], stop: asyncio.Event, *, grace: float) -> None:
    """Run all parts until told to stop, or until one of them ends.

    Then all are told to stop, and those that have not after `grace` seconds are cancelled. Raises
    `PartDiedError` for the part that ended before it was told to, or the `GaveUpError` it ended by.
    """
    running = {asyncio.create_task(part(stop), name=name): name for name, part in parts.items()}
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        died = None if stop.is_set() else _first_ended(running)
    finally:
        stop.set()
        stopping.cancel()
        await _end(running, grace)
    if died:
        raise died


def _first_ended(
    running: Mapping[asyncio.Task[None], str],
) -> PartDiedError | GaveUpError | None:
    for task, name in running.items():
        if task.done():
            cause = task.exception()
            if isinstance(cause, GaveUpError):
                return cause
            log.error("part.died", part=name, exc_info=cause)
            return PartDiedError(name, cause)
    return None


async def _end(running: Mapping[asyncio.Task[None], str], grace: float) -> None:
    _, late = await asyncio.wait(running, timeout=grace)
    for task in late:
        log.warning("part.cancelled", part=running[task])
        task.cancel()
    ended = await asyncio.gather(*running, return_exceptions=True)
    for name, outcome in zip(running.values(), ended, strict=True):
        if isinstance(outcome, Exception):
            log.warning("part.ended_badly", part=name, error=str(outcome))


@contextmanager
def stopped_by_signals() -> Iterator[asyncio.Event]:
    """An event that SIGTERM and SIGINT set; a second signal does what it always does."""
    stop, loop = asyncio.Event(), asyncio.get_running_loop()

    def told(number: int) -> None:
        log.info("process.stopping", signal=signal.Signals(number).name)
        stop.set()
        loop.remove_signal_handler(number)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told, number)
    try:
        yield stop
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
