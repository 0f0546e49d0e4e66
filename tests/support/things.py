"""Things and what happens to them: a read model and effects for the tests of readers."""

from collections.abc import Mapping, Sequence
from uuid import uuid4

import pytest

from chassis.consumer import Received, Subscription
from chassis.db import Database, Tx
from tests.support.messaging import headers, value

CHANGED = "thing.changed.v1"
HAPPENED = "thing.happened.v1"


@pytest.fixture
async def things(database: Database) -> Database:
    """A read model of things, and a list of what happened."""
    async with database.transaction() as tx:
        await tx.execute("create table thing (key text primary key, version int, name text)")
        await tx.execute("create table effect (key text, n int, place bigserial)")
    return database


UPSERT = """
insert into thing select distinct on (key) key, version, name
from unnest($1::text[], $2::int[], $3::text[]) as new (key, version, name)
order by key, version desc
on conflict (key) do update set version = excluded.version, name = excluded.name
    where excluded.version > thing.version
"""


async def project(tx: Tx, events: Sequence[Received]) -> None:
    if any(event.payload.get("name") == "poison" for event in events):
        raise KeyError("poison")
    await tx.execute(
        UPSERT,
        [event.key for event in events],
        [event.payload["version"] for event in events],
        [event.payload.get("name") for event in events],
    )


async def react(tx: Tx, event: Received) -> None:
    await tx.execute("insert into effect values ($1, $2)", event.key, event.payload["n"])


def subscription(topic: str, **changes: object) -> Subscription:
    fields: dict[str, object] = {
        "projections": {CHANGED: project},
        "reactions": {HAPPENED: react},
        "read_model": ["public.thing"],
    }
    group = str(changes.pop("group", f"group-{uuid4().hex[:8]}"))
    return Subscription(group, [topic], **{**fields, **changes})


def changed(key: str, version: int, name: str = "") -> dict[str, object]:
    payload = {"version": version, "name": name}
    return {"key": key.encode(), "value": value(payload), "headers": headers(CHANGED)}


def happened(key: str, n: int, event=None) -> dict[str, object]:
    return {"key": key.encode(), "value": value({"n": n}), "headers": headers(HAPPENED, event)}


async def things_are(database: Database, expected: Mapping[str, int]) -> None:
    async with database.reader() as reader:
        rows = await reader.fetch("select key, version from thing")
    assert {row["key"]: row["version"] for row in rows} == expected


async def effects_are(database: Database, expected: Sequence[tuple[str, int]]) -> None:
    async with database.reader() as reader:
        rows = await reader.fetch("select key, n from effect order by key, n")
    assert [tuple(row) for row in rows] == list(expected)


def wrong(**changes: object) -> dict[str, object]:
    return {**changed("x", 1), **changes}
