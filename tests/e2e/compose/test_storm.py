"""Faults while payment periods are played: nothing is lost, doubled or reordered."""

from collections.abc import Iterator

import pytest

from cqrs.console import Progress
from cqrs.services import SERVICES
from cqrs.storm.faults import Fault, drawn_faults, rolling_restart
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


async def stormed(played: Played, seed: int, faults: Iterator[Fault]) -> Counted:
    """The ledger has been compared by then: it raises if a penny differs."""
    stack = played.stack
    storm = Storm(stack, stack.system, stack.clock, Progress(), seed, faults)
    counted = await storm.blow(played.period)
    found = counted.findings
    assert (found.lost, found.doubled, found.reordered) == ([], [], [])
    assert counted.commands > 500
    assert found.events > counted.commands
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


async def test_a_short_storm_loses_doubles_and_reorders_nothing(played: Played) -> None:
    counted = await stormed(played, 7, drawn_faults(played.stack, 7, _SECONDS))
    assert counted.recoveries


async def test_restarting_every_service_under_load_fails_no_query_and_loses_no_event(
    played: Played,
) -> None:
    counted = await stormed(played, 8, rolling_restart(played.stack))
    assert len(counted.recoveries["restarted"]) == 2 * len(SERVICES) + 1
