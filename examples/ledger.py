"""A finance system in forty lines: rebuild the ledger of authorised payments from Kafka.

    python examples/ledger.py BOOTSTRAP [setting=value …]

Settings are librdkafka's own, for a broker that asks who is there:
`security.protocol=SASL_PLAINTEXT sasl.mechanism=PLAIN sasl.username=finance sasl.password=…`.
The one rule: an entry counts once, by its `entry_id`, in whatever order and however often it comes.
"""

import json
import sys
from collections.abc import Iterator
from decimal import Decimal

from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

TOPIC = "declarations.payment"


def entries(settings: dict[str, str]) -> Iterator[dict[str, str]]:
    """Every entry on the topic, from its beginning to its end."""
    consumer = Consumer({"group.id": "finance-example", "enable.partition.eof": "true"} | settings)
    unfinished = set(consumer.list_topics(TOPIC, timeout=10).topics[TOPIC].partitions)
    consumer.assign([TopicPartition(TOPIC, number, OFFSET_BEGINNING) for number in unfinished])
    while unfinished:
        record = consumer.poll(10)
        if record is None:
            sys.exit(f"no answer from {settings['bootstrap.servers']}")
        if (error := record.error()) is None:
            yield json.loads(record.value() or b"")
        elif error.code() == KafkaError._PARTITION_EOF:  # noqa: SLF001 - its public name
            unfinished.discard(record.partition())
        else:
            sys.exit(str(error))
    consumer.close()


if __name__ == "__main__":
    given = dict(word.split("=", 1) for word in sys.argv[2:])
    ledger = {e["entry_id"]: e for e in entries({"bootstrap.servers": sys.argv[1]} | given)}
    total = sum((Decimal(entry["amount"]) for entry in ledger.values()), Decimal("0.00"))
    print(json.dumps({"entries": len(ledger), "total": str(total)}))
