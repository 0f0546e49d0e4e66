"""When declarations open and close: by achievement dates, lists and participation."""

import asyncio
from datetime import UTC, date, datetime

from chassis.ids import new_id
from chassis.received import Received
from services.declarations import due
from services.declarations.agreements.commands import keep_offers
from services.declarations.agreements.consumers import PROJECTIONS
from tests.services.declarations.period import (
    offer,
)
from tests.support.eventually import eventually


async def test_values_that_came_before_the_achievement_date_wait_for_it(period):
    declared_on = period.now
    period.now = declared_on.replace(month=3, day=20)
    await period.calculated("A81001")
    assert await period.declarations() == []
    period.now = declared_on
    await period.settle()
    assert (await period.of("A81001"))["pounds"] == "37227.05"


async def test_a_list_of_another_day_stands_in_and_no_list_blocks(period):
    async with period.db.transaction() as tx:
        await tx.execute(
            "update directory.list_size set counted_on = '2025-10-01' where ods_code = 'A81001'"
        )
        await tx.execute("delete from directory.list_size where ods_code = 'A81002'")
    await period.calculated("A81001", "A81002")
    async with period.db.reader() as reader:
        assert await reader.fetchval("select list_stands_in from calculation") is True
    assert (await period.of("A81002"))["missing"] == ["LIST_SIZE_UNKNOWN"]


async def test_a_cancelled_participation_closes_its_declaration(period):
    made = offer("A81003", version=1)
    async with period.db.transaction() as tx:
        await keep(tx, made)
    await period.settle()
    cancelled = made | {"version": 2, "status": "CANCELLED", "ended_on": "2026-03-30"}
    async with period.db.transaction() as tx:
        await keep(tx, cancelled)
        await keep(tx, made)  # an older version, heard late, changes nothing
    await period.settle()
    assert (await period.of("A81003"))["status"] == "CLOSED"
    assert await period.events_by_type() == {"declaration.closed.v1": 1}


async def test_a_participation_that_goes_on_after_all_has_its_declaration(period):
    made = offer("A81003", version=1)
    async with period.db.transaction() as tx:
        await keep(tx, made | {"version": 2, "ended_on": "2025-09-30"})
    await period.settle()
    assert await period.events_by_type() == {}
    resumed = made | {"version": 3}
    topic, now = "participation.offer", datetime.now(UTC)
    told = Received(
        new_id(), "offer.resumed.v1", "participation", now, topic, 0, 0, made["id"], resumed
    )
    async with period.db.transaction() as tx:
        await PROJECTIONS[told.type](tx, [told])
    await period.settle()
    assert (await period.of("A81003"))["status"] == "INCOMPLETE"


async def test_a_cancellation_after_the_achievement_date_closes_nothing(period):
    made = offer("A81003", version=1)
    async with period.db.transaction() as tx:
        await keep(tx, made)
    await period.settle()
    late = {"version": 2, "status": "CANCELLED", "ended_on": "2026-04-02"}
    async with period.db.transaction() as tx:
        await keep(tx, made | late)
    await period.settle()
    assert (await period.of("A81003"))["status"] == "INCOMPLETE"


async def keep(tx, offer_) -> None:
    await keep_offers(tx, [offer_])


async def test_no_declaration_opens_unseen_by_a_load_that_has_not_ended(period):
    await period.prevalence()
    subject = ("QOF2526", date(2026, 3, 31), "A81001")
    async with period.db.transaction() as tx:
        await due.mark_providers(tx, [subject], "achievement was loaded")
        opening = asyncio.create_task(period.open())

        async def waits() -> None:
            async with period.db.reader() as reader:
                assert await reader.fetchval(
                    "select count(*) from pg_locks where locktype = 'advisory' and not granted"
                    " and database = (select oid from pg_database"
                    " where datname = current_database())"
                )

        await eventually(waits)
    assert await opening == 2
