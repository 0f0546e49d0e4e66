"""Noticing that records are gone."""

import pytest
from aiokafka import ConsumerRecord, TopicPartition

from chassis.offsets import LostOffsetError, Offsets
from chassis.topics import declared_topics

COMPACTED = next(topic.name for topic in declared_topics() if topic.compacted)


def record(offset: int, topic: str = "t", partition: int = 0) -> ConsumerRecord:
    return ConsumerRecord(topic, partition, offset, 0, 0, b"k", b"v", None, 1, 1, ())


def test_records_that_follow_on_are_let_by():
    offsets = Offsets(forgetful=True)
    offsets.follow([record(5), record(6), record(0, partition=1)])
    offsets.follow([record(7), record(1, partition=1)])


def test_a_gap_between_batches_stops_the_reader():
    offsets = Offsets(forgetful=True)
    offsets.follow([record(5)])
    with pytest.raises(LostOffsetError, match="t, partition 0: records 6 to 8 are gone"):
        offsets.follow([record(9)])


def test_a_gap_within_a_batch_stops_the_reader():
    with pytest.raises(LostOffsetError):
        Offsets(forgetful=True).follow([record(1), record(3)])


def test_a_record_delivered_again_is_no_gap():
    offsets = Offsets(forgetful=True)
    offsets.follow([record(5), record(6)])
    offsets.follow([record(5), record(6), record(7)])


def test_a_partition_set_back_is_followed_from_there():
    offsets = Offsets(forgetful=True)
    offsets.follow([record(5), record(6), record(7)])
    offsets.back_to(TopicPartition("t", 0), 6)
    offsets.follow([record(6)])


def test_compaction_may_leave_gaps():
    Offsets(forgetful=False).follow([record(1, COMPACTED), record(9, COMPACTED)])


def test_a_broker_that_forgets_may_not_leave_gaps_even_in_a_compacted_topic():
    with pytest.raises(LostOffsetError):
        Offsets(forgetful=True).follow([record(1, COMPACTED), record(9, COMPACTED)])
