"""Working while every child lives."""

import asyncio
from collections.abc import Coroutine
from typing import TypeVar

from cqrs.supervisor.children import Children

T = TypeVar("T")

_EVERY = 0.1
_DEATH_SHOWS = 0.3
"""Seconds after which a child whose connection broke is known to be dead."""


async def watched(children: Children, work: Coroutine[None, None, T]) -> T:
    """Do the work, unless a child dies; a failure that comes of a death is told as the death."""
    watching, working = asyncio.create_task(_watch(children)), asyncio.create_task(work)
    try:
        await asyncio.wait({watching, working}, return_when=asyncio.FIRST_COMPLETED)
        if working.done() and working.exception():
            await asyncio.sleep(_DEATH_SHOWS)
            children.watch()
        if watching.done():
            watching.result()
        return working.result()
    finally:
        for task in (watching, working):
            task.cancel()
        await asyncio.gather(watching, working, return_exceptions=True)


async def _watch(children: Children) -> None:
    while True:
        children.watch()
        await asyncio.sleep(_EVERY)
