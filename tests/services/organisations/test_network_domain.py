"""Days on which one organisation belongs to another."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from services.organisations.network.domain import (
    Span,
    belonging_to,
    ending,
    followed_by,
    in_force,
    overlaps,
)

D = date
DAYS = st.dates(date(2020, 1, 1), date(2020, 3, 1))


@st.composite
def spans(draw):
    start, lasting = draw(DAYS), draw(st.none() | st.integers(0, 40))
    end = None if lasting is None else start + timedelta(days=lasting)
    return Span(start, draw(st.sampled_from("ABC")), end)


def test_where_two_share_a_day_the_later_start_holds():
    rows = [Span(D(2019, 10, 1), "U86966", D(2022, 7, 1)), Span(D(2022, 7, 1), "U11211")]
    assert overlaps(rows) == [(rows[0], rows[1])]
    assert in_force(rows) == [Span(D(2019, 10, 1), "U86966", D(2022, 6, 30)), rows[1]]


def test_a_membership_within_another_interrupts_it():
    longer, shorter = Span(D(2020, 1, 1), "A"), Span(D(2020, 2, 1), "B", D(2020, 2, 9))
    assert in_force([shorter, longer]) == [
        Span(D(2020, 1, 1), "A", D(2020, 1, 31)),
        shorter,
        Span(D(2020, 2, 10), "A"),
    ]


@given(st.lists(spans(), max_size=6))
def test_no_two_in_force_share_a_day_and_no_day_is_lost(rows):
    made = in_force(rows)
    assert overlaps(made) == []
    for day in (date(2019, 12, 31) + timedelta(days=n) for n in range(110)):
        here = [row for row in rows if row.valid_from <= day <= row.end]
        held = [span.target for span in made if span.valid_from <= day <= span.end]
        assert held == ([max(here).target] if here else [])
    assert in_force(made) == made


def test_a_new_commissioner_follows_the_one_known_until_then():
    history = [Span(D(2013, 4, 1), "00L")]
    new = Span(D(2020, 4, 1), "16C")
    after = followed_by(history, new)
    assert after == [Span(D(2013, 4, 1), "00L", D(2020, 3, 31)), new]
    assert followed_by(after, new) == after
    assert followed_by(after, Span(D(2013, 4, 1), "00L")) == history


def test_a_commissioner_known_from_another_day_is_known_from_the_new_one():
    history = [Span(D(2013, 4, 1), "00L", D(2020, 3, 31)), Span(D(2020, 4, 1), "16C")]
    later = Span(D(2020, 5, 1), "16C")
    assert followed_by(history, later) == [history[0], later]
    assert followed_by([history[0], later], history[1]) == history
    again = Span(D(2022, 4, 1), "00L")
    returned = [history[0], Span(D(2020, 4, 1), "16C", D(2022, 3, 31)), again]
    assert followed_by(history, again) == returned
    assert followed_by(returned, again) == returned


def test_one_who_does_not_say_since_when_changes_nothing_that_is_known():
    today, first = D(2026, 4, 9), D(2013, 4, 1)
    history = [Span(D(2020, 4, 1), "QHM")]
    assert belonging_to([], "QHM", today, first) == [Span(first, "QHM")]
    assert belonging_to(history, "QHM", today, first) == history
    moved = belonging_to(history, "QNA", today, first)
    assert moved == [Span(D(2020, 4, 1), "QHM", D(2026, 4, 8)), Span(today, "QNA")]
    assert belonging_to(moved, "QHM", today, first) == history


def test_an_end_cuts_what_comes_after_and_can_be_lifted():
    history = [Span(D(2020, 1, 1), "A", D(2020, 5, 1)), Span(D(2020, 5, 2), "B")]
    ended = ending(history, D(2021, 1, 1))
    assert ended == [history[0], Span(D(2020, 5, 2), "B", D(2021, 1, 1))]
    assert ending(ended, None) == history
    assert ending(history, D(2020, 5, 1)) == history[:1]
    assert ending([], D(2020, 5, 1)) == []
