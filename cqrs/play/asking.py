"""What several steps do with the gateway: whole lists, jobs, many people at once."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from cqrs.play.gateway import Person, document

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 8
"""People who act at the same time."""
_PAGE = 100
_PASSING = frozenset({"NOT_YET_KNOWN", "RECALCULATION_PENDING"})
_ENDED = frozenset({"DONE", "FAILED"})


class PlayError(RuntimeError):
    """The system did not do what the period needs."""


def a_key() -> str:
    """For one action, however often it is asked for."""
    return uuid4().hex


async def nodes(
    person: Person, name: str, root: str, chosen: Mapping[str, object]
) -> AsyncIterator[Mapping[str, Any]]:
    """Every node of a list, page by page."""
    after = None
    while True:
        page = await person.ask(document(name), filter=chosen, first=_PAGE, after=after)
        for edge in page[root]["edges"]:
            yield edge["node"]
        if not page[root]["pageInfo"]["hasNextPage"]:
            return
        after = page[root]["pageInfo"]["endCursor"]


async def many(things: Iterable[T], act: Callable[[T], Awaitable[R]]) -> list[R]:
    """Act on everything, a few at a time; the first failure ends it."""
    turn = asyncio.Semaphore(AT_ONCE)

    async def one(thing: T) -> R:
        async with turn:
            return await act(thing)

    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(thing)) for thing in things]
    except ExceptionGroup as failures:
        raise failures.exceptions[0] from failures
    return [task.result() for task in tasks]


async def in_bulk(person: Person, name: str, root: str, **variables: object) -> Mapping[str, Any]:
    """A bulk command of which nothing may be refused; what passes by itself is asked for again."""
    ends = time.monotonic() + person.patience
    while True:
        answer: Mapping[str, Any] = (await person.ask(document(name), **variables))[root]
        if not (refused := answer["refused"]):
            return answer
        begun = answer["done"] and not variables.get("dryRun")
        passes = all(refusal["code"] in _PASSING for refusal in refused)
        if begun or not passes or time.monotonic() > ends:
            told = "; ".join(f"{r['id']}: {r['code']} {r['message']}" for r in refused[:3])
            raise PlayError(f"{root} refused {len(refused)}: {told}")
        await asyncio.sleep(0.1)
        if variables.get("key"):
            variables["key"] = a_key()  # by the old one it would be answered the same


async def job(
    person: Person, name: str, root: str, started: str, show: Callable[[str], None]
) -> Mapping[str, Any]:
    """Wait for a job's end, and answer what it says of itself."""
    told = await follow(person, name, root, started, lambda told: show(_progress(told)))
    if told["status"] != "DONE":
        raise PlayError(f"{root} failed: {told}")
    return told


async def follow(
    person: Person, name: str, root: str, started: str, watch: Callable[[Mapping[str, Any]], None]
) -> Mapping[str, Any]:
    """Show what a job says of itself until it ends; answers its last word, DONE or FAILED."""
    while True:
        told: Mapping[str, Any] = (await person.ask(document(name), id=started))[root]
        if told["status"] in _ENDED:
            return told
        watch(told)
        await asyncio.sleep(0.1)


def _progress(told: Mapping[str, Any]) -> str:
    done = told.get("done") or told.get("stepsDone")
    total = told.get("total") or told.get("steps")
    return f"{done * 100 // total} %" if done and total else str(told["status"]).lower()


async def upload(
    person: Person,
    name: str,
    root: str,
    file: Path,
    sent: Callable[[int], None] = lambda _: None,
) -> str:
    """Ask where to, deliver, and answer the upload's id."""
    place = (await person.ask(document(name), name=file.name))[root]
    await person.put(place["path"], file, sent)
    return str(place["id"])


async def until(
    check: Callable[[], Awaitable[R]], enough: Callable[[R], bool], failing: str, patience: float
) -> R:
    """Ask until the answer is enough; events need a moment."""
    ends = time.monotonic() + patience
    while True:
        answer = await check()
        if enough(answer):
            return answer
        if time.monotonic() > ends:
            raise PlayError(f"{failing}: after {patience:.0f} seconds it was {answer!s:.300}")
        await asyncio.sleep(0.1)


def chunks(things: Sequence[T], size: int) -> Iterable[Sequence[T]]:
    return (things[start : start + size] for start in range(0, len(things), size))
