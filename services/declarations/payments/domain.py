"""A payment and its ledger: immutable entries, whose sum is what is owed."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from nhs.values import FinancialYear


@dataclass(frozen=True, slots=True)
class Authorisation:
    """What finance has approved, and is now to be paid."""

    declaration_id: UUID
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
    provisional: bool

    @property
    def financial_year(self) -> str:
        return str(FinancialYear.of(self.period_end))

    @property
    def status(self) -> str:
        """A declaration of nothing closes at once, with an entry of nothing."""
        return "AUTHORISED" if self.amount else "CLOSED_ZERO"

    @property
    def narrative(self) -> str:
        """One line for a statement."""
        text = (
            f"{self.service_code} {self.provider} {self.period_start} to {self.period_end}: "
            f"{self.points} points"
        )
        return f"{text} (PROVISIONAL RULES, DEMONSTRATION)" if self.provisional else text
