"""How soon what changes for a practice is in its network's total.

    python -m tests.benchmarks.network_live [--changes N] [--networks N] [--rate R]

Declarations as a process of its own, with England's networks of five practices each. Values are
submitted by the real command; memberships are told by an outbox of organisations' through relay and
embedded broker. From each commit until the network's line stands on it. Prints figures, fails on
none.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import uvloop

from chassis import outbox
from chassis.auth import Identity
from chassis.db import Database
from chassis.ids import new_id
from chassis.kafka import Kafka
from chassis.migrate import CHASSIS, migrate
from chassis.outbox import Event
from chassis.topics import declared_topics, with_dead
from cqrs.embedded.broker import Broker
from cqrs.embedded.ports import free_port
from cqrs.embedded.postgres import Postgres
from nhs.directory import Principal, load_principal
from nhs.roles import Role
from services.declarations.agreements import commands as agreements
from services.declarations.app import MIGRATIONS_OF_ALL
from services.declarations.submissions import commands as submissions
from services.declarations.submissions.commands import Recording
from services.declarations.submissions.domain import Given
from tests.benchmarks.live import _process, _ready, _relaying, _report
from tests.services.declarations.network import Network, ncd
from tests.services.declarations.period import offer
from tests.support.directory import ISSUER, have_person
from tests.support.eventually import eventually
from tests.support.issuer import TestIssuer

ACHIEVED_ON, EVER = date(2025, 3, 31), date(2020, 4, 1)
EACH = 5
"""Practices of a network."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--changes", type=int, default=300)
    parser.add_argument("--networks", type=int, default=1_275)
    parser.add_argument("--rate", type=float, default=20, help="changes a second")
    uvloop.run(_measure(parser.parse_args()))


async def _measure(given: argparse.Namespace) -> None:
    issuer = TestIssuer()
    runner = await issuer.start()
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        postgres = Postgres.start(Path(folder))
        topics = with_dead(declared_topics(), frozenset({"declarations"}))
        broker = Broker.start({topic.name: topic.partitions for topic in topics})
        try:
            async with _declarations(postgres, broker, issuer, folder, given.networks) as england:
                await _change(postgres, broker, england, given)
        finally:
            broker.stop()
            postgres.stop()
            await runner.cleanup()


async def _change(
    postgres: Postgres, broker: Broker, england: "England", given: argparse.Namespace
) -> None:
    dsn = postgres.create_database("organisations", "organisations", "organisations")
    await migrate(dsn, [CHASSIS])
    organisations = await Database.connect(dsn, name="organisations")
    kafka = Kafka(broker.bootstrap, fetch_max_wait_ms=20, forgetful=True)
    async with _relaying(dsn, kafka):
        await _repeat("values", england, given, england.submit)
        move = england.moves(organisations)
        await _repeat("memberships, leaving and joining", england, given, move)
    await organisations.close()


async def _repeat(what: str, england: "England", given: argparse.Namespace, change: Any) -> None:
    """So many changes a second, one network after the other; each until it is in the total."""
    waiting = []
    for turn in range(given.changes):
        waiting.append(asyncio.create_task(change(turn)))
        await asyncio.sleep(1 / given.rate)
    delays = list(await asyncio.gather(*waiting))
    counted = f"{given.changes} changes of {what}, {given.rate:g} a second"
    _report(f"{counted}, {england.networks} networks", delays)


@dataclass
class England:
    db: Database
    networks: int
    principal: Principal
    denominators: dict[int, int] = field(default_factory=dict)

    def network(self, turn: int) -> int:
        """Networks take turns, far apart."""
        return turn * 7 % self.networks

    async def submit(self, turn: int) -> float:
        """HI03 of a practice, by its commissioner on its behalf."""
        number = self.network(turn)
        denominator = 101 + turn
        (hi03,) = [i for i in ncd().indicators if i.code == "HI03"]
        given = tuple(
            Given(1, "HI03", str(name), str(value))
            for name, value in ((hi03.numerator, 70), (hi03.denominator, denominator))
        )
        recording = Recording(("NCD2425", ACHIEVED_ON, practice(number, 0)), "HI", given)
        async with self.db.transaction() as tx:
            done = await submissions.record(
                tx, self.principal, recording, draft=False, now=datetime.now(UTC)
            )
        begun = time.perf_counter()
        assert done.changed, done.problems
        self.denominators[number] = denominator + 100 * (EACH - 1)
        await self.stands(number)
        return time.perf_counter() - begun

    def moves(self, organisations: Database) -> Any:
        async def move(turn: int) -> float:
            """The last practice of a network leaves it, in another turn of the network joins."""
            number = self.network(turn)
            before = self.denominators.get(number, 100 * EACH)
            gone = before < 100 * EACH
            last = None if gone else "2025-01-31"
            told = _organisation(practice(number, EACH - 1), network(number), last, turn + 2)
            async with organisations.transaction() as tx:
                await outbox.record(tx, [told], at=datetime.now(UTC))
            begun = time.perf_counter()
            self.denominators[number] = before + (100 if gone else -100)
            await self.stands(number)
            return time.perf_counter() - begun

        return move

    async def stands(self, number: int) -> None:
        """Until the network's HI03 has the sum it should have."""
        wanted = self.denominators[number]
        while True:
            async with self.db.reader() as reader:
                found = await reader.fetchval(_TOTAL, network(number))
            if found == wanted:
                return
            await asyncio.sleep(0.005)


