"""Ten thousand payments at once, three workers, one of them killed in the middle."""

import asyncio
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

import pytest

from cqrs.compose.stack import Stack
from cqrs.england.extract import HEADER
from cqrs.play import achievement, catalogue, declarations, ledger, offers
from cqrs.play.cast import APPROVAL, FINANCE_VIEW, Cast
from cqrs.play.offers import Terms
from cqrs.supervisor.first_people import DATA_LOAD, DRAFTING, ENGLAND, PUBLISHING
from tests.e2e.compose.conftest import Played

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(1_800),
    pytest.mark.xdist_group("stack"),
]

MANY = 10_000
_MONTH_ENDS = (
    *("20250430", "20250531", "20250630", "20250731", "20250831", "20250930"),
    *("20251031", "20251130", "20251231", "20260131", "20260228", "20260331"),
)


async def test_each_is_paid_once_though_a_worker_is_killed_in_the_middle(
    played: Played, cast: Cast, tmp_path: Path
) -> None:
    stack, (icb,) = played.stack, played.period.fates
    practices = played.period.participating
    lines = [f"MEN{number:05}" for number in range(-(-MANY // (12 * len(practices))))]
    many = 12 * len(lines) * len(practices)
    await waiting_for_approval(played, cast, lines, tmp_path)
    assert await declarations.approve(cast, {icb: many}) == many
    await asyncio.to_thread(stack.scaled, "declarations-worker", 3)

    before = len(played.ledger())
    approving = asyncio.create_task(declarations.approve_for_finance(cast, {icb: many}))
    killed = await asyncio.to_thread(kill_who_sends, stack)
    assert await approving == many

    viewer = cast(FINANCE_VIEW, ENGLAND)
    books = await ledger.compare(viewer, stack.system.subscriber, before + many)
    told = played.ledger()
    assert len({entry["payment_id"] for entry in told.values()}) == len(told) == before + many
    assert sum(Decimal(entry["amount"]) for entry in told.values()) == books.pounds
    await asyncio.to_thread(stack.start, killed)
    await asyncio.to_thread(stack.scaled, "declarations-worker", 1)


async def waiting_for_approval(
    played: Played, cast: Cast, lines: Sequence[str], folder: Path
) -> None:
    """Services paid by the month, offered, accepted, measured, calculated and declared."""
    clock, (icb,), practices = played.stack.clock, played.period.fates, played.period.participating
    drafting, publishing, data_load = (
        cast.first(each.subject) for each in (DRAFTING, PUBLISHING, DATA_LOAD)
    )
    clock.set("2025-03-12")
    for line in lines:
        service = await catalogue.publish(drafting, publishing, "MENB2526", line)
        terms = Terms(service, "2025-04-01", "2026-03-31", "2025-03-31")
        await offers.make(cast, icb, practices, terms)
    await offers.accept(cast, practices, lambda _: None)
    clock.set("2026-04-01")
    for line in lines:
        await achievement.load(data_load, extract(folder, line, practices), lambda _: None)
    many = 12 * len(lines) * len(practices)
    await declarations.calculated(cast(APPROVAL, icb), many, lambda _: None)
    clock.set("2026-04-10")
    assert await declarations.declare(cast, practices, lambda _: None) == many


def extract(folder: Path, line: str, practices: Sequence[str]) -> Path:
    """Each practice's doses of each month, no two alike."""
    file = folder / f"INDICATOR_VALUES-{line}-20260331-SYNTHETIC.csv"
    rows = [
        f"{line},MenB,{practice},{day},MENB001,MenB Vaccinations,{1 + (7 * place + month) % 97},"
        "None,AUTOMATED,02/04/2026,09:00:00,Y"
        for place, practice in enumerate(practices)
        for month, day in enumerate(_MONTH_ENDS)
    ]
    file.write_text("\r\n".join([HEADER, *rows, ""]))
    return file


def kill_who_sends(stack: Stack) -> str:
    """The worker that leads the relay, as soon as there is a payment for it to send."""
    (address,) = stack.rows("declarations", _LEADER)[0]
    by_address = {stack.address(one): one for one in stack.containers("declarations-worker")}
    while not unsent(stack):
        pass
    stack.kill(by_address[address])
    assert unsent(stack), "it was killed too late to show anything"
    return by_address[address]


def unsent(stack: Stack) -> int:
    return int(stack.execute("declarations", _UNSENT))


_UNSENT = "select count(*) from chassis.outbox where type = 'payment.authorised.v1'"
_LEADER = """
select host(a.client_addr) from pg_locks l join pg_stat_activity a using (pid)
where l.locktype = 'advisory' and l.granted and a.application_name = 'declarations relay'
"""
