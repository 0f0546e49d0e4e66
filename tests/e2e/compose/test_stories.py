"""What people and finance systems see when parts of the system are stopped or told twice."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import aiohttp
import pytest
from aiokafka import AIOKafkaProducer

from cqrs.england.people import person
from cqrs.play import catalogue, ledger, offers
from cqrs.play.cast import COMMISSIONING, FINANCE_VIEW, Cast
from cqrs.play.gateway import document
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

    async def both_heard() -> None:
        (of_line,) = stack.rows("participation", _ANSWERED.format(service))
        named = ", ".join(f"'{offer}'" for offer in of_line)
        assert stack.rows("notifications", _HEARD.format(named)) == [(2,)]

    await eventually(both_heard, 60)
    listed = (await cast(COMMISSIONING, icb).ask(_TOLD))["messages"]["edges"]
    told = [edge["node"] for edge in listed if edge["node"]["qualityService"] == {"id": service}]
    ((name,),) = stack.rows("participation", _NAME.format(rejecting))
    assert [message["subjectCode"] for message in told] == ["OFFER_REJECTED"]
    assert told[0]["body"].startswith(f"{name} rejected the offer")
    stack.clock.set("2025-03-14")  # mail comes once a day

    async def mailed() -> None:
        (mail,) = [one for one in await mails_to(stack.system.mail, icb) if one["id"] not in before]
        assert f"{name} rejected the offer" in mail["text"]
        assert "accepted" not in mail["text"]

    await eventually(mailed, 90)
    await asyncio.sleep(_ANOTHER_MAIL)
    await mailed()


_TOLD = """{ messages(filter: {subjectCodes: ["OFFER_ACCEPTED", "OFFER_REJECTED"]}, first: 100) {
    edges { node { subjectCode body qualityService { id } } } } }"""
_ANSWERED = """
select max(id::text) filter (where status = 'REJECTED') as rejected,
    max(id::text) filter (where status <> 'REJECTED') as accepted
from offer where quality_service = '{}'
"""
_HEARD = "select count(*) from step_heard where about_id in ({})"
_NAME = "select name from directory.organisation where ods_code = '{}'"
_ANOTHER_MAIL = 5.0
"""Seconds in which a second mail, were there one, would have come."""


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

    reports = [await _reported(played, list(first.values())) for _ in range(2)]

    async def both_heard() -> None:
        heard = {one for (one,) in played.stack.rows("declarations", _HEARD_OF_FINANCE)}
        assert all(report <= heard for report in reports)

    await eventually(both_heard, 240)
    settled = await viewer.ask(document("payment_total"), filter={"status": "SETTLED"})
    assert settled["paymentTotal"] == {"count": len(first), "amount": str(total)}
    settlements = dict(played.stack.rows("declarations", _SETTLEMENTS))
    assert settlements == dict.fromkeys((entry["payment_id"] for entry in first.values()), 1)


_HEARD_OF_FINANCE = "select event from chassis.inbox where reader = 'declarations'"
_SETTLEMENTS = """
select p.id, count(*) from payment p
join declaration_history h
    on h.declaration_id = p.declaration_id and h.action = 'PAYMENT_SETTLED'
group by p.id
"""


async def _reported(played: Played, ledger_entries: Sequence[Mapping[str, str]]) -> set[str]:
    """Each payment settled; answers the reports' ids."""
    secrets = played.stack.secrets
    producer = AIOKafkaProducer(
        bootstrap_servers=f"127.0.0.1:{secrets['KAFKA_PORT']}",
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism="PLAIN",
        sasl_plain_username="finance",
        sasl_plain_password=secrets["KAFKA_FINANCE_PASSWORD"],
    )
    ids = {str(uuid4()): entry for entry in ledger_entries}
    await producer.start()
    try:
        for event, entry in ids.items():
            report = {"entry_id": entry["entry_id"], "at": "2026-06-30T06:00:00+00:00"}
            await producer.send(
                "finance.payment-status",
                json.dumps(report).encode(),
                key=entry["payment_id"].encode(),
                headers=headers("payment.settled.v1", UUID(event)),
            )
        await producer.flush()
    finally:
        await producer.stop()
    return set(ids)
