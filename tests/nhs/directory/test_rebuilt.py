"""The read model that other services keep: by events, or made anew from the topics while they flow.

The topics here are the test's own, so that the tests of a process do not read each other's events.
"""

import asyncio
from datetime import date
from itertools import cycle
from uuid import UUID, uuid4

import pytest

from chassis.consumer import Subscription
from chassis.db import Database
from chassis.kafka import Kafka
from chassis.outbox import Event
from chassis.rebuild import rebuild
from nhs.directory.projections import PROJECTIONS, READ_MODEL
from tests.support.eventually import eventually
from tests.support.messaging import reading, record, relaying

ORGANISATION, PERSON = PROJECTIONS
PRACTICES = [f"A8{n:04}" for n in range(12)]
PEOPLE = [UUID(int=n) for n in range(6)]
FEWEST = 10
"""Rounds of events, at least; the last some come when the model has been made anew."""


@pytest.fixture
def kafka(broker):
    return Kafka(broker.bootstrap, session_timeout_ms=2_000, fetch_max_wait_ms=20, forgetful=True)


@pytest.fixture
def subscription():
    topics = [f"test-{uuid4().hex[:8]}" for _ in range(2)]
    return Subscription(
        f"group-{uuid4().hex[:8]}", topics, projections=PROJECTIONS, read_model=READ_MODEL
    )


def practice(topic, code, version):
    """In one network after another, each move at the turn of a month."""
    moves = [date(2020 + n // 12, n % 12 + 1, 1) for n in range(version % 6 + 1)]
    spans = zip(moves, [*moves[1:], None], cycle(("U00001", "U00002")), strict=False)
    payload = {
        "ods_code": code,
        "version": version,
        "kind": "PRACTICE",
        "name": f"Practice {code}, version {version}",
        "status": "ACTIVE",
        "list_sizes": [{"on": "2026-01-01", "patients": 9_000 + version}],
        "payees": [{"payee": code, "valid_from": "2020-01-01", "valid_to": None}],
        "relationships": [
            {
                "id": str(uuid4()),
                "kind": "MEMBER_OF",
                "target": network,
                "valid_from": str(first),
                "valid_to": None if until is None else str(until.replace(day=1)),
            }
            for first, until, network in spans
        ],
    }
    return Event(ORGANISATION, topic, code, payload)


def person(topic, id_, version):
    roles = [{"role": "VIEW"}, {"role": "SERVICE_MANAGEMENT"}][: 1 + version % 2]
    payload = {
        "id": str(id_),
        "version": version,
        "issuer": "https://issuer.example",
        "subject": f"person {id_.int}",
        "status": "ACTIVE" if version % 5 else "DISABLED",
        "links": [{"organisation": PRACTICES[(id_.int + version) % 12], "roles": roles}],
    }
    return Event(PERSON, topic, str(id_), payload)


async def flow(database, topics, rebuilt):
    """Everything changes again and again; answers the version it ends with.

    At a pace: the embedded broker drops the oldest of what comes faster than it can be read.
    """
    organisations, people = topics
    version, last = 0, None
    while version != last:
        version += 1
        events = [practice(organisations, code, version) for code in PRACTICES]
        await record(database, events + [person(people, one, version) for one in PEOPLE])
        if last is None and rebuilt.is_set():
            last = version + FEWEST
        await asyncio.sleep(0.02)
    return version


async def kept(database):
    """The whole read model."""
    async with database.reader() as reader:
        return {
            table: sorted(map(repr, await reader.fetch(f"select * from {table}")))  # noqa: S608 - ours
            for table in READ_MODEL
        }


async def newest(database, version):
    async with database.reader() as reader:
        for table, number in (("organisation", len(PRACTICES)), ("person", len(PEOPLE))):
            sql = f"select version from directory.{table}"  # noqa: S608 - ours
            versions = await reader.fetch(sql)
            assert [row["version"] for row in versions] == [version] * number


async def begun(database):
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from directory.relationship") > 20


async def spoil(database):
    """A row no event accounts for, one from the future, one gone."""
    async with database.transaction() as tx:
        await tx.execute(
            "insert into directory.organisation (ods_code, version, kind, name, status)"
            " values ('GHOST', 1, 'PRACTICE', 'Nobody', 'ACTIVE')"
        )
        await tx.execute(
            "update directory.organisation set version = 1000 where ods_code = $1", PRACTICES[0]
        )
        await tx.execute("delete from directory.person where subject = 'person 3'")


@pytest.fixture
async def heard_twice(new_database, migrations):
    databases = [
        await Database.connect(await new_database(migrations), name="test") for _ in range(2)
    ]
    yield databases
    for one in databases:
        await one.close()


async def test_rebuilt_while_events_flow_it_is_what_events_alone_have_made_of_it(
    database, dsn, heard_twice, kafka, subscription
):
    by_events, made_anew = heard_twice
    other = Subscription(
        f"{subscription.group}-anew",
        subscription.topics,
        projections=PROJECTIONS,
        read_model=READ_MODEL,
    )
    async with (
        relaying(dsn, kafka),
        reading(by_events, subscription, kafka),
        reading(made_anew, other, kafka),
    ):
        rebuilt = asyncio.Event()
        flowing = asyncio.create_task(flow(database, subscription.topics, rebuilt))
        await eventually(lambda: begun(made_anew))
        await spoil(made_anew)
        await rebuild(made_anew, other, kafka)
        rebuilt.set()
        last = await flowing
        await eventually(lambda: newest(by_events, last))
        await eventually(lambda: newest(made_anew, last))
    assert await kept(made_anew) == await kept(by_events)
