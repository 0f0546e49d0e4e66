"""A storm: payment periods are played while faults happen, and afterwards everything is counted."""

import asyncio
import random
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import aiohttp

from cqrs.compose.stack import Stack
from cqrs.compose.system import Composed
from cqrs.console import Progress
from cqrs.england.england import SEED
from cqrs.play import catalogue, ledger, period
from cqrs.play.cast import APPROVAL, FINANCE_VIEW, Cast
from cqrs.play.clock import Clock
from cqrs.play.gateway import Refused
from cqrs.play.period import Period
from cqrs.play.scene import Scene
from cqrs.storm.checks import Findings, check
from cqrs.storm.faults import Fault
from cqrs.storm.patient import PatientGateway
from cqrs.supervisor.first_people import DRAFTING, ENGLAND, PUBLISHING

_BETWEEN = (2.0, 12.0)
"""Seconds from one fault to the next, at least and at most."""
_SETTLING = 180.0
_PROBE = """query Probe($icb: OdsCode!) { organisation(odsCode: $icb) { name }
  offers(first: 1) { totalCount } declarations(first: 1) { totalCount }
  messages(first: 1) { totalCount } }"""


@dataclass
class Counted:
    """What a storm was, and what came of it."""

    seconds: float = 0.0
    periods: int = 0
    clock_steps: int = 0
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By kind of fault, the seconds from its end until everything answered again."""
    commands: int = 0
    asked_again: int = 0
    payments: int = 0
    pounds: str = ""
    findings: Findings = field(default_factory=Findings)


@dataclass
class _CountingClock:
    clock: Clock
    counted: Counted

    def set(self, day: str, hour: int = 9) -> datetime:
        self.counted.clock_steps += 1
        return self.clock.set(day, hour)


@dataclass
class Storm:
    """One storm on a system in containers."""

    stack: Stack
    system: Composed
    clock: Clock
    progress: Progress
    seed: int
    faults: Iterator[Fault]
    """Each happens when it is asked for."""
    counted: Counted = field(default_factory=Counted)
    _calm: asyncio.Lock = field(default_factory=asyncio.Lock)
    _over: asyncio.Event = field(default_factory=asyncio.Event)

    async def blow(self, prepared: Period | None = None) -> Counted:
        """Play until the last fault is over; prepared: on a system where that has been played.

        Raises what a play raises when the system did not do what it must.
        """
        connector = aiohttp.TCPConnector(keepalive_timeout=3.0)
        timeout = aiohttp.ClientTimeout(total=60)
        with tempfile.TemporaryDirectory(prefix="cqrs-storm-") as folder:
            async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
                gateway = PatientGateway(
                    self.system.gateway, self.system.issuer, session, self.system.password
                )
                await self._blow(await self._first(gateway, Path(folder), prepared))
                await self._count(gateway)
        return self.counted

    async def _first(
        self, gateway: PatientGateway, folder: Path, prepared: Period | None
    ) -> Period:
        cast, clock = Cast(gateway), _CountingClock(self.clock, self.counted)
        if prepared:
            return replace(prepared, cast=cast, clock=clock, progress=self.progress)
        scene = Scene.generated(folder, england=False, icb=None, seed=SEED)  # as in the realm
        first = Period(cast, clock, self.progress, scene, self.system.subscriber, None)
        await period.prepare(first)
        return first

    async def _blow(self, first: Period) -> None:
        began = time.monotonic()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._periods(first))
            group.create_task(self._faults(first.cast, first.scene.roster.icbs[0]))
        self.counted.seconds = time.monotonic() - began

    async def _periods(self, first: Period) -> None:
        """One after the other; what has begun is played to its end."""
        while not self._over.is_set():
            self.counted.periods += 1
            async with self._calm:  # publishing knows no keys
                playing = await self._next(first)
            for part in (period.offer_and_answer, period.measure, period.approve):
                await part(playing)
            async with self._calm:  # the example of a subscriber is away when the broker is
                await period.settle(playing)

    async def _next(self, first: Period) -> Period:
        """The same period on a line of its own."""
        first.clock.set("2025-03-12")
        drafting, publishing = (first.cast.first(each.subject) for each in (DRAFTING, PUBLISHING))
        line = f"QOF{self.seed % 100:02}{self.counted.periods:03}"
        service = await catalogue.publish(drafting, publishing, period.SERVICE, line)
        return replace(first, quality_service=service, books=None)

    async def _faults(self, cast: Cast, icb: str) -> None:
        pauses = random.Random(self.seed)  # noqa: S311 - a storm is drawn to be drawn again
        while True:
            async with self._calm:
                fault = await asyncio.to_thread(next, self.faults, None)
                if fault is None:
                    break
                await self._answering(cast, icb)
            recovery = time.monotonic() - fault.undone
            self.counted.recoveries[fault.kind].append(recovery)
            self.progress.say(f"  {fault.kind}: {fault.what}, {recovery:.1f} s")
            await asyncio.sleep(pauses.uniform(*_BETWEEN))
        self._over.set()

    async def _answering(self, cast: Cast, icb: str) -> None:
        """Until one query over all services is answered whole."""
        person = cast(APPROVAL, icb)
        while True:
            try:
                await person.ask_once(_PROBE, {"icb": icb})
            except Refused:
                await asyncio.sleep(0.1)
            else:
                return

    async def _count(self, gateway: PatientGateway) -> None:
        counted, acknowledged = self.counted, dict(gateway.acknowledged)
        counted.commands = sum(len(ids) for ids in acknowledged.values())
        counted.asked_again = gateway.asked_again
        ends = time.monotonic() + _SETTLING
        while True:
            counted.findings = await asyncio.to_thread(check, self.stack, acknowledged)
            if counted.findings.sound or time.monotonic() > ends:
                break
        viewer = Cast(gateway)(FINANCE_VIEW, ENGLAND)
        books = await ledger.compare(viewer, self.system.subscriber, 0)
        counted.payments, counted.pounds = books.entries, f"£{books.pounds:,}"
