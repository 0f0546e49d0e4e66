"""How fast the relay is, beside faststream-outbox on the same broker, database and rows.

    python -m tests.benchmarks.relay [--rows N] [--peer PYTHON]

PYTHON is the interpreter of an environment of its own that has `faststream-outbox[asyncpg]`,
`faststream[kafka]` and `uvloop`; without it only our relay runs. Prints figures, fails on none.
"""

import argparse
import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import uvloop
from aiokafka import AIOKafkaConsumer, TopicPartition

from chassis import outbox
from chassis.db import Database
from chassis.kafka import Kafka
from chassis.migrate import CHASSIS, migrate
from chassis.outbox import Event
from chassis.relay import Relay
from cqrs.embedded.broker import Broker
from cqrs.embedded.postgres import Postgres

PARTITIONS = 32
KEYS = 200
FILLING = "x" * 940  # about 1 kB a row, as events are
PEER = Path(__file__).parent / "relay_peer.py"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=60_000)
    parser.add_argument("--peer", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        postgres = Postgres.start(Path(folder))
        broker = Broker.start({"ours": PARTITIONS, "peers": PARTITIONS})
        try:
            report("our relay", "ours", uvloop.run(ours(postgres, broker, given.rows)), broker)
            if given.peer:
                report("faststream-outbox", "peers", peers(postgres, broker, given), broker)
        finally:
            broker.stop()
            postgres.stop()


def report(who: str, topic: str, figures: tuple[int, float], broker: Broker) -> None:
    rows, seconds = figures
    sent, late = uvloop.run(order(broker, topic))
    sys.stdout.write(
        f"{who:20} {rows:7,} rows {seconds:7.2f} s {rows / seconds:9,.0f} rows/s"
        f"   on the topic {sent:,}, after a newer one of their key {late:,}\n"
    )


async def ours(postgres: Postgres, broker: Broker, rows: int) -> tuple[int, float]:
    dsn = postgres.create_database("ours", "ours", "ours")
    await migrate(dsn, [CHASSIS])
    database = await Database.connect(dsn, name="benchmark")
    await fill(database, rows)
    stop = asyncio.Event()
    began = time.perf_counter()
    relay = asyncio.create_task(Relay(dsn, Kafka(broker.bootstrap), name="benchmark").run(stop))
    await empty(dsn)
    seconds = time.perf_counter() - began
    stop.set()
    await relay
    await database.close()
    return rows, seconds


async def fill(database: Database, rows: int) -> None:
    for start in range(0, rows, 1_000):
        events = [
            Event("offer.made.v1", "ours", key(n), {"n": n, "note": FILLING})
            for n in range(start, min(start + 1_000, rows))
        ]
        async with database.transaction() as tx:
            await outbox.record(tx, events, at=datetime.now(UTC))


def key(n: int) -> str:
    return f"00000000-0000-7000-8000-{n % KEYS:012}"


async def empty(dsn: str) -> None:
    connection = await asyncpg.connect(dsn)
    while await connection.fetchval("select true from chassis.outbox limit 1"):
        await asyncio.sleep(0.02)
    await connection.close()


def peers(postgres: Postgres, broker: Broker, given: argparse.Namespace) -> tuple[int, float]:
    dsn = postgres.create_database("peers", "peers", "peers")
    arguments = [dsn, broker.bootstrap, "peers", str(given.rows), str(KEYS), FILLING]
    done = subprocess.run(
        [given.peer, PEER, *arguments], check=True, stdout=subprocess.PIPE, text=True
    )
    figures = json.loads(done.stdout)
    return figures["rows"], figures["seconds"]


async def order(broker: Broker, topic: str) -> tuple[int, int]:
    """Records on the topic, and those that came after a newer one of the same key."""
    settings = {"fetch_max_wait_ms": 20, "auto_offset_reset": "earliest"}
    consumer = AIOKafkaConsumer(bootstrap_servers=broker.bootstrap, **settings)
    await consumer.start()
    places = [TopicPartition(topic, n) for n in range(PARTITIONS)]
    consumer.assign(places)
    total = sum((await consumer.end_offsets(places)).values())
    newest: dict[bytes, int] = defaultdict(lambda: -1)
    seen = late = 0
    while seen < total:
        for batch in (await consumer.getmany(timeout_ms=1_000)).values():
            for record in batch:
                n = json.loads(record.value)["n"]
                late += n < newest[record.key]
                newest[record.key] = max(n, newest[record.key])
                seen += 1
    await consumer.stop()
    return seen, late


if __name__ == "__main__":
    main()
