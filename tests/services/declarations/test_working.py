"""What the service does by itself: hears, settles, keeps sealed histories."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import asyncpg
import pytest

from chassis.clock import Clock
from chassis.consumer import Received
from chassis.ids import new_id
from chassis.service import Worker
from services.declarations.agreements.consumers import PROJECTIONS
from services.declarations.approval.events import CONTRACTS
from services.declarations.approval.history import Entry
from services.declarations.approval.settling import settle
from services.declarations.payments import commands as payments
from tests.nhs.formulas.qof import qof
from tests.services.declarations.period import Period, extract_rows, offer, worked_values
from tests.support.eventually import eventually


def received(kind: str, key: str, payload: dict[str, Any]) -> Received:
    moment = datetime(2026, 4, 1, tzinfo=UTC)
    return Received(new_id(), kind, "other", moment, "topic", 0, 0, key, payload)


async def hear(period: Period, kind: str, *payloads: dict[str, Any]) -> None:
    batch = [received(kind, str(p.get("id") or p["ods_code"]), p) for p in payloads]
    async with period.db.transaction() as tx:
        await PROJECTIONS[kind](tx, batch)


async def test_a_published_service_is_read_tolerantly_and_its_periods_are_cut(period):
    document = qof().as_json() | {
        "id": "VI2526/1",
        "version": 1,
        "code": "VI2526",
        "payment_period": "QUARTERLY",
        "published_at": "2025-03-01T09:00:00Z",
        "something_new": {"of": "a later release"},
    }
    document["domains"][0]["groups"][0]["indicators"][0]["also_new"] = 1
    await hear(period, "quality-service.published.v1", document)
    async with period.db.reader() as reader:
        rows = await reader.fetch(
            "select achievement_date from service_period"
            " where quality_service = 'VI2526/1' order by 1"
        )
    days = [row["achievement_date"].isoformat() for row in rows]
    assert days == ["2025-06-30", "2025-09-30", "2025-12-31", "2026-03-31"]


async def test_an_offer_heard_late_and_twice_opens_one_declaration(period):
    made = offer("A81003") | {"reason": None, "target_on": None}
    await hear(period, "offer.accepted.v1", made, made)
    await hear(period, "offer.made.v1", made | {"version": 1, "status": "OFFERED"})
    await period.settle()
    assert len(await period.declarations(provider="A81003")) == 1


async def test_a_list_size_heard_late_completes_what_waited_for_it(period):
    async with period.db.transaction() as tx:
        await tx.execute("delete from directory.list_size")
    await period.calculated("A81001")
    assert (await period.of("A81001"))["status"] == "INCOMPLETE"
    changed = {
        "ods_code": "A81001",
        "version": 2,
        "kind": "PRACTICE",
        "name": "A practice",
        "status": "ACTIVE",
        "list_sizes": [{"on": "2026-01-01", "patients": 12_000}],
        "relationships": [
            {
                "id": str(new_id()),
                "kind": "COMMISSIONED_BY",
                "target": "16C",
                "valid_from": "2013-04-01",
            }
        ],
    }
    await hear(period, "organisation.changed.v1", changed)
    await period.settle()
    assert (await period.of("A81001"))["pounds"] == "37227.05"


async def test_the_worker_settles_what_comes_until_it_is_stopped(period):
    stop = asyncio.Event()
    worker = Worker(period.db, Clock(lambda: period.now), period.files(), stop, demonstration=True)
    working = asyncio.create_task(settle(worker))
    await period.prevalence()
    await period.load(extract_rows("A81001", worked_values()))

    async def calculated() -> None:
        assert (await period.of("A81001"))["pounds"] == "37227.05"

    await eventually(calculated)
    stop.set()
    await asyncio.wait_for(working, 5)


async def test_a_service_that_cannot_be_calculated_blocks_its_own_declarations_alone(period):
    await period.calculated("A81001")
    async with period.db.transaction() as tx:
        await tx.execute(
            "update quality_service set specification = jsonb_set(specification,"
            " '{constants}', '[]'), digest = 'unsound'"
        )
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))
    await period.settle()
    blocked = await period.of("A81001")
    assert (blocked["status"], blocked["missing"]) == ("INCOMPLETE", ["SERVICE_NOT_SOUND"])


async def test_nothing_is_paid_by_a_constant_that_holds_from_a_later_day(period):
    late = qof().as_json() | {"id": "QOF2526/1", "version": 2}
    late["constants"][0]["effective"] = "2025-09-01"
    await hear(period, "quality-service.published.v1", late)
    await period.calculated("A81001")
    blocked = await period.of("A81001")
    assert (blocked["status"], blocked["missing"]) == ("INCOMPLETE", ["SERVICE_NOT_SOUND"])
    said = await period.ask(
        "approver",
        "query ($id: ID!) { declaration(id: $id) { blockers { message } } }",
        id=blocked["id"],
    )
    assert said["declaration"]["blockers"] == [
        {
            "message": "QOF2526/1 cannot be calculated: its pounds_per_point holds from "
            "2025-09-01 only"
        }
    ]


async def test_two_workers_at_once_calculate_each_declaration_once(period):
    await period.settle()
    await period.prevalence()
    rows = [r for p in ("A81001", "A81002") for r in extract_rows(p, worked_values())]
    await period.load(rows)
    await asyncio.gather(*(period.drain() for _ in range(4)))
    assert (await period.events_by_type())["declaration.calculated.v1"] == 2


async def test_a_history_is_sealed_entry_by_entry_and_the_events_carry_its_head(period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    async with period.db.reader() as reader:
        rows = await reader.fetch("select * from declaration_history order by position")
        declared = await reader.fetch("select * from declaration where provider = 'A81001'")
    rows = [row for row in rows if row["declaration_id"] == declared[0]["id"]]
    previous = ""
    for position, row in enumerate(rows, start=1):
        values = dict(row) | {
            "points": row["points"] and str(row["points"]),
            "pounds": row["pounds"] and str(row["pounds"]),
        }
        assert (row["position"], row["previous"]) == (position, previous)
        assert Entry(**values).sealed().hash == row["hash"]
        previous = row["hash"]
    (event,) = await period.events("declaration.declared.v1")
    assert (event["history_length"], event["history_hash"]) == (len(rows), previous)


@pytest.mark.parametrize(
    "change", ["delete from ledger_entry", "update declaration_history set notes = 'other'"]
)
async def test_what_was_written_into_ledger_and_history_is_never_changed(period, change):
    await period.calculated("A81001")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    with pytest.raises(asyncpg.RaiseError, match="never changed"):
        async with period.db.transaction() as tx:
            await tx.execute(change)


async def test_the_ledger_is_restated_entry_by_entry_as_it_was(period):
    await period.calculated("A81001")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    (first,) = await period.events("payment.authorised.v1")
    async with period.db.transaction() as tx:
        (again,) = [event async for event in payments.republish(tx)]
    assert again.payload == first


async def test_a_declaration_of_nothing_closes_with_an_entry_of_nothing(period):
    none = dict.fromkeys(worked_values(), (0, 100, 500))
    await period.calculated("A81001", values=none)
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    (payment,) = await period.events("payment.authorised.v1")
    assert payment["amount"] == "0.00"
    data = await period.ask("finance", "{ payments { edges { node { status } } } }")
    assert data["payments"]["edges"][0]["node"]["status"] == "CLOSED_ZERO"


async def test_a_new_set_of_prevalences_calculates_anew_what_is_not_paid_yet(period):
    await period.calculated("A81001", "A81002")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    await period.prevalence(dict.fromkeys(qof().prevalence_groups, "0.04"))
    await period.settle()
    assert (await period.of("A81001"))["pounds"] == "37227.05"
    assert (await period.of("A81002"))["pounds"] != "37227.05"


async def test_the_set_that_is_current_loaded_again_changes_nothing(period):
    first = await period.prevalence()
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    before = await period.of("A81001")
    assert await period.prevalence() == first
    await period.settle()
    assert await period.of("A81001") == before

    other = await period.prevalence(dict.fromkeys(qof().prevalence_groups, "0.04"))
    again = await period.prevalence()
    assert again not in (first, other)
    assert await period.prevalence(source="put right") not in (first, other, again)


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"AF": "0.01"}, "PREVALENCE_MISSING"),
        (dict.fromkeys([*qof().prevalence_groups, "XX"], "0.1"), "PREVALENCE_GROUP_UNKNOWN"),
        (dict.fromkeys(qof().prevalence_groups, "0"), "PREVALENCE_NOT_VALID"),
        (dict.fromkeys(qof().prevalence_groups, "1.1"), "PREVALENCE_NOT_VALID"),
        (dict.fromkeys(qof().prevalence_groups, "NaN"), "PREVALENCE_NOT_VALID"),
        (dict.fromkeys(qof().prevalence_groups, "1E-6000"), "PREVALENCE_NOT_VALID"),
    ],
)
async def test_a_set_of_prevalences_that_cannot_be_is_refused_whole(period, values, code):
    assert await period.prevalence(values) == {"errors": [code]}
    async with period.db.reader() as reader:
        assert await reader.fetchval("select count(*) from prevalence_set") == 0


async def test_a_prevalence_given_twice_is_refused(period):
    values = [{"group": group, "prevalence": "0.1"} for group in qof().prevalence_groups]
    query = """mutation ($values: [GroupPrevalenceInput!]!) { loadNationalPrevalence(input: {
        name: "x", qualityService: "QOF2526/1", source: "x", values: $values}) { id } }"""
    twice = await period.ask("data load", query, values=[*values, values[0]])
    assert twice == {"errors": ["PREVALENCE_TWICE"]}
    async with period.db.reader() as reader:
        assert await reader.fetchval("select count(*) from prevalence_set") == 0


def test_every_event_has_an_example_that_fits_in_a_kilobyte():
    assert all(len(c.example.model_dump_json()) < 1_024 for c in CONTRACTS)
