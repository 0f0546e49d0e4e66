"""What a proposal may say, and what becomes of a practice's memberships."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.errors import DomainError
from chassis.ids import new_id
from services.organisations.network.domain import Span, in_force, overlaps
from services.organisations.network.proposals.domain import (
    Commissioner,
    Ground,
    Kind,
    Open,
    Proposal,
    Status,
    to_decide,
)

D = date
TODAY, AT = D(2025, 6, 10), datetime(2025, 6, 10, 9, tzinfo=UTC)
ALWAYS = Open("A99001", None, None), Open("U99002", None, None)
LEAVING = [Span(D(2019, 10, 1), "U99002")]


def proposal(kind, on, status=Status.PROPOSED):
    return Proposal(new_id(), 1, "A99001", "U99002", kind, on, "Why", "QQ1", status, AT, new_id())


def ground(*memberships, practice=ALWAYS[0], pcn=ALWAYS[1], commissioned=True):
    return Ground(practice, pcn, memberships, commissioned)


def refusal(one, ground_):
    with pytest.raises(DomainError) as refused:
        one.check(ground_, TODAY)
    return refused.value.code, refused.value.field


def test_a_practice_that_leaves_is_a_member_until_the_day_before():
    one = proposal(Kind.LEAVE, D(2025, 5, 1))
    before = Span(D(2019, 7, 1), "U99001", D(2019, 9, 30))
    assert one.becomes(ground(before, *LEAVING)) == [
        before,
        Span(D(2019, 10, 1), "U99002", D(2025, 4, 30)),
    ]


def test_a_practice_that_joins_leaves_the_network_it_was_in():
    one = proposal(Kind.JOIN, D(2025, 7, 1))
    assert one.becomes(ground(Span(D(2019, 10, 1), "U99001"))) == [
        Span(D(2019, 10, 1), "U99001", D(2025, 6, 30)),
        Span(D(2025, 7, 1), "U99002"),
    ]
    assert one.becomes(ground()) == [Span(D(2025, 7, 1), "U99002")]


CLOSED = Open("A99001", D(1974, 4, 1), D(2025, 6, 30))
NEW = Open("U99002", D(2025, 8, 1), None)
REFUSED = [
    (Kind.JOIN, ground(practice=CLOSED), "PRACTICE_CLOSED", "effectiveOn"),
    (Kind.JOIN, ground(pcn=NEW), "PCN_CLOSED", "effectiveOn"),
    (Kind.JOIN, ground(commissioned=False), "NOT_COMMISSIONED", "practice"),
    (Kind.JOIN, ground(*LEAVING), "MEMBER_ALREADY", "practice"),
    (Kind.JOIN, ground(Span(D(2025, 9, 1), "U99001")), "MEMBERSHIP_FOLLOWS", "effectiveOn"),
    (Kind.LEAVE, ground(), "NOT_A_MEMBER", "practice"),
    (Kind.LEAVE, ground(Span(D(2019, 10, 1), "U99001")), "NOT_A_MEMBER", "practice"),
    (Kind.LEAVE, ground(Span(D(2025, 7, 1), "U99002")), "DATES_OUT_OF_ORDER", "effectiveOn"),
]


@pytest.mark.parametrize(("kind", "on", "code", "field"), REFUSED)
def test_what_could_not_be_confirmed_is_not_proposed(kind, on, code, field):
    assert refusal(proposal(kind, D(2025, 7, 1)), on) == (code, field)


@pytest.mark.parametrize("on", [D(2022, 1, 1), D(2030, 1, 1), D(9999, 12, 31)])
def test_a_day_years_away_is_a_slip_of_the_pen(on):
    assert refusal(proposal(Kind.JOIN, on), ground()) == ("DATE_TOO_FAR", "effectiveOn")


@pytest.mark.parametrize("status", [one for one in Status if one is not Status.PROPOSED])
def test_what_is_decided_stays_decided(status):
    one = proposal(Kind.JOIN, TODAY, status)
    for decide in (one.confirm, one.withdraw, one.overtake, lambda at: one.refuse(at, "No")):
        with pytest.raises(DomainError) as refused:
            decide(AT)
        assert refused.value.code == "TRANSITION_NOT_ALLOWED"


def test_the_lowest_commissioner_where_somebody_may_decide_is_told():
    none = [Commissioner("98A", decides=False), Commissioner("QQ1", decides=False)]
    assert to_decide(none) == "QQ1"
    assert to_decide([Commissioner("98A", decides=True), none[1]]) == "98A"
    assert to_decide([none[0], Commissioner("QQ1", decides=True)]) == "QQ1"


DAYS = st.dates(D(2024, 7, 1), D(2026, 4, 1))


@st.composite
def histories(draw):
    def span():
        start, lasting = draw(DAYS), draw(st.none() | st.integers(0, 200))
        end = None if lasting is None else start + timedelta(days=lasting)
        return Span(start, draw(st.sampled_from(["U99001", "U99002", "U99003"])), end)

    return in_force(span() for _ in range(draw(st.integers(0, 5))))


@given(histories(), st.sampled_from(Kind), DAYS)
def test_whatever_is_confirmed_leaves_no_two_memberships_on_a_day(history, kind, on):
    one = proposal(kind, on)
    if one.is_moot(ground(*history)):
        return
    after = one.becomes(ground(*history))
    assert overlaps(after) == []
    members = [span.target for span in after if span.valid_from <= on <= span.end]
    assert (members == ["U99002"]) is (kind is Kind.JOIN)
    before_the_day = on - timedelta(days=1)
    held = [
        [s.target for s in spans if s.valid_from <= before_the_day <= s.end]
        for spans in (history, after)
    ]
    assert held[0] == held[1]
    assert one.is_moot(ground(*after))
