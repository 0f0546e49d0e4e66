"""faststream-outbox relaying to Kafka, tuned; run by the benchmark in an environment of its own."""

# mypy: ignore-errors
# ruff: noqa: T201 - the figures are its answer

import asyncio
import json
import sys
import time

import uvloop
from faststream.kafka import KafkaBroker, KafkaResponse
from faststream_outbox import OutboxBroker, make_outbox_table
from sqlalchemy import MetaData, text
from sqlalchemy.ext.asyncio import create_async_engine

QUEUE = "offers"


async def main(dsn: str, bootstrap: str, *, topic: str, rows: int, keys: int, filling: str) -> None:
    metadata = MetaData()
    table = make_outbox_table(metadata)
    engine = create_async_engine(dsn.replace("://", "+asyncpg://"), pool_size=20)
    async with engine.begin() as connection:
        await connection.run_sync(metadata.create_all)

    kafka = KafkaBroker(bootstrap, acks="all", enable_idempotence=True, logger=None)
    outbox = OutboxBroker(engine, outbox_table=table, logger=None)

    @kafka.publisher(topic)
    @outbox.subscriber(
        QUEUE,
        max_workers=16,
        fetch_batch_size=500,
        terminal_flush_batch_size=200,
        min_fetch_interval=0.01,
        max_fetch_interval=0.01,
    )
    async def relay(body: dict) -> KafkaResponse:
        return KafkaResponse(body, key=body["key"].encode())

    for start in range(0, rows, 1_000):
        bodies = [
            {"key": f"00000000-0000-7000-8000-{n % keys:012}", "n": n, "note": filling}
            for n in range(start, min(start + 1_000, rows))
        ]
        async with engine.begin() as connection:
            await outbox.publish_batch(*bodies, queue=QUEUE, session=connection)

    await kafka.start()
    began = time.perf_counter()
    await outbox.start()
    async with engine.connect() as connection:
        while (await connection.execute(text("select 1 from outbox limit 1"))).first():
            await asyncio.sleep(0.02)
    seconds = time.perf_counter() - began
    print(json.dumps({"rows": rows, "seconds": seconds}))
    await outbox.stop()
    await kafka.stop()
    await engine.dispose()


if __name__ == "__main__":
    given_dsn, given_bootstrap, given_topic, given_rows, given_keys, given_filling = sys.argv[1:]
    uvloop.run(
        main(
            given_dsn,
            given_bootstrap,
            topic=given_topic,
            rows=int(given_rows),
            keys=int(given_keys),
            filling=given_filling,
        )
    )
