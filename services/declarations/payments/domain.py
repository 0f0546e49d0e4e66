"""A payment and its ledger: immutable entries, whose sum is what is owed."""

from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID

from nhs.values import FinancialYear


class State(StrEnum):
    """How far an entry has come; a payment is as far as the least advanced of its entries."""

    AUTHORISED = "AUTHORISED"
    SENT = "SENT"
    SETTLED = "SETTLED"
    FAILED = "FAILED"
    CLOSED_ZERO = "CLOSED_ZERO"


REPORTED = (State.SENT, State.FAILED, State.SETTLED)
"""What finance systems report; of two reports of one moment the later of these counts."""


class AlreadySettledError(Exception):
    """A report contradicts a settlement: a person must look."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Where an entry is, and since when by the clock of the finance system."""

    state: State
    at: datetime | None = None

    def after(self, told: State, at: datetime) -> "Progress":
        """Where it is once a report has been heard: itself, where the report tells nothing new.

        In whatever order reports come, and however often, the end is the same: a settlement is
        final, and of the others the latest counts.
        """
        if self.state in {State.CLOSED_ZERO, State.SETTLED}:
            if self.state == State.SETTLED and told == State.FAILED and at > (self.at or at):
                raise AlreadySettledError
            return self
        if told == State.SETTLED or self.at is None:
            return Progress(told, at)
        newer = (at, REPORTED.index(told)) > (self.at, REPORTED.index(self.state))
        return Progress(told, at) if newer else self


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What has been approved, and is now to be paid: a declaration, or one service of a claim."""

    declaration_id: UUID | None
    """None for a claim, which `claim_id` then names."""
    quality_service: str
    service_code: str
    payment_type: str
    period_start: date
    period_end: date
    provider: str
    commissioner: str
    amount: Decimal
    points: Decimal
    calculation_version: int
    """Of a claim: the version of its content."""
    provisional: bool
    claim_id: UUID | None = None
    indicator: str | None = None
    """The one that is paid for; None: all of the service."""
    achieved: Decimal | None = None
    """What was calculated, where advances on it are deducted; else the amount itself."""
    advanced: Decimal | None = None

    def less(self, advanced: Decimal) -> "Authorisation":
        """What remains to be paid, or to be paid back, once the advances are deducted."""
        remains = self.amount - advanced
        return replace(self, amount=remains, achieved=self.amount, advanced=advanced)

    @property
    def subject(self) -> UUID:
        """What was approved, whichever of the two it is."""
        subject = self.declaration_id or self.claim_id
        assert subject is not None
        return subject

    @property
    def financial_year(self) -> str:
        return str(FinancialYear.of(self.period_end))

    @property
    def status(self) -> str:
        """What is worth nothing closes at once, with an entry of nothing."""
        return "AUTHORISED" if self.amount else "CLOSED_ZERO"

    @property
    def narrative(self) -> str:
        """One line for a statement."""
        what = "claim" if self.claim_id else f"{self.points} points"
        if self.advanced:
            what += f", {self.achieved:,} achieved less {self.advanced:,} aspiration"
        service = f"{self.service_code} {self.indicator}" if self.indicator else self.service_code
        text = f"{service} {self.provider} {self.period_start} to {self.period_end}: {what}"
        return f"{text} (PROVISIONAL RULES, DEMONSTRATION)" if self.provisional else text
