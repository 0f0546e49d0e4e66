"""What people and finance systems see when parts of the system are stopped or told twice."""

import asyncio
import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from cqrs.england.people import person
from cqrs.play import catalogue, ledger, offers
from cqrs.play.asking import nodes
from cqrs.play.cast import COMMISSIONING, FINANCE_VIEW, Cast
from cqrs.play.offers import Terms
from cqrs.supervisor.first_people import DRAFTING, ENGLAND, PUBLISHING
from tests.e2e.compose.conftest import Played
from tests.support.eventually import eventually
from tests.support.messaging import headers

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("stack"),
]


async def test_notifications_that_were_away_tell_of_the_rejection_once_and_mail_it_once(
    played: Played, cast: Cast
) -> None:
    stack, period = played.stack, played.period
    (icb,) = period.fates
    accepting, rejecting = period.participating[:2]
    stack.clock.set("2025-03-13")
    before = {mail["id"] for mail in await mails_to(stack.system.mail, icb)}
    people = (cast.first(each.subject) for each in (DRAFTING, PUBLISHING))
    line = f"QOF{uuid4().hex[:5].upper()}"
    service = await catalogue.publish(*people, "QOF2526", line)
    terms = Terms(service, "2025-04-01", "2026-03-31", "2025-03-31")
    await offers.make(cast, icb, [accepting, rejecting], terms)
    await asyncio.to_thread(stack.compose, "stop", "notifications-api", "notifications-worker")
    await offers.accept(cast, [accepting], lambda _: None)
    await offers.reject(cast, [rejecting])
    names = ("notifications-api", "notifications-worker")
    await asyncio.to_thread(stack.compose, "up", "-d", "--wait", "--no-build", *names)

    async def told() -> None:
        listed = nodes(cast(COMMISSIONING, icb), "messages", "messages", {})
        of_line = [node async for node in listed if node["qualityService"] == {"id": service}]
        assert [message["subjectCode"] for message in of_line] == ["OFFER_REJECTED"]

    await eventually(told, 60)
    stack.clock.set("2025-03-14")  # mail comes once a day

    async def mailed() -> None:
        (mail,) = [one for one in await mails_to(stack.system.mail, icb) if one["id"] not in before]
        assert "rejected the offer" in mail["text"]
        assert "accepted" not in mail["text"]

    await eventually(mailed, 90)


async def mails_to(page: str, icb: str) -> list[dict[str, Any]]:
    """Those that the commissioner's manager of offers has had."""
    to = person(COMMISSIONING, icb, ()).email
    async with aiohttp.ClientSession() as session, session.get(f"{page}/email") as listed:
        mails = await listed.json()
    return [mail for mail in mails if to in json.dumps(mail["to"])]


async def test_a_subscriber_that_replays_and_reports_twice_has_one_ledger_and_one_settlement(
    played: Played, cast: Cast
) -> None:
    first, second = [await asyncio.to_thread(played.ledger) for _ in range(2)]
    assert first == second
    total = sum((Decimal(entry["amount"]) for entry in first.values()), Decimal(0))
    viewer = cast(FINANCE_VIEW, ENGLAND)
    books = await ledger.compare(viewer, played.stack.system.subscriber, len(first))
    assert (books.entries, books.pounds) == (len(first), total)

    reported = list(first.values())[:100]
    for _ in range(2):
        await _reported(played, reported)
    named = ", ".join(f"'{entry['payment_id']}'" for entry in reported)

    async def settled_once() -> None:
        rows = played.stack.rows("declarations", _SETTLED.format(named))
        assert rows == [("SETTLED", 1)] * len(reported)

    await eventually(settled_once, 90)


_SETTLED = """
select p.status, count(*) from payment p
join declaration_history h
    on h.declaration_id = p.declaration_id and h.action = 'PAYMENT_SETTLED'
where p.id in ({}) group by p.id, p.status
"""


async def _reported(played: Played, ledger_entries: list[dict[str, str]]) -> None:
    secrets = played.stack.secrets
    producer = AIOKafkaProducer(
        bootstrap_servers=f"127.0.0.1:{secrets['KAFKA_PORT']}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username="finance",
        sasl_plain_password=secrets["KAFKA_FINANCE_PASSWORD"],
    )
    await producer.start()
    try:
        for entry in ledger_entries:
            report = {"entry_id": entry["entry_id"], "at": "2026-06-30T06:00:00+00:00"}
            await producer.send(
                "finance.payment-status",
                json.dumps(report).encode(),
                key=entry["payment_id"].encode(),
                headers=headers("payment.settled.v1"),
            )
        await producer.flush()
    finally:
        await producer.stop()
