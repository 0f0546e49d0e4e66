"""How soon a subscriber hears of what was committed in another service.

    python -m tests.benchmarks.live [--subscribers N] [--seconds S] [--rate R]

Another service's outbox and relay, the embedded broker, notifications and the gateway, each a
process of its own; people listen through the gateway. Prints figures, fails on none.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import quantiles

import aiohttp
import uvloop

from chassis import outbox
from chassis.db import Database
from chassis.ids import new_id
from chassis.kafka import Kafka
from chassis.migrate import CHASSIS, migrate
from chassis.outbox import Event
from chassis.relay import Relay
from chassis.topics import declared_topics, with_dead
from cqrs.embedded.broker import Broker
from cqrs.embedded.ports import free_port
from cqrs.embedded.postgres import Postgres
from nhs.roles import OrganisationKind, Role
from services.notifications.app import MIGRATIONS
from tests.support.directory import have_organisation, have_person
from tests.support.eventually import eventually
from tests.support.issuer import TestIssuer
from tests.support.listening import Listening, listening

UPDATES = "subscription { messageUpdates { number message { id subject count } } }"
BULK = 1_000
TOPIC = "participation.offer"


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--rate", type=float, default=40)
    uvloop.run(_measure(parser.parse_args()))


async def _measure(given: argparse.Namespace) -> None:
    issuer = TestIssuer()
    runner = await issuer.start()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        postgres = Postgres.start(Path(folder))
        topics = with_dead(declared_topics(), frozenset({"notifications"}))
        broker = Broker.start({topic.name: topic.partitions for topic in topics})
        try:
            async with _system(postgres, broker, issuer, folder) as gateway:
                await _tell(postgres, broker, Listeners(gateway, issuer, given.subscribers), given)
        finally:
            broker.stop()
            postgres.stop()
            await runner.cleanup()


async def _tell(
    postgres: Postgres, broker: Broker, listeners: "Listeners", given: argparse.Namespace
) -> None:
    dsn = postgres.create_database("sender", "sender", "sender")
    await migrate(dsn, [CHASSIS])
    sender = await Database.connect(dsn, name="participation")
    kafka = Kafka(broker.bootstrap, fetch_max_wait_ms=20, forgetful=True)
    async with _relaying(dsn, kafka):
        async with listeners.listening() as streams:
            await _singly(sender, streams, int(given.seconds * given.rate), given.rate)
        async with listeners.listening() as streams:
            await _together(sender, streams)
    await sender.close()


@dataclass
class Listeners:
    """People with one stream each, through the gateway."""

    gateway: str
    issuer: TestIssuer
    count: int

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[list[Listening]]:
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(
                    listening(self.gateway, UPDATES, token=self.issuer.token(f"person-{n}"))
                )
                for n in range(self.count)
            ]
            for stream in streams:
                await stream.data()  # where it begins
            yield streams


async def _singly(sender: Database, streams: Sequence[Listening], count: int, rate: float) -> None:
    """Commits that concern one person each."""
    committed: list[asyncio.Queue[float]] = [asyncio.Queue() for _ in streams]
    delays: list[float] = []
    heard = [
        asyncio.create_task(_hear(stream, times, delays))
        for stream, times in zip(streams, committed, strict=True)
    ]
    for turn in range(count):
        n = turn % len(streams)
        await _commit(sender, [n])
        committed[n].put_nowait(time.perf_counter())
        await asyncio.sleep(1 / rate)
    await eventually(lambda: _all(delays, count), 60)
    _report(f"{count} commits, at most {rate:g} a second, {len(streams)} streams", delays)
    for task in heard:
        task.cancel()


async def _together(sender: Database, streams: Sequence[Listening]) -> None:
    """One commit that concerns all of them, several times each."""
    each = BULK // len(streams)
    await _commit(sender, [n for n in range(len(streams)) for _ in range(each)])
    began = time.perf_counter()

    async def last(stream: Listening) -> float:
        while (await stream.data())[1]["messageUpdates"]["message"]["count"] < each:
            pass
        return time.perf_counter() - began

    delays = await asyncio.gather(*[last(stream) for stream in streams])
    _report(f"one commit of {each * len(streams)} offers, until all of it was told", delays)


async def _hear(stream: Listening, committed: "asyncio.Queue[float]", delays: list[float]) -> None:
    while True:
        await stream.data()
        now = time.perf_counter()
        delays.append(now - await committed.get())


def _all(delays: list[float], count: int) -> None:
    assert len(delays) == count


def _report(what: str, delays: list[float]) -> None:
    cuts = quantiles(delays, n=100)
    say(
        f"{what}: p50 {cuts[49] * 1000:.0f} ms, p95 {cuts[94] * 1000:.0f} ms,"
        f" p99 {cuts[98] * 1000:.0f} ms, longest {max(delays) * 1000:.0f} ms"
    )


async def _commit(sender: Database, people: list[int]) -> None:
    action = str(new_id())
    async with sender.transaction() as tx:
        await outbox.record(tx, [_offer(n, action) for n in people], at=datetime.now(UTC))


def _offer(person: int, action: str) -> Event:
    identity = str(new_id())
    payload = {
        "id": identity,
        "version": 1,
        "quality_service": "QOF2526/1",
        "payment_type": "QOF",
        "provider": f"P{person:05}",
        "commissioner": "QZ9",
        "at": datetime.now(UTC).isoformat(),
        "action": action,
    }
    return Event("offer.withdrawn.v1", TOPIC, identity, payload)


@asynccontextmanager
async def _relaying(dsn: str, kafka: Kafka) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(Relay(dsn, kafka, name="participation").run(stop))
    try:
        yield
    finally:
        stop.set()
        await running


@asynccontextmanager
async def _system(
    postgres: Postgres, broker: Broker, issuer: TestIssuer, folder: str
) -> AsyncIterator[str]:
    """Notifications with its people, and a gateway before it; answers the gateway's address."""
    dsn = postgres.create_database("notifications", "notifications", "notifications")
    await migrate(dsn, [CHASSIS, *MIGRATIONS])
    await _people(dsn, issuer)
    service, gateway = free_port(), free_port()
    settings = {
        "DATABASE_URL": dsn,
        "KAFKA": broker.bootstrap,
        "KAFKA_FORGETFUL": "1",
        "KAFKA_SESSION_TIMEOUT_MS": "2000",
        "KAFKA_FETCH_MAX_WAIT_MS": "20",
        "ISSUER": issuer.address,
        "JWKS_URL": issuer.jwks_url,
        "FILES": folder,
        "FILES_KEY": "a key for a benchmark",
        "MAIL_KEY": "another key for a benchmark",
        "LOG_LEVEL": "error",
    }
    pipe = {"SUBGRAPHS": f"notifications=http://127.0.0.1:{service}", "LOG_LEVEL": "error"}
    with (
        _process(["services.notifications", "serve"], settings | {"PORT": str(service)}),
        _process(["gateway", "serve"], pipe | {"PORT": str(gateway)}),
    ):
        await _ready(f"http://127.0.0.1:{service}")
        await eventually(lambda: _answers(f"http://127.0.0.1:{gateway}/health/live"), 30)
        yield f"http://127.0.0.1:{gateway}"


async def _ready(address: str) -> None:
    await eventually(lambda: _answers(f"{address}/health/ready"), 30)


async def _answers(url: str) -> None:
    async with aiohttp.ClientSession() as http, http.get(url) as answer:
        assert answer.status == 200


@contextmanager
def _process(module: list[str], settings: Mapping[str, str]) -> Iterator[None]:
    given = {f"CQRS_{name}": value for name, value in settings.items()}
    process = subprocess.Popen([sys.executable, "-m", *module], env={**os.environ, **given})
    try:
        yield
    finally:
        process.terminate()
        process.wait()


async def _people(dsn: str, issuer: TestIssuer) -> None:
    database = await Database.connect(dsn, name="notifications")
    async with database.transaction() as tx:
        await have_organisation(tx, "QZ9", OrganisationKind.ICB)
        for n in range(1_000):
            await have_organisation(tx, f"P{n:05}", OrganisationKind.PRACTICE)
            await have_person(tx, f"person-{n}", {f"P{n:05}": [Role.SERVICE_MANAGEMENT]})
        await tx.execute("update directory.person set issuer = $1", issuer.address)
    await database.close()


if __name__ == "__main__":
    main()
