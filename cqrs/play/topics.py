"""How many events each topic holds."""

from confluent_kafka import Consumer, TopicPartition

from chassis.topics import declared_topics


def events(bootstrap: str) -> dict[str, int]:
    """Events sent so far by topic, those included that the broker has dropped since."""
    consumer = Consumer({"bootstrap.servers": bootstrap, "group.id": "cqrs-count"})
    try:
        return {
            topic.name: _sent(consumer, topic.name, topic.partitions) for topic in declared_topics()
        }
    finally:
        consumer.close()


def _sent(consumer: Consumer, name: str, partitions: int) -> int:
    ends = (
        consumer.get_watermark_offsets(TopicPartition(name, number), timeout=10)
        for number in range(partitions)
    )
    return sum(end[1] for end in ends if end)
