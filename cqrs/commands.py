"""What the `cqrs` command does; each function answers the exit status."""

import asyncio
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from cqrs.compose.stack import Stack, StackError
from cqrs.compose.system import ComposedClock, composed
from cqrs.console import Progress
from cqrs.imports import achievement, ods
from cqrs.play import topics
from cqrs.play.asking import PlayError
from cqrs.play.cast import Cast
from cqrs.play.clock import DemonstrationClock
from cqrs.play.gateway import DeliveryError, Refused, reached, sign_in
from cqrs.play.period import Period, play
from cqrs.play.scene import Scene
from cqrs.play.summary import print_doors, print_summary
from cqrs.storm.clock import SteppingClock
from cqrs.storm.faults import drawn_faults
from cqrs.storm.storm import Storm
from cqrs.storm.table import show
from cqrs.supervisor.children import ChildDied
from cqrs.supervisor.first_people import DATA_LOAD
from cqrs.supervisor.running import NotFound, Running, find
from cqrs.supervisor.supervisor import Supervisor, end_on_signals
from cqrs.supervisor.system import start_system
from cqrs.supervisor.watching import watched

_FAILURES = (ChildDied, PlayError, Refused, DeliveryError, NotFound, aiohttp.ClientError)
_INTERRUPTED = 130


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


async def play_on_running(system: int | None, wanted: Wanted, *, compose: bool) -> int:
    progress = Progress()
    try:
        with tempfile.TemporaryDirectory(prefix="cqrs-play-") as folder:
            scene = wanted.scene(Path(folder))
            if compose:
                await _play_composed(scene, progress)
            else:
                await _play(find(system), scene, progress)
    except _FAILURES as failure:
        progress.fail(failure)
        return 1
    return 0


async def storm(seconds: float, seed: int) -> int:
    """Play on the system of docker-compose.yml under faults; fails if anything is wrong after."""
    progress, stack = Progress(), Stack()
    clock = SteppingClock(ComposedClock())
    faults = drawn_faults(stack, clock, seed, seconds)
    blowing = Storm(stack, composed(), clock, progress, seed, faults)
    try:
        await blowing.blow()
    except (*_FAILURES, StackError, ExceptionGroup) as failure:
        show(progress, blowing.counted, seed)
        progress.fail(failure.exceptions[0] if isinstance(failure, ExceptionGroup) else failure)
        return 1
    show(progress, blowing.counted, seed)
    findings = blowing.counted.findings
    return 0 if findings and findings.sound else 1


async def print_token(person: str, system: int | None) -> int:
    try:
        running = find(system)
        async with aiohttp.ClientSession() as session:
            print(await sign_in(session, running.issuer, person))  # noqa: T201 - what was asked for
    except _FAILURES as failure:
        Progress().fail(failure)
        return 1
    return 0


async def import_ods(paths: Sequence[Path], asked: ods.Asked, system: int | None) -> int:
    progress = Progress()
    try:
        running = find(system)
        async with reached(running.gateway, running.issuer) as gateway:
            data_load = Cast(gateway).first(DATA_LOAD.subject)
            taken = await ods.import_ods(data_load, paths, asked, progress.console)
    except _FAILURES as failure:
        progress.fail(failure)
        return 1
    return 0 if taken else 1


async def import_achievement(extract: Path, system: int | None) -> int:
    progress = Progress()
    try:
        running = find(system)
        async with reached(running.gateway, running.issuer) as gateway:
            data_load = Cast(gateway).first(DATA_LOAD.subject)
            sound = await achievement.load_extract(data_load, extract, progress.console)
    except _FAILURES as failure:
        progress.fail(failure)
        return 1
    return 0 if sound else 1


async def _play(running: Running, scene: Scene, progress: Progress) -> None:
    clock = DemonstrationClock(running.clock)
    async with reached(running.gateway, running.issuer) as gateway:
        period = Period(Cast(gateway), clock, progress, scene, (running.kafka,), running.people)
        await play(period)
    print_summary(period, topics.events(running.kafka))
    print_doors(period, running.gateway, await _mails(running.mail))


async def _play_composed(scene: Scene, progress: Progress) -> None:
    """Play from outside: with Keycloak's tokens, and the ledger as a finance system reads it."""
    system = composed()
    async with reached(system.gateway, system.issuer, system.password) as gateway:
        clock = ComposedClock()
        period = Period(Cast(gateway), clock, progress, scene, system.subscriber, None)
        await play(period)
    print_summary(period, {})
    print_doors(period, system.gateway, f"at {system.mail}")


async def _mails(page: str) -> str:
    """How many there are so far, and where; nothing where none are kept."""
    if not page:
        return ""
    async with aiohttp.ClientSession() as session, session.get(f"{page}/email") as answer:
        return f"{int(answer.headers['X-Count']):,}, at {page}"
