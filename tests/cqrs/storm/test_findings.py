"""What a storm's checker says of rows, events and readers that differ: each thing by its name."""

from collections import Counter

import pytest

from cqrs.storm.findings import Findings, Step
from cqrs.storm.topics import Told


def event(key: str, step: int, *, place: int, id: str = "") -> tuple[Step, Told]:
    return (key, step), Told(key, id or f"{key}-{step}", "offer.made.v1", (0, place), {})


ROWS = {("a", 1), ("a", 2), ("b", 1)}
EVENTS = [event("a", 1, place=0), event("b", 1, place=1), event("a", 2, place=2)]


@pytest.fixture
def found() -> Findings:
    return Findings()


def test_nothing_is_found_where_nothing_differs(found):
    found.steps("offer", ROWS, EVENTS)
    assert found == Findings(events=3)
    assert found.sound


def test_a_row_without_its_event_is_lost(found):
    found.steps("offer", ROWS, EVENTS[:2])
    assert found.lost == ["event of offer a, 2"]
    assert not found.sound


def test_an_event_without_its_row_is_lost(found):
    found.steps("offer", ROWS - {("a", 2)}, EVENTS)
    assert found.lost == ["row of offer a, 2"]


def test_an_event_delivered_again_is_no_fault_wherever_it_comes(found):
    found.steps("offer", ROWS, [*EVENTS, event("a", 1, place=9)])
    assert found == Findings(events=3, again=1)


def test_two_events_of_one_step_are_doubled(found):
    found.steps("offer", ROWS, [*EVENTS, event("b", 1, place=9, id="another")])
    assert found.doubled == ["2 events of offer b, 1"]


def test_events_of_one_aggregate_in_another_order_are_reordered(found):
    found.steps("offer", ROWS, [event("a", 2, place=0), event("a", 1, place=1), EVENTS[1]])
    assert found.reordered == ["offer a: [2, 1]"]


def test_a_row_that_is_newer_or_older_than_its_last_event_is_lost(found):
    found.newest("person", {"a": 3, "b": 1, "c": 1}, EVENTS)
    assert found.lost == [
        "person a: the row is of version 3, the event of 2",
        "person c: the row is of version 1, the event of None",
    ]


def test_an_older_event_that_was_compacted_is_not_lost(found):
    found.newest("person", {"a": 2, "b": 1}, EVENTS[1:])
    assert found.sound


def test_a_reader_that_is_behind_or_knows_more_is_named(found):
    found.heard("person", "declarations", {"a": 2, "b": 1}, {"a": 1, "c": 1})
    assert found.lost == [
        "person a in declarations: version 1 of 2",
        "person b in declarations: version None of 1",
    ]
    assert found.doubled == ["person c in declarations alone"]


def test_a_command_acknowledged_more_often_than_it_was_done_is_lost(found):
    found.acknowledged("approveDeclarations", ["a", "a", "b"], Counter({"a": 1, "b": 1}))
    assert found.lost == ["approveDeclarations a"]


def test_a_ledger_entry_that_one_side_has_alone_is_lost(found):
    found.ledger(["a", "b"], ["b", "c"])
    assert found.lost == ["ledger entry a on the topic", "ledger entry c in the rows"]


def test_an_event_that_nobody_was_told_of_is_lost(found):
    found.told([told for _, told in EVENTS], ["a-1", "b-1"])
    assert found.lost == ["message of offer.made.v1 a-2"]
