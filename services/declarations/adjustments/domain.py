"""What an adjustment may be. Pure: no I/O, no clock."""

from decimal import Decimal
from typing import Final
from uuid import UUID

from chassis.errors import DomainError

NOTHING: Final = Decimal("0.00")


def check(amount: Decimal, paid: Decimal, least: Decimal = NOTHING) -> None:
    """Refuse what changes nothing, and what takes back more than was paid in all.

    `least`: what a payment may come to. It is below nought where something was advanced, which is
    taken back with it, and where what was calculated is itself taken back.
    """
    if not amount:
        message = "An adjustment of £0.00 changes nothing."
        raise DomainError("ADJUSTMENT_OF_NOTHING", message, field="amount")
    if amount < 0 and paid + amount < least:
        message = f"It would take back more than the £{paid - least} that was paid in all."
        raise DomainError("ADJUSTMENT_BELOW_NOTHING", message, field="amount", paid=str(paid))


def check_duties(proposed_by: UUID, by: UUID, *, joined: bool) -> bool:
    """Refuse who proposed it, unless the commissioner joins duties; whether it was the same."""
    if proposed_by == by and not joined:
        message = "Nobody approves the adjustment that they proposed."
        raise DomainError("SEPARATION_OF_DUTIES", message)
    return proposed_by == by
