"""Recording events beside the change they tell of."""

# ruff: noqa: PT012 - a transaction is a block

from datetime import UTC, datetime
from decimal import Decimal

import asyncpg
import pytest

from chassis import outbox
from chassis.db import Database
from chassis.outbox import Event
from chassis.trace import traceparent

AT = datetime(2025, 4, 1, 9, tzinfo=UTC)


def offer(n: int, **payload: object) -> Event:
    return Event("offer.made.v1", "participation.offer", f"o{n}", {"version": n, **payload})


async def rows(database: Database) -> list[asyncpg.Record]:
    async with database.reader() as reader:
        return await reader.fetch("select * from chassis.outbox order by position")


async def test_events_are_recorded_in_their_order(database):
    async with database.transaction() as tx:
        await outbox.record(tx, [offer(n) for n in range(50)], at=AT)

    assert [row["payload"]["version"] for row in await rows(database)] == list(range(50))


async def test_a_row_has_the_columns_of_debeziums_event_router(database):
    token = traceparent.set("00-" + "a" * 32 + "-" + "b" * 16 + "-01")
    async with database.transaction() as tx:
        await outbox.record(tx, [offer(1, pounds=Decimal("1.50"))], at=AT)
    traceparent.reset(token)

    (row,) = await rows(database)
    assert (row["aggregatetype"], row["aggregateid"]) == ("participation.offer", "o1")
    assert row["type"] == "offer.made.v1"
    assert row["payload"] == {"version": 1, "pounds": "1.50"}
    assert row["headers"] == {
        "ce_source": "test",
        "ce_time": "2025-04-01T09:00:00+00:00",
        "traceparent": "00-" + "a" * 32 + "-" + "b" * 16 + "-01",
    }


async def test_an_undone_transaction_leaves_no_event(database):
    with pytest.raises(KeyError):
        async with database.transaction() as tx:
            await outbox.record(tx, [offer(1)], at=AT)
            raise KeyError

    assert await rows(database) == []


async def test_an_event_too_large_is_refused_with_its_change(database):
    with pytest.raises(asyncpg.CheckViolationError, match="outbox_payload_is_small"):
        async with database.transaction() as tx:
            await outbox.record(tx, [offer(1, note="x" * 3_000)], at=AT)

    assert await rows(database) == []


async def test_a_state_topic_carries_states_of_any_size(database):
    whole = Event(
        "quality-service.published.v1",
        "participation.quality-service",
        "q",
        {
            "specification": "x" * 100_000,
        },
    )
    async with database.transaction() as tx:
        await outbox.record(tx, [whole], at=AT)

    assert len(await rows(database)) == 1
