"""Whatever happens to an offer, in whatever order, it keeps to the states of DOMAIN 10.1."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from chassis.errors import DomainError
from services.participation.offers.domain.making import Service, Terms
from services.participation.offers.domain.offer import Status
from services.participation.offers.domain.standing import TakesPartUntil

START, END = date(2025, 4, 1), date(2026, 3, 31)
QOF = Service("QOF2526/1", "QOF2526", "QOF", "PRACTICE", START, END, False)
DAYS = st.dates(date(2025, 3, 1), date(2026, 6, 30))

MAY = {
    # what somebody wants, and the states in which they may: what it leads to
    "accept": ({"OFFERED"}, "APPROVED", None),
    "reject": ({"OFFERED"}, "REJECTED", None),
    "withdraw": ({"OFFERED"}, "CANCELLED", "WITHDRAWN"),
    "cancel": ({"APPROVED", "REJECTED"}, "CANCELLED", "CANCELLED"),
}
"""The job aid's machine, written down apart from the code."""


class Offers(RuleBasedStateMachine):
    def __init__(self):
        super().__init__()
        self.today = date(2025, 3, 13)
        terms = Terms(QOF, "QHM", START, END, date(2025, 3, 31), None)
        self.offer = terms.offer_to("A81001", UUID(int=1), datetime(2025, 3, 13, tzinfo=UTC))
        self.status, self.kind = "OFFERED", None

    def tried(self, verb, attempt, *, hindered=None):
        """Try it; the machine's table, and a guard beside it, say what must come of that."""
        allowed, leads_to, kind = MAY[verb]
        refusal = hindered if self.status in allowed else "TRANSITION_NOT_ALLOWED"
        if refusal:
            with pytest.raises(DomainError) as refused:
                attempt()
            assert refused.value.code == refusal
            assert self.status in allowed or self.status in refused.value.message
            return
        before, self.offer = self.offer, attempt()
        assert self.offer.version == before.version + 1
        self.status, self.kind = leads_to, kind

    @rule(days=st.integers(0, 120))
    def time_passes(self, days):
        self.today += timedelta(days=days)

    @rule(until=st.none() | DAYS)
    def accept(self, until):
        hindered = None
        if self.today > self.offer.response_due_on:
            hindered = "RESPONSE_DATE_PASSED"
        elif until and until < max(START, self.today):
            hindered = "PROVIDER_CLOSED"
        standing = until and TakesPartUntil(until, "PROVIDER_CLOSED")
        self.tried("accept", lambda: self.offer.accept(self.today, standing), hindered=hindered)

    @rule()
    def reject(self):
        self.tried("reject", lambda: self.offer.reject("No nurses"))

    @rule()
    def withdraw(self):
        self.tried("withdraw", lambda: self.offer.withdraw(None))

    @rule()
    def cancel(self):
        self.tried("cancel", lambda: self.offer.cancel(self.today, None))

    @precondition(lambda self: self.status == "OFFERED" and self.today <= END)
    @rule(days=st.integers(0, 30))
    def extend(self, days):
        due = min(self.today + timedelta(days=days), END)
        if due > self.offer.response_due_on:
            self.offer = self.offer.extend(self.today, due)
            assert self.offer.response_due_on == due

    @rule(until=st.none() | DAYS)
    def ods_says(self, until):
        followed = self.offer.follow(until and TakesPartUntil(until, "PROVIDER_CLOSED"))
        if followed:
            assert self.status == "APPROVED"
            self.offer = followed[1]

    @invariant()
    def it_is_in_the_state_the_machine_says(self):
        assert (self.offer.status, self.offer.cancel_kind) == (self.status, self.kind)

    @invariant()
    def it_is_cancelled_just_where_it_says_how(self):
        assert (self.offer.status is Status.CANCELLED) == (self.offer.cancel_kind is not None)

    @invariant()
    def its_participation_ends_on_one_of_its_days_or_never_began(self):
        ended = self.offer.ended_on
        assert ended is None or START - timedelta(days=1) <= ended <= END
        took_part = self.offer.participation
        assert took_part is None or START <= took_part.start <= took_part.end <= END
        if ended:
            days = (ended - START).days + 1
            assert days == (took_part.days if took_part else 0)


TestOffers = Offers.TestCase
