"""What the `cqrs` command does; each function answers the exit status."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cqrs.console import Progress
from cqrs.play import organisations, topics
from cqrs.play.asking import PlayError
from cqrs.play.cast import Cast
from cqrs.play.clock import DemonstrationClock
from cqrs.play.gateway import DeliveryError, Gateway, Refused, sign_in
from cqrs.play.period import Period, play
from cqrs.play.scene import Scene, ods_files
from cqrs.play.summary import print_doors, print_summary
from cqrs.supervisor.children import ChildDied
from cqrs.supervisor.first_people import DATA_LOAD
from cqrs.supervisor.running import NotFound, Running, find
from cqrs.supervisor.supervisor import Supervisor, end_on_signals
from cqrs.supervisor.system import start_system
from cqrs.supervisor.watching import watched

_FAILURES = (ChildDied, PlayError, Refused, DeliveryError, NotFound, aiohttp.ClientError)
_INTERRUPTED = 130
_KEPT_ALIVE = 3.0
"""Seconds an idle connection is used again: less than the gateway keeps it open."""


@dataclass(frozen=True)
class Wanted:
    """Which England is played."""

    england: bool
    ods: Path | None
    icb: str | None
    seed: int

    def scene(self, folder: Path) -> Scene:
        if self.ods:
            return Scene.real(folder, self.ods, england=self.england, icb=self.icb, seed=self.seed)
        return Scene.generated(folder, england=self.england, icb=self.icb, seed=self.seed)


@dataclass
class _Run:
    """One `cqrs run`."""

    wanted: Wanted | None
    once: bool
    progress: Progress
    serving: bool = False

    def live(self, supervisor: Supervisor) -> None:
        with self.progress.step("System started") as step:
            running = start_system(supervisor, lambda name, _: step.show(f"{name} is ready"))
            step.counts["processes"] = len(list(supervisor.children))
        self.progress.say(f"GraphQL page: {running.gateway}/graphql")
        try:
            asyncio.run(watched(supervisor.children, self._act(running, supervisor.below("play"))))
        except (PlayError, Refused, DeliveryError):
            self.progress.complain(supervisor.children.complaints())
            raise

    async def _act(self, running: Running, folder: Path) -> None:
        if self.wanted:
            scene = await asyncio.to_thread(self.wanted.scene, folder)
            await _play(running, scene, self.progress)
        if not self.once:
            self.serving = True
            self.progress.say("Serving until Ctrl-C.")
            await asyncio.Event().wait()


def run(wanted: Wanted | None, *, once: bool) -> int:
    """Start a system, play if so wanted, and serve unless it is to end at once."""
    end_on_signals()
    acting = _Run(wanted, once, Progress())
    try:
        with Supervisor() as supervisor:
            acting.live(supervisor)
    except KeyboardInterrupt:
        acting.progress.say("Stopped.")
        return 0 if acting.serving else _INTERRUPTED
    except _FAILURES as failure:
        acting.progress.fail(failure)
        return 1
    return 0


async def play_on_running(system: int | None, wanted: Wanted) -> int:
    progress = Progress()
    try:
        with tempfile.TemporaryDirectory(prefix="cqrs-play-") as folder:
            await _play(find(system), wanted.scene(Path(folder)), progress)
    except _FAILURES as failure:
        progress.fail(failure)
        return 1
    return 0


async def print_token(person: str, system: int | None) -> int:
    try:
        running = find(system)
        async with aiohttp.ClientSession() as session:
            print(await sign_in(session, running.issuer, person))  # noqa: T201 - what was asked for
    except _FAILURES as failure:
        Progress().fail(failure)
        return 1
    return 0


async def import_files(folder: Path, system: int | None) -> int:
    progress = Progress()
    files = ods_files(folder)
    try:
        async with _gateway(find(system)) as gateway:
            with progress.step("Organisations loaded") as step:
                data_load = Cast(gateway).first(DATA_LOAD.subject)
                loaded = await organisations.load(data_load, files, step.show)
                step.counts.update(loaded.counts)
            for practice in loaded.overlaps:
                progress.say(f"In two PCNs on one day, by the files: {practice}")
    except _FAILURES as failure:
        progress.fail(failure)
        return 1
    return 0


async def _play(running: Running, scene: Scene, progress: Progress) -> None:
    clock = DemonstrationClock(running.clock)
    async with _gateway(running) as gateway:
        period = Period(Cast(gateway), clock, progress, scene, running.kafka, running.people)
        await play(period)
    print_summary(period, topics.events(running.kafka))
    print_doors(period, running.gateway, running.mail)


@asynccontextmanager
async def _gateway(running: Running) -> AsyncIterator[Gateway]:
    connector = aiohttp.TCPConnector(keepalive_timeout=_KEPT_ALIVE)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Gateway(running.gateway, running.issuer, session)
