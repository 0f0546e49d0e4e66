"""Faults while payment periods are played: nothing is lost, doubled or reordered."""

import asyncio
from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest

from cqrs.console import Progress
from cqrs.services import SERVICES
from cqrs.storm.checks import check, check_at_rest
from cqrs.storm.clock import SteppingClock
from cqrs.storm.faults import KINDS, Fault, drawn_faults, rolling_restart
from cqrs.storm.storm import Counted, Storm
from tests.e2e.compose.conftest import Played
from tests.support.eventually import eventually
from tests.support.stack import TestStack

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(1_800),
    pytest.mark.xdist_group("stack"),
]

_SECONDS = 60.0


async def stormed(
    played: Played, seed: int, faults: Callable[[SteppingClock], Iterator[Fault]]
) -> Counted:
    """The ledger has been compared by then: it raises if a penny differs."""
    stack, clock = played.stack, SteppingClock(played.stack.clock)
    paid = len(await asyncio.to_thread(played.ledger))
    storm = Storm(stack, stack.system, clock, Progress(), seed, faults(clock))
    counted = await storm.blow(played.period)
    found = counted.findings
    assert found is not None
    assert (found.lost, found.doubled, found.reordered) == ([], [], [])
    assert counted.periods > 0
    assert counted.payments == paid + counted.periods * len(played.period.participating)
    return counted


async def test_a_leader_that_was_cut_off_keeps_no_lock(stack: TestStack) -> None:
    """The database hears nothing of its end, and would keep the session for hours."""
    service = "participation-worker"
    (worker,) = stack.containers(service)
    network = stack.network(worker)

    async def led_by(number: int) -> None:
        assert len(stack.rows("participation", _LEADERS)) == number

    await eventually(lambda: led_by(1), 60)
    stack.cut(worker)
    try:
        await eventually(lambda: led_by(0), 30)
    finally:
        stack.mend(worker, network, service)
    stack.wait([worker])
    await eventually(lambda: led_by(1), 60)


_LEADERS = """
select pid from pg_locks join pg_stat_activity using (pid)
where locktype = 'advisory' and granted and application_name = 'participation relay'
"""


def test_the_checker_finds_what_was_planted_and_nothing_else(played: Played) -> None:
    stack, subscriber = played.stack, played.stack.system.subscriber
    before = check_at_rest(stack, subscriber, {})
    assert (before.lost, before.doubled, before.reordered) == ([], [], [])
    another = str(uuid4())
    (((offer,),), ((person,),), ((event,),), ((entry,),)) = (stack.rows(*one) for one in _SOMETHING)
    wrong = [
        ("participation", *_turns("offer_history", f"offer = '{offer}' and", "version", "1", "-1")),
        ("declarations", *_turns("directory.person", f"id = '{person}' and", "version", "1", "0")),
        ("notifications", *_turns("message_event", "", "event_id", f"'{event}'", f"'{another}'")),
        ("declarations", *_turns("ledger_entry", "", "id", f"'{entry}'", f"'{another}'")),
    ]
    try:
        for database, planting, _ in wrong:
            stack.execute(database, planting)
        found = check(stack, subscriber, {"acceptOffers": [another]})
    finally:
        for database, _, undoing in wrong:
            stack.execute(database, undoing)
    assert (found.doubled, found.reordered) == ([], [])
    assert sorted(found.lost) == sorted(
        [
            f"acceptOffers {another}",
            f"event of offer {offer}, -1",
            f"row of offer {offer}, 1",
            f"person {person} in declarations: version 0 of 1",
            f"message of offer.rejected.v1 {event}",
            f"ledger entry {another} on the topic",
            f"ledger entry {entry} in the rows",
        ]
    )


_SOMETHING = (
    ("participation", "select max(offer::text) from offer_history where version = 2"),
    ("declarations", "select max(id::text) from directory.person where version = 1"),
    (
        "notifications",
        "select max(event_id::text) from message_event where event_type = 'offer.rejected.v1'",
    ),
    ("declarations", "select max(id::text) from ledger_entry"),
)


_PAST_TRIGGERS = "set session_replication_role = replica"
"""Past those that keep such rows as they are."""


def _turns(table: str, where: str, column: str, right: str, wrong: str) -> list[str]:
    """There and back."""
    return [
        f"{_PAST_TRIGGERS}; update {table} set {column} = {becomes} where {where} {column} = {now}"  # noqa: S608
        for now, becomes in ((right, wrong), (wrong, right))
    ]


async def test_a_short_storm_loses_doubles_and_reorders_nothing(played: Played) -> None:
    counted = await stormed(played, 7, lambda clock: drawn_faults(played.stack, clock, 7, _SECONDS))
    assert sorted(counted.recoveries) == sorted(KINDS)


async def test_restarting_every_service_under_load_fails_no_query_and_loses_no_event(
    played: Played,
) -> None:
    counted = await stormed(played, 8, lambda _: rolling_restart(played.stack))
    assert len(counted.recoveries["restarted"]) == 2 * len(SERVICES) + 1
