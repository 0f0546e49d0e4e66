"""How long 10,000 offers take in one command, beside the bare statements for the same rows.

    python -m tests.benchmarks.bulk_offers [--offers N]

Prints figures, fails on none.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from chassis.db import Database
from chassis.ids import new_id
from chassis.migrate import CHASSIS, migrate
from cqrs.embedded.postgres import Postgres
from nhs.roles import Role
from services.participation.app import SERVICE
from services.participation.offers.commands import deciding, making
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.deciding import Choice
from services.participation.offers.commands.making import (
    NewOffers,
    ProvidersChoice,
    ProvidersFilter,
)
from services.participation.offers.domain.looking import OfferFilter
from services.participation.offers.domain.offer import Status
from tests.services.participation.conftest import DUE, NOW, QOF, Participation, england, person

_PRACTICES = """
insert into directory.organisation (ods_code, version, kind, name, status)
select 'P' || n, 1, 'PRACTICE', 'Practice ' || n, 'ACTIVE' from generate_series(10001, 10000 + $1) n
"""
_COMMISSIONED = """
insert into directory.relationship (id, kind, source, target, valid_from)
select gen_random_uuid(), 'COMMISSIONED_BY', 'P' || n, '00L', date '2013-04-01'
from generate_series(10001, 10000 + $1) n
"""


def say(text: str) -> None:
    sys.stdout.write(text + "\n")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--offers", type=int, default=10_000)
    asyncio.run(_measure(parser.parse_args().offers))


async def _measure(offers: int) -> None:
    async with _database() as database:
        await england(database)
        async with database.transaction() as tx:
            await tx.execute(_PRACTICES, offers)
            await tx.execute(_COMMISSIONED, offers)
        await Participation(database).publish()
        ask = Ask(person("ENG", Role.COMMISSIONING_MANAGEMENT), NOW)
        everybody = NewOffers(QOF, DUE, providers=ProvidersChoice(filter=ProvidersFilter()))
        looking = making.create_offers(database, replace(ask, dry_run=True), everybody)
        shown = await _timed("createOffers, dry run", looking)
        new = replace(everybody, providers=ProvidersChoice(selection=shown.selection))
        made = await _timed("createOffers", making.create_offers(database, ask, new))
        shown = await _timed("withdrawOffers, dry run", _withdraw_all(database, ask))
        chosen = Choice(selection=shown.selection)
        withdrawing = deciding.withdraw_offers(database, ask, chosen, None)
        done = await _timed("withdrawOffers", withdrawing)
        say(f"{len(made.done)} made, {len(done.done)} withdrawn, one event each")
        await _bare(database)


async def _withdraw_all(database, ask):
    everything = Choice(filter=OfferFilter(status=[Status.OFFERED]))
    dry = replace(ask, dry_run=True)
    return await deciding.withdraw_offers(database, dry, everything, None)


async def _bare(database) -> None:
    """An UPDATE of the same rows, and a COPY of as many events and history rows."""
    async with database.transaction() as tx:
        outbox = await tx.fetch(
            "select id, aggregatetype, aggregateid, type, payload, headers, bounded"
            " from chassis.outbox where type = 'offer.withdrawn.v1'"
        )
        history = await tx.fetch("select * from offer_history where what = 'WITHDRAWN'")
        await tx.execute("delete from chassis.outbox where type = 'offer.withdrawn.v1'")
        await tx.execute("delete from offer_history where what = 'WITHDRAWN'")
    await _timed("bare UPDATE and COPY", _written(database, outbox, history))


async def _written(database, outbox, history) -> None:
    async with database.transaction() as tx:
        await tx.execute("update offer set version = version + 1")
        for schema, table, rows in (
            ("public", "offer_history", history),
            ("chassis", "outbox", outbox),
        ):
            columns = list(rows[0].keys())
            await tx.copy(table, columns=columns, records=map(tuple, rows), schema=schema)


async def _timed(what: str, work):
    began = time.perf_counter()
    answer = await work
    say(f"{what:<26}{time.perf_counter() - began:6.2f} s")
    return answer


@asynccontextmanager
async def _database() -> AsyncIterator[Database]:
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            name = f"bench_{new_id().hex}"
            dsn = server.create_database(name, owner="bench", password="bench")
            await migrate(dsn, [CHASSIS, *SERVICE.migrations])
            database = await Database.connect(dsn, name="bench")
            yield database
            await database.close()
        finally:
            server.stop()


if __name__ == "__main__":
    main()
