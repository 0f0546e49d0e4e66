"""Payments to act on: declared, approved, and what a finance system says of them."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.requests import Request

from chassis.clock import Clock
from chassis.consumer import Received
from chassis.download import Downloads
from chassis.handling import take
from chassis.ids import new_id
from chassis.jobs import run_jobs
from services.declarations.app import SERVICE, SUBSCRIPTION
from tests.services.declarations.period import PRACTICES, Period
from tests.support.eventually import eventually

SETTLED_AT = datetime(2026, 6, 30, 6, tzinfo=UTC)
POUNDS = "37227.05"
"""What the worked values are worth to each practice."""

_PAYMENTS = """{ payments { edges { node { id version status amount provider { odsCode }
    declaration { id version history { action notes } }
    entries { id kind amount status statusAt reference failure narrative } } } } }"""


async def finance_approved(period: Period, *providers: str) -> list[Any]:
    """The payments of these, finance-approved."""
    await period.calculated(*providers)
    for code in providers:
        who = "practice" if code == PRACTICES[0] else "other practice"
        await period.declare(who, [await period.of(code)])
    for who in ("approver", "finance"):
        await period.approve(who, [await period.of(code) for code in providers])
    return await payments(period)


async def payments(period: Period, who: str = "finance") -> list[Any]:
    data = await period.ask(who, _PAYMENTS)
    return [edge["node"] for edge in data["payments"]["edges"]]


def report(kind: str, entry: str | None, **more: Any) -> Received:
    """`payment.<kind>.v1` as a finance system writes it."""
    payload = {"entry_id": entry, "at": SETTLED_AT.isoformat(), "another": "field"} | more
    topic, key = "finance.payment-status", str(entry)
    time = SETTLED_AT
    return Received(new_id(), f"payment.{kind}.v1", "finance", time, topic, 0, 0, key, payload)


async def hear(period: Period, events: Sequence[Received]) -> None:
    """As the reader does: each event once, all in one transaction."""
    async with period.db.transaction() as tx:
        await take(tx, SUBSCRIPTION, events)


async def fetched(period: Period, path: str) -> bytes:
    """A file by its signed path, as the service answers it."""
    url = urlsplit(path)
    name, form = url.path.rsplit("/", 1)[1].split(".")
    scope = {
        "type": "http",
        "method": "GET",
        "path": url.path,
        "query_string": url.query.encode(),
        "path_params": {"name": name, "form": form},
        "headers": [],
    }
    downloads = Downloads(
        service=SERVICE,
        database=period.db,
        clock=Clock(lambda: period.now),
        files=period.files(),
    )
    response = await downloads.answer(Request(scope))
    sent: list[bytes] = []

    async def send(message: Any) -> None:
        sent.append(message.get("body", b""))

    async def receive() -> Any:
        return await asyncio.Event().wait()

    await response(scope, receive, send)
    assert response.status_code == 200, sent
    return b"".join(sent)


async def work(period: Period, workers: int = 1) -> None:
    """All jobs that were asked for are done, by so many workers."""
    stop, clock = asyncio.Event(), Clock(lambda: period.now)
    running = [
        asyncio.create_task(run_jobs(period.db, SERVICE.jobs, stop, clock=clock))
        for _ in range(workers)
    ]

    async def done() -> None:
        async with period.db.reader() as reader:
            waiting = "select count(*) from chassis.job where status in ('WAITING', 'RUNNING')"
            assert await reader.fetchval(waiting) == 0

    await eventually(done)
    stop.set()
    await asyncio.gather(*running)
