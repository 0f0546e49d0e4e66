"""From the outbox to Kafka, in order.

One relay a service is the leader, by an advisory lock on a connection of its own, over which it
reads and deletes as well. It always takes the oldest rows there are: a cursor over positions would
pass by a row that is committed late. A leader that loses its connection has lost its lock, so it
drops its producer with all that is in it; and so it does when a batch has failed, for the broker
takes no later one from that producer.
"""

import asyncio
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import asyncpg
import structlog
from aiokafka.errors import KafkaError
from prometheus_client import Counter, Gauge

from chassis.connections import GIVE_UP_SOON
from chassis.db_errors import Connection, errors_named
from chassis.errors import TransientError
from chassis.kafka import Kafka
from chassis.sending import GapError, Sender

log = structlog.get_logger()

relayed = Counter("cqrs_events_relayed_total", "Events acknowledged by Kafka.", ["topic"])
waiting = Gauge("cqrs_outbox_waiting", "Rows the relay found in its last look (at most a batch).")

REQUEST_TIMEOUT = 10.0
"""Seconds after which a batch that was not acknowledged has failed."""

_LOCK = 0x72656C61  # "rela"
_MOST_AT_ONCE = 4_000
_IDLE = 0.025  # a look costs less than NOTIFY, which would put commits in a queue
_ELECTION = 0.25
_TROUBLE = 1.0


class Relay:
    def __init__(
        self, dsn: str, kafka: Kafka, *, name: str, request_timeout: float = REQUEST_TIMEOUT
    ) -> None:
        self._dsn = dsn
        self._kafka = kafka
        self._name = name
        self._timeout = request_timeout
        self._failing: set[str] = set()
        """Topics that failed in the last round."""

    async def run(self, stop: asyncio.Event) -> None:
        """Stand for election, lead while elected, until told to stop."""
        while not stop.is_set():
            try:
                await self._stand(stop)
            except (TransientError, KafkaError) as error:
                log.warning("relay.waiting", reason=repr(error))
                await _pause(stop, _TROUBLE)

    async def _stand(self, stop: asyncio.Event) -> None:
        with errors_named():
            connection = await asyncpg.connect(
                self._dsn,
                command_timeout=self._timeout,  # a network may fall silent for good
                server_settings={**GIVE_UP_SOON, "application_name": f"{self._name} relay"},
            )
        try:
            with errors_named(connection):
                if await self._elected(connection, stop):
                    await self._lead(connection, stop)
        finally:
            waiting.set(0)  # who leads now counts them
            connection.terminate()  # and the lock is free, whatever state we are in

    async def _elected(self, connection: Connection, stop: asyncio.Event) -> bool:
        """Wait for the lock: by asking, for a waiting statement would hold back vacuum."""
        while not stop.is_set():
            if await connection.fetchval("select pg_try_advisory_lock($1)", _LOCK):
                return True
            await _pause(stop, _ELECTION)
        return False

    async def _lead(self, connection: Connection, stop: asyncio.Event) -> None:
        await self._outwait_predecessor(connection, stop)
        if stop.is_set():
            return
        sender = await Sender.start(self._kafka, request_timeout=self._timeout)
        try:
            await connection.execute(_IN_ORDER, False)
            log.info("relay.leading")
            await _unless_lost(connection, self._relay(connection, sender, stop))
        except BaseException as error:
            await sender.abandon()
            if isinstance(error, GapError) and not error.may_arrive:
                await connection.execute(_IN_ORDER, True)
            raise
        await sender.close()
        await connection.execute(_IN_ORDER, True)

    async def _outwait_predecessor(self, connection: Connection, stop: asyncio.Event) -> None:
        """What a leader that was cut off has sent may still arrive, for one request time-out."""
        if not await connection.fetchval("select in_order from chassis.relay"):
            log.info("relay.outwaiting", seconds=self._timeout)
            await _pause(stop, self._timeout)

    async def _relay(self, connection: Connection, sender: Sender, stop: asyncio.Event) -> None:
        while not stop.is_set():
            found = await self._round(connection, sender)
            if sender.gap:
                raise sender.gap
            if self._failing:
                await _pause(stop, _TROUBLE)
            elif not found:
                await _pause(stop, _IDLE)

    async def _round(self, connection: Connection, sender: Sender) -> int:
        """Send the oldest rows; topics that failed in the last round wait for the next."""
        rows = await connection.fetch(_OLDEST, _MOST_AT_ONCE, list(self._failing))
        self._failing = set()
        waiting.set(len(rows))
        if not rows:
            return 0
        positions, self._failing = await sender.send(rows)
        await connection.execute(_SENT, positions)
        _count(rows, set(positions))
        return len(rows)


async def _unless_lost(connection: Connection, work: Any) -> None:
    """Do the work, but not a moment longer than the connection lasts."""
    lost: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    notice = _notice(lost)
    connection.add_termination_listener(notice)
    working = asyncio.ensure_future(work)
    try:
        await asyncio.wait({lost, working}, return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise TransientError("the relay's connection was lost")
        await working
    finally:
        connection.remove_termination_listener(notice)
        working.cancel()
        with suppress(asyncio.CancelledError, Exception):
            await working


def _notice(lost: asyncio.Future[None]) -> Callable[[Any], None]:
    return lambda _: None if lost.done() else lost.set_result(None)


def _count(rows: list[asyncpg.Record], sent: set[int]) -> None:
    for row in rows:
        if row["position"] in sent:
            relayed.labels(row["aggregatetype"]).inc()


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


_OLDEST = """
select position, id, aggregatetype, aggregateid, type, payload::text, headers::text
from chassis.outbox where aggregatetype <> all($2::text[])
order by position limit $1
"""

_IN_ORDER = "update chassis.relay set in_order = $1"
_SENT = "delete from chassis.outbox where position = any($1::bigint[])"
