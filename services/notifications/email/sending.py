"""The work behind the mails, in any number of processes at once."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, TypeVar

import structlog
from prometheus_client import Counter

from chassis.clock import ENGLAND
from chassis.errors import TransientError
from chassis.mail import Mail
from chassis.service import Worker
from services.notifications.email import commands
from services.notifications.email.commands import Claimed
from services.notifications.email.domain import NOT_WRITTEN, Outcome, Verdict
from services.notifications.email.letter import address_of, write
from services.notifications.email.links import Links
from services.notifications.email.post import Connection
from services.notifications.email.store import delivering

T = TypeVar("T")

log = structlog.get_logger()

mails = Counter("cqrs_mails", "Mails by what came of trying to send them", ["verdict"])

_PAUSE: Final = 0.5
"""Seconds between looks where nothing is waiting."""
_PAUSES: Final = (1.0, 2.0, 5.0, 15.0, 30.0)
"""Seconds to leave a mail server alone that does not answer."""
_SETTLING: Final = 60
"""Attempts to keep what came of a mail while the database is away, one a second."""
_STOPPED: Final = Outcome(Verdict.LATER, "STOPPED", "The process that was to send it was stopped.")


def real_now() -> datetime:
    return datetime.now(UTC)


async def write_mails(worker: Worker) -> None:
    """Decide what is mailed, make the digests of the day, give up what nobody sends any more."""
    while not worker.stop.is_set():
        more = await _patiently(lambda: prepare(worker))
        if not more:
            await _wait(worker.stop, _PAUSE)


async def prepare(worker: Worker) -> bool:
    """Answers whether there is more to do at once."""
    now, on_the_wall = real_now(), worker.clock.now().astimezone(ENGLAND)
    considered = await commands.consider(worker.db, now, mailing=worker.mail is not None)
    if worker.mail:
        if on_the_wall.hour >= worker.mail.daily_hour:
            await commands.make_digests(worker.db, on_the_wall.date(), now)
        await commands.give_up_claims(worker.db, now=now, at=worker.clock.now())
    return considered == commands.MOST_CONSIDERED


async def send_mails(worker: Worker) -> None:
    """Send what is due, over a few connections; a server that is away is asked less and less."""
    if worker.mail is None:
        await worker.stop.wait()
        return
    failures = 0
    while not worker.stop.is_set():
        office = PostOffice(worker, worker.mail)
        await _patiently(office.send_all)
        failures = failures + 1 if office.unreachable else 0
        pause = _PAUSES[min(failures, len(_PAUSES)) - 1] if failures else _PAUSE
        await _wait(worker.stop, pause)


@dataclass
class PostOffice:
    """Sends until nothing is due, or the server does not answer."""

    worker: Worker
    mail: Mail
    unreachable: bool = field(default=False, init=False)

    async def send_all(self) -> None:
        async with self.worker.db.reader() as reader:
            due = await delivering.anything_due(reader, real_now())
        if due:
            async with asyncio.TaskGroup() as together:
                for _ in range(self.mail.connections):
                    together.create_task(_patiently(self._send_some))

    async def _send_some(self) -> None:
        links = Links(self.mail.public_url, self.mail.key)
        async with Connection(self.mail) as connection:
            while not (self.unreachable or self.worker.stop.is_set()):
                claimed = await commands.claim(self.worker.db, links, now=real_now())
                if claimed is None:
                    return
                outcome = await self._sent(connection, claimed)
                self.unreachable |= outcome.verdict is Verdict.UNREACHABLE
                await self._settle(claimed, outcome)

    async def _sent(self, connection: Connection, claimed: Claimed) -> Outcome:
        """Send it; told to stop before any of it went, leave it to be sent another time."""
        try:
            return await self._send(connection, claimed)
        except asyncio.CancelledError:
            if not connection.content_went:
                await self._settle(claimed, _STOPPED)
            raise

    async def _send(self, connection: Connection, claimed: Claimed) -> Outcome:
        delivery, letter = claimed.delivery, claimed.letter
        if isinstance(letter, Outcome):
            return letter
        to = address_of(delivery["name"], delivery["email"])
        if to is None:
            return Outcome(Verdict.BOUNCED, "ADDRESS_NOT_VALID", "It is no mail address.")
        try:
            content = write(self.mail, delivery["id"], to, letter)
        except Exception:
            log.exception("email.not_written", delivery=str(delivery["id"]))
            return NOT_WRITTEN
        return await connection.send(to.addr_spec, content)

    async def _settle(self, claimed: Claimed, outcome: Outcome) -> None:
        """Keep what came of it; while the database is away, try for a minute."""
        _note(claimed, outcome)
        for attempt in range(_SETTLING):
            try:
                now, at = real_now(), self.worker.clock.now()
                await commands.settle(self.worker.db, claimed.delivery, outcome, now=now, at=at)
            except TransientError as error:
                log.warning("email.not_settled", attempt=attempt, error=str(error))
                await asyncio.sleep(1)
            else:
                return


def _note(claimed: Claimed, outcome: Outcome) -> None:
    mails.labels(outcome.verdict).inc()
    if outcome.verdict is not Verdict.SENT:
        say = log.warning if outcome.verdict is Verdict.UNREACHABLE else log.info
        delivery, verdict = str(claimed.delivery["id"]), outcome.verdict
        say("email.not_sent", verdict=verdict, delivery=delivery, code=outcome.code)


async def _patiently(work: Callable[[], Coroutine[None, None, T]]) -> T | None:
    """Do it, or while the database is away nothing."""
    try:
        return await work()
    except TransientError as error:
        log.warning("email.waits", error=str(error))
        return None


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
