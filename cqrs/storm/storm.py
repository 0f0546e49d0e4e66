"""A storm: payment periods are played while faults happen, and afterwards everything is counted."""

import asyncio
import random
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from uuid import uuid4

import aiohttp

from cqrs.compose.stack import Stack
from cqrs.compose.system import Composed
from cqrs.console import Progress
from cqrs.england.england import SEED
from cqrs.play import catalogue, ledger, period
from cqrs.play.asking import until
from cqrs.play.cast import APPROVAL, FINANCE_VIEW, Cast
from cqrs.play.gateway import Refused
from cqrs.play.period import Period
from cqrs.play.scene import Scene
from cqrs.services import SERVICES
from cqrs.storm.checks import check_at_rest
from cqrs.storm.clock import SteppingClock
from cqrs.storm.faults import Fault
from cqrs.storm.findings import Findings
from cqrs.storm.patient import PatientGateway
from cqrs.supervisor.first_people import DRAFTING, ENGLAND, PUBLISHING

_BETWEEN = (2.0, 12.0)
"""Seconds from one fault to the next, at least and at most."""
_PATIENCE = 180.0
"""Seconds a recovery may take."""
_PROBE = """query Probe($icb: OdsCode!) { organisation(odsCode: $icb) { name }
  offers(first: 1) { totalCount } declarations(first: 1) { totalCount }
  messages(first: 1) { totalCount } }"""


_UNDER_FAULTS = (
    period.offer_and_answer,
    period.measure,
    period.approve,
    period.await_messages,
)


@dataclass
class Counted:
    """What a storm was, and what came of it."""

    seconds: float = 0.0
    periods: int = 0
    clock_set: int = 0
    """How often the play set the business clock; faults step it as well."""
    recoveries: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By kind of fault, the seconds from its end until everything answered again."""
    commands: int = 0
    asked_again: int = 0
    longest: float = 0.0
    """Seconds that somebody waited for an answer, at most."""
    payments: int = 0
    pounds: str = ""
    findings: Findings | None = None
    """None for a storm in which something failed, and so was not counted."""


@dataclass
class Storm:
    """One storm on a system in containers."""

    stack: Stack
    system: Composed
    clock: SteppingClock
    progress: Progress
    seed: int
    faults: Generator[Fault]
    """Each happens when it is asked for."""
    counted: Counted = field(default_factory=Counted)
    _calm: asyncio.Lock = field(default_factory=asyncio.Lock)
    _over: asyncio.Event = field(default_factory=asyncio.Event)
    _began: float = field(default_factory=time.monotonic)

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
                try:
                    await self._blow(await self._first(gateway, Path(folder), prepared))
                finally:
                    self._note(gateway)
                await self._count(gateway)
        return self.counted

    async def _first(
        self, gateway: PatientGateway, folder: Path, prepared: Period | None
    ) -> Period:
        cast, clock = Cast(gateway), self.clock
        if prepared:
            return replace(prepared, cast=cast, clock=clock, progress=self.progress)
        scene = Scene.generated(folder, england=False, icb=None, seed=SEED)  # as in the realm
        first = Period(cast, clock, self.progress, scene, self.system.subscriber, None)
        await period.prepare(first)
        return first

    async def _blow(self, first: Period) -> None:
        self._began = time.monotonic()
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._periods(first))
                group.create_task(self._faults(first.cast, first.scene.roster.icbs[0]))
        finally:
            await asyncio.to_thread(self.faults.close)

    async def _periods(self, first: Period) -> None:
        """One after the other; what has begun is played to its end."""
        while not self._over.is_set():
            self.counted.periods += 1
            async with self._calm:  # publishing knows no keys
                playing = await self._next(first)
            for part in _UNDER_FAULTS:
                await part(playing)
            async with self._calm:  # the example of a subscriber is away when the broker is
                await period.reconcile(playing)

    async def _next(self, first: Period) -> Period:
        """The same period on a line of its own."""
        first.clock.set("2025-03-12")
        drafting, publishing = (first.cast.first(each.subject) for each in (DRAFTING, PUBLISHING))
        line = f"QOF{uuid4().hex[:6].upper()}"  # an earlier storm may have been here
        service = await catalogue.publish(drafting, publishing, period.SERVICE, line)
        return replace(first, quality_service=service, books=None)

    async def _faults(self, cast: Cast, icb: str) -> None:
        pauses = random.Random(self.seed)  # noqa: S311 - a storm is drawn to be drawn again
        while True:
            async with self._calm:
                fault = await self._next_fault()
                if fault is None:
                    break
                await self._recovered(cast, icb)
            recovery = time.monotonic() - fault.undone
            self.counted.recoveries[fault.kind].append(recovery)
            self.progress.say(f"  {fault.kind}: {fault.what}, {recovery:.1f} s")
            await asyncio.sleep(pauses.uniform(*_BETWEEN))
        self._over.set()

    async def _next_fault(self) -> Fault | None:
        """None after the last. What has been done is undone, even if the play fails meanwhile."""
        happening = asyncio.create_task(asyncio.to_thread(next, self.faults, None))
        try:
            return await asyncio.shield(happening)
        except asyncio.CancelledError:
            await asyncio.wait([happening])
            raise

    async def _recovered(self, cast: Cast, icb: str) -> None:
        """One query over all services is answered whole, and what waited to be sent was."""
        person = cast(APPROVAL, icb)
        waiting = await asyncio.to_thread(self._unsent)

        async def answered() -> bool:
            try:
                await person.ask_once(_PROBE, {"icb": icb})
            except Refused:
                return False
            return True

        async def sent() -> bool:
            first = await asyncio.to_thread(self._unsent, "min")
            return all(first[name] > last for name, last in waiting.items())

        for check_one, failing in ((answered, "an answer"), (sent, f"{waiting} to be sent")):
            await until(check_one, bool, f"{failing} was waited for", _PATIENCE)

    def _unsent(self, which: str = "max") -> Mapping[str, int]:
        """By service, the first (min) or last (max) place of the events that wait."""
        nothing = {"min": sys.maxsize, "max": 0}[which]
        statement = f"select coalesce({which}(position), {nothing}) from chassis.outbox"  # noqa: S608 - our own words
        return {service: int(self.stack.execute(service, statement)) for service in SERVICES}

    def _note(self, gateway: PatientGateway) -> None:
        counted = self.counted
        counted.seconds = time.monotonic() - self._began
        counted.clock_set = self.clock.set_by_play
        counted.commands = sum(len(ids) for ids in gateway.acknowledged.values())
        counted.asked_again, counted.longest = gateway.asked_again, gateway.longest

    async def _count(self, gateway: PatientGateway) -> None:
        counted, subscriber = self.counted, self.system.subscriber
        counted.findings = await asyncio.to_thread(
            check_at_rest, self.stack, subscriber, gateway.acknowledged
        )
        approved = Counter(gateway.acknowledged["approveDeclarations"])
        paid = sum(times > 1 for times in approved.values())  # by the ICB, then by finance
        viewer = Cast(gateway)(FINANCE_VIEW, ENGLAND)
        books = await ledger.compare(viewer, subscriber, paid)
        counted.payments, counted.pounds = books.entries, f"£{books.pounds:,}"
