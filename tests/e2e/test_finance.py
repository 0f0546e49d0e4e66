"""A finance system over the broker: it reads the ledger, says what became of it, and compares."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition

from chassis.ids import new_id
from chassis.topics import declared_topics
from cqrs.play.cast import APPROVAL, FINANCE
from examples.ledger import entries
from tests.e2e.story import BOARD, PAID
from tests.e2e.topics import event_type, records
from tests.support.eventually import eventually

pytestmark = pytest.mark.xdist_group("system")

TOPIC = "finance.payment-status"
RECONCILIATION = """{ reconciliation(first: 100) { totalCount edges { node {
  periodStart periodEnd payee count amount lastEntry } } } }"""
HISTORY = """query ($id: ID!) { declaration(id: $id) {
  history { action } payment { status amount entries { id status statusAt reference } } } }"""

Entries = dict[str, dict[str, Any]]


async def ledger_of(kafka: str) -> Entries:
    """As any subscriber rebuilds it: each entry once."""
    told = await asyncio.to_thread(lambda: list(entries({"bootstrap.servers": kafka})))
    return {entry["entry_id"]: entry for entry in told if entry["commissioner"] == BOARD}


def added_up(ledger: Entries) -> list[dict[str, Any]]:
    """By period and payee, as `reconciliation` adds up."""
    groups: dict[tuple[str, ...], list[dict[str, Any]]] = {}
    for entry in ledger.values():
        key = (entry["period_start"], entry["period_end"], entry["payee"])
        groups.setdefault(key, []).append(entry)
    return [
        {
            "periodStart": start,
            "periodEnd": end,
            "payee": payee,
            "count": len(some),
            "amount": str(sum((Decimal(each["amount"]) for each in some), Decimal("0.00"))),
            "lastEntry": max(each["entry_id"] for each in some),
        }
        for (start, end, payee), some in groups.items()
    ]


def place(group: dict[str, Any]) -> tuple[str, ...]:
    return group["periodStart"], group["periodEnd"], group["payee"]


async def report(kafka: str, entry: Mapping[str, Any], kinds: Sequence[str]) -> None:
    """Say that it was sent, and that it was settled, as often as it is asked for."""
    at = datetime(2026, 6, 30, 6, tzinfo=UTC).isoformat()
    named = {name: entry[name] for name in ("entry_id", "payment_id")}
    payload = {**named, "at": at, "reference": "BACS 4711"}
    async with AIOKafkaProducer(bootstrap_servers=kafka) as producer:
        for kind in kinds:
            headers = {
                "ce_id": str(new_id()),
                "ce_type": f"payment.{kind}.v1",
                "ce_source": "finance",
                "ce_time": at,
                "ce_specversion": "1.0",
                "content-type": "application/json",
            }
            await producer.send_and_wait(
                TOPIC,
                json.dumps(payload).encode(),
                key=entry["payment_id"].encode(),
                headers=[(name, value.encode()) for name, value in headers.items()],
            )


async def all_is_read(kafka: str) -> None:
    """Declarations have committed what lies on the topic, to its end."""
    async with AIOKafkaConsumer(
        bootstrap_servers=kafka, group_id="declarations", enable_auto_commit=False
    ) as consumer:
        (topic,) = (each for each in declared_topics() if each.name == TOPIC)
        every = [TopicPartition(TOPIC, number) for number in range(topic.partitions)]
        consumer.assign(every)
        ends = await consumer.end_offsets(every)
        for partition, end in ends.items():
            assert (await consumer.committed(partition) or 0) >= end


async def told(kafka: str, declaration: str) -> list[str]:
    found = [each for each in await records(kafka) if each.key.decode() == declaration]
    kinds = [event_type(each) for each in found]
    return sorted(kind for kind in kinds if kind.startswith("declaration.payment-"))


async def test_a_settlement_that_finance_tells_twice_is_one_and_its_ledger_is_complete(
    story, system, cast
):
    kafka = system.running.kafka
    ledger = await ledger_of(kafka)
    reconciled = (await cast(FINANCE, BOARD).ask(RECONCILIATION))["reconciliation"]
    nodes = [edge["node"] for edge in reconciled["edges"]]
    assert reconciled["totalCount"] == len(nodes)
    assert sorted(nodes, key=place) == sorted(added_up(ledger), key=place)

    (entry,) = (
        each
        for each in ledger.values()
        if each["provider"] == PAID and each["quality_service"] == story.quality_service
    )
    await report(kafka, entry, ["sent", "sent", "settled", "settled"])
    await eventually(lambda: all_is_read(kafka), 30)

    seen = await cast(APPROVAL, BOARD).ask(HISTORY, id=entry["declaration_id"])
    actions = [each["action"] for each in seen["declaration"]["history"]]
    assert actions.count("PAYMENT_SENT") == actions.count("PAYMENT_SETTLED") == 1
    payment = seen["declaration"]["payment"]
    assert (payment["status"], payment["amount"]) == ("SETTLED", "37227.05")
    (settled,) = payment["entries"]
    assert (settled["id"], settled["status"], settled["reference"]) == (
        entry["entry_id"],
        "SETTLED",
        "BACS 4711",
    )

    async def each_was_told_once() -> None:
        assert await told(kafka, entry["declaration_id"]) == [
            "declaration.payment-sent.v1",
            "declaration.payment-settled.v1",
        ]

    await eventually(each_was_told_once, 30)
    assert await ledger_of(kafka) == ledger
