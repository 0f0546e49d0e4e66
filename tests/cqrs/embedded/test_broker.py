import os
import signal
import subprocess
import sys

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from confluent_kafka.admin import AdminClient

from chassis.topics import declared_topics
from cqrs.embedded.broker import Broker
from tests.support.eventually import soon
from tests.support.processes import assert_gone


def test_the_topics_have_their_declared_partitions(broker: Broker) -> None:
    found = AdminClient({"bootstrap.servers": broker.bootstrap}).list_topics(timeout=10).topics
    for topic in declared_topics():
        assert len(found[topic.name].partitions) == topic.partitions, topic.name
    assert "organisations.person.dead" in found


async def test_what_is_sent_is_read(broker: Broker) -> None:
    producer = AIOKafkaProducer(bootstrap_servers=broker.bootstrap, acks="all")
    await producer.start()
    sent = await producer.send_and_wait("finance.payment-status", b"sent", key=b"one")
    await producer.stop()
    consumer = AIOKafkaConsumer(
        "finance.payment-status",
        bootstrap_servers=broker.bootstrap,
        group_id="test-broker",
        auto_offset_reset="earliest",
    )
    await consumer.start()
    record = await consumer.getone()
    assert (record.key, record.value, record.partition) == (b"one", b"sent", sent.partition)
    await consumer.stop()


def test_the_broker_goes_with_a_parent_that_is_killed() -> None:
    script = (
        "import time; from cqrs.embedded.broker import Broker; "
        "print(Broker.start({'t': 1}).pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        os.kill(server, 0)
        parent.send_signal(signal.SIGKILL)
    soon(lambda: assert_gone(server))