_TOTAL = """
select l.denominator from declaration d
join calculation_line l on l.declaration_id = d.id and l.version = d.calculation_version
where d.provider = $1 and d.indicator = 'HI03'
"""


def network(number: int) -> str:
    return f"U{number:05}"


def practice(number: int, place: int) -> str:
    return f"B{number * EACH + place:05}"


def _organisation(code: str, pcn: str, last: str | None, version: int) -> Event:
    def related(kind: str, target: str, first: str, last: str | None = None) -> dict[str, Any]:
        days = {"valid_from": first, "valid_to": last}
        return {"id": str(new_id()), "kind": kind, "target": target, **days}

    payload = {
        "ods_code": code,
        "version": version,
        "kind": "PRACTICE",
        "name": code,
        "status": "ACTIVE",
        "list_sizes": [{"on": ACHIEVED_ON.isoformat(), "patients": 9_000}],
        "relationships": [
            related("COMMISSIONED_BY", "16C", EVER.isoformat()),
            related("MEMBER_OF", pcn, EVER.isoformat(), last),
        ],
    }
    return Event("organisation.changed.v1", "organisations.organisation", code, payload)


@asynccontextmanager
async def _declarations(
    postgres: Postgres, broker: Broker, issuer: TestIssuer, folder: str, networks: int
) -> AsyncIterator[England]:
    """The service with everything calculated."""
    dsn = postgres.create_database("declarations", "declarations", "declarations")
    await migrate(dsn, [CHASSIS, *MIGRATIONS_OF_ALL])
    database = await Database.connect(dsn, name="benchmark", pool_size=20)
    await _england(database, Path(folder), networks)
    port = free_port()
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
        "PORT": str(port),
        "LOG_LEVEL": "error",
    }
    with _process(["services.declarations", "serve"], settings):
        await _ready(f"http://127.0.0.1:{port}")
        await eventually(lambda: _calculated(database, networks), 300)
        async with database.transaction() as tx:
            await tx.execute("analyze")  # as autovacuum will have done
        async with database.reader() as reader:
            now = datetime.now(UTC)
            principal = await load_principal(reader, Identity(ISSUER, "on behalf"), None, now)
        yield England(database, networks, principal)
    await database.close()


async def _calculated(database: Database, networks: int) -> None:
    async with database.reader() as reader:
        waiting = "select count(*) from declaration where status = 'AWAITING_PROVIDER_APPROVAL'"
        assert await reader.fetchval(waiting) == networks * len(ncd().indicators)


async def _england(database: Database, folder: Path, networks: int) -> None:
    small = Network(database, folder)
    await small.begin()
    await small.figures()
    pcns = [network(number) for number in range(networks)]
    practices = {practice(n, place): pcns[n] for n in range(networks) for place in range(EACH)}
    async with database.transaction() as tx:
        await have_person(tx, "on behalf", {"QHM": [Role.ACHIEVEMENT_ENTRY]})
        for statement in _FORGET:
            await tx.execute(statement)
        for codes, kind in ((pcns, "PCN"), (list(practices), "PRACTICE")):
            await tx.execute(_ORGANISATIONS, codes, kind)
            await tx.execute(_RELATED, codes, ["16C"] * len(codes), "COMMISSIONED_BY")
        await tx.execute(_RELATED, list(practices), list(practices.values()), "MEMBER_OF")
        await tx.execute(_LISTS, list(practices))
        await tx.execute(_VALUES, list(practices))
        await agreements.keep_offers(tx, [_accepted(code, "NCD2425", "DES") for code in pcns])
        await agreements.keep_offers(tx, [_accepted(code, "NCDP2425") for code in practices])


def _accepted(code: str, line: str, payment_type: str | None = None) -> dict[str, Any]:
    about = {"quality_service": f"{line}/1", "service_code": line, "payment_type": payment_type}
    return offer(code, **about, starts_on="2024-04-01", ends_on="2025-03-31")


_FORGET = (
    "delete from offer",
    "delete from directory.organisation where kind in ('PCN', 'PRACTICE')",
)
_ORGANISATIONS = """
insert into directory.organisation (ods_code, version, kind, name, status)
select code, 1, $2, code, 'ACTIVE' from unnest($1::text[]) as code
"""
_RELATED = """
insert into directory.relationship (id, kind, source, target, valid_from)
select gen_random_uuid(), $3, source, target, date '2020-04-01'
from unnest($1::text[], $2::text[]) as r (source, target)
"""
_LISTS = """
insert into directory.list_size (ods_code, counted_on, patients)
select code, date '2025-03-31', 9000 from unnest($1::text[]) as code
"""
_VALUES = """
insert into achievement_value (service_code, achievement_date, provider, indicator, numerator,
    denominator, how, submitted_by, submitted_at, submission_id, loaded_by, loaded_at)
select 'NCD2425', date '2025-03-31', code, indicator, 70, 100, 'MANUAL', 'made up',
    timestamp '2025-04-01', gen_random_uuid(), gen_random_uuid(), now()
from unnest($1::text[]) as code, unnest(array['HI03', 'CAN04']) as indicator
"""


if __name__ == "__main__":
    sys.exit(main())
