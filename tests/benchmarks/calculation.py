"""England's calculation, lines and inputs stored, beside a bare COPY of the same lines.

    python -m tests.benchmarks.calculation [practices] [profile]

The shape of 2023/24: 76 indicators a practice. Prints figures, fails on none.
"""

import asyncio
import cProfile
import itertools
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.db import Database, Tx
from chassis.ids import new_id
from chassis.migrate import CHASSIS, migrate
from chassis.process import seldom_collect
from cqrs.embedded.postgres import Postgres
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.agreements import commands as agreements
from services.declarations.app import MIGRATIONS_OF_ALL
from services.declarations.approval import settling
from services.declarations.calculation.commands import Outcome, Subject, calculate_all
from tests.benchmarks.declarations import PRACTICES, copied, drawn, england, timed
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import ACHIEVED_ON, NOW, SERVICE_ID, Period

INDICATORS = 76
AGAIN = "AGAIN"


async def main(practices: int, *, profiled: bool) -> None:
    seldom_collect()  # as a service does
    with tempfile.TemporaryDirectory() as folder:
        server = Postgres.start(Path(folder))
        try:
            await migrate(server.dsn("postgres"), [CHASSIS, *MIGRATIONS_OF_ALL])
            database = await Database.connect(server.dsn("postgres"), name="benchmark")
            await measure(Period(database, Path(folder)), practices, profiled=profiled)
            await database.close()
        finally:
            server.stop()


async def measure(period: Period, practices: int, *, profiled: bool) -> None:
    await waiting(period, practices)
    calculating = Stopwatch()
    settling.calculate_all = calculating.calculate_all  # type: ignore[assignment, attr-defined]
    profile = cProfile.Profile()
    if profiled:
        profile.enable()
    lines = practices * INDICATORS
    await timed("calculate, drained in batches", drained(period), lines)
    profile.disable()
    sys.stdout.write(f"{'of that in calculate_all':36} {calculating.seconds:7.2f} s\n")
    await timed("read every line again", read(period.db), lines)
    await copied(period.db, "calculation_line")
    if profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(25)


class Stopwatch:
    """Adds up the seconds of calculate_all: its statements, but no histories and no events."""

    seconds = 0.0

    async def calculate_all(
        self, tx: Tx, subjects: Sequence[Subject], **how: Any
    ) -> Mapping[UUID, Outcome]:
        begun = time.perf_counter()
        outcomes = await calculate_all(tx, subjects, **how)
        self.seconds += time.perf_counter() - begun
        return outcomes


async def drained(period: Period) -> None:
    while await period.drain():
        pass


async def read(database: Database) -> None:
    async with database.reader() as reader:
        rows = await reader.fetch("table calculation_line")
    assert rows


def wide() -> QualityServiceSpecification:
    """QOF with as many indicators as 2023/24 had: some of them twice, under another code."""
    written = qof().model_dump(mode="json", by_alias=True)
    groups = [group for domain in written["domains"] for group in domain["groups"]]
    shipped = sum(len(group["indicators"]) for group in groups)
    left = INDICATORS - shipped
    for group in groups:
        again = [one | {"code": one["code"] + AGAIN} for one in group["indicators"][:left]]
        group["indicators"] = [*group["indicators"], *again]
        left -= len(again)
    return QualityServiceSpecification.model_validate(written)


async def waiting(period: Period, practices: int) -> None:
    """Declarations opened, every value there."""
    codes = [f"B{number:05}" for number in range(practices)]
    await period.begin()
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, SERVICE_ID, 2, wide())
        await england(tx, codes)
        await values(tx, codes)
        await tx.execute("delete from offer where provider not like 'B%'")
    await period.prevalence()
    while await period.open():
        pass
    async with period.db.transaction() as tx:
        await tx.execute("analyze")


async def values(tx: Tx, codes: Sequence[str]) -> None:
    draw, load = random.Random(2324), new_id()
    indicators = [indicator.code for indicator in wide().indicators]
    many = [drawn(draw) for _ in range(100)]
    rows = (
        (
            *("QOF2526", ACHIEVED_ON, code, indicator, *some[indicator.removesuffix(AGAIN)]),
            *("AUTOMATIC", "AUTOMATED", NOW.replace(tzinfo=None), load, load, NOW, True),
        )
        for code, some in zip(codes, itertools.cycle(many), strict=False)
        for indicator in indicators
    )
    await tx.copy("achievement_value", columns=_VALUE, records=rows)


_VALUE = (
    *("service_code", "achievement_date", "provider", "indicator"),
    *("numerator", "denominator", "register"),
    *("how", "submitted_by", "submitted_at", "load_id", "loaded_by", "loaded_at", "extracted"),
)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    many = next((int(one) for one in arguments if one.isdigit()), PRACTICES)
    asyncio.run(main(many, profiled="profile" in arguments))
