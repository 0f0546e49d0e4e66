"""Who may read and write which topic on the broker, and who may not."""

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.errors import (
    GroupAuthorizationFailedError,
    KafkaConnectionError,
    TopicAuthorizationFailedError,
)

from chassis.kafka import Kafka
from tests.support.stack import TestStack

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("stack"),
]


@pytest.fixture
def finance(stack: TestStack) -> Kafka:
    secrets = stack.secrets
    address = f"127.0.0.1:{secrets['KAFKA_PORT']}"
    return Kafka(address, "finance", secrets["KAFKA_FINANCE_PASSWORD"])


async def produced(kafka: Kafka, topic: str) -> None:
    producer = AIOKafkaProducer(**kafka.connection(), request_timeout_ms=10_000)
    try:
        await producer.start()
        await producer.send_and_wait(topic, b"{}", key=b"a")
    finally:
        await producer.stop()


async def consumed(kafka: Kafka, topic: str, group: str) -> None:
    consumer = AIOKafkaConsumer(topic, **kafka.connection(), group_id=group)
    try:
        await consumer.start()
        await consumer.getmany(timeout_ms=3_000)
        await consumer.commit()
    finally:
        await consumer.stop()


@pytest.mark.parametrize("topic", ["declarations.payment", "declarations.declaration"])
async def test_finance_may_not_write_what_is_ours(finance: Kafka, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await produced(finance, topic)


async def test_finance_may_report_payments(finance: Kafka) -> None:
    await produced(finance, "finance.payment-status")


async def test_finance_reads_the_ledger_in_a_group_of_its_own_name(finance: Kafka) -> None:
    await consumed(finance, "declarations.payment", "finance-tests")
    with pytest.raises(GroupAuthorizationFailedError):
        await consumed(finance, "declarations.payment", "declarations")


@pytest.mark.parametrize("topic", ["organisations.contact", "participation.offer"])
async def test_finance_may_not_read_anything_else(finance: Kafka, topic: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        await consumed(finance, topic, "finance-tests")


async def test_a_wrong_password_lets_nobody_in(finance: Kafka) -> None:
    stranger = Kafka(finance.bootstrap, "finance", "not the password")
    with pytest.raises(KafkaConnectionError):
        await produced(stranger, "finance.payment-status")


_READS = """
import asyncio, os
from aiokafka import AIOKafkaConsumer
from aiokafka.errors import TopicAuthorizationFailedError
from chassis.kafka import Kafka

kafka = Kafka(*(os.environ["CQRS_KAFKA" + name] for name in ("", "_USERNAME", "_PASSWORD")))

async def reads():
    consumer = AIOKafkaConsumer("organisations.contact", **kafka.connection())
    try:
        await consumer.start()
        await consumer.getmany(timeout_ms=3_000)
        print("read")
    except TopicAuthorizationFailedError:
        print("denied")
    finally:
        await consumer.stop()

asyncio.run(reads())
"""


@pytest.mark.parametrize(
    ("service", "told"),
    [("notifications", "read"), ("declarations", "denied"), ("participation", "denied")],
)
def test_names_and_mail_addresses_are_read_by_notifications_alone(
    stack: TestStack, service: str, told: str
) -> None:
    answer = stack.script(f"{service}-worker", _READS)
    assert answer.split()[-1] == told
