"""Cut-offs of payments, and whose turn it is before one. Pure: no I/O, no clock."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from chassis.errors import DomainError
from nhs.values import PAYMENT_TYPES
from services.declarations.approval.domain import (
    FINAL,
    Declaration,
    Missing,
    RefusedError,
    Status,
)

MOST: Final = 500
"""Cut-offs of one load: years of them."""


@dataclass(frozen=True, slots=True)
class CutOff:
    """Approved by one day, paid on another; of one service, one payment type, or everything."""

    approve_by: date
    pay_on: date
    declare_by: date | None = None
    service_code: str | None = None
    payment_type: str | None = None

    @property
    def about(self) -> tuple[date, str | None, str | None]:
        return self.approve_by, self.service_code, self.payment_type


def check(given: Sequence[CutOff], services: Collection[str]) -> None:
    """Refuse a load with a fault, naming the first; `services` are those that are known."""
    if not 0 < len(given) <= MOST:
        message = f"A load holds 1 to {MOST} cut-offs, not {len(given)}"
        raise DomainError("CUT_OFFS_NOT_SO_MANY", message, field="cutOffs")
    seen: set[object] = set()
    for number, one in enumerate(given):
        _check(one, f"cutOffs.{number}", services)
        if one.about in seen:
            message = f"{one.approve_by} is given twice for the same services"
            raise DomainError("CUT_OFF_GIVEN_TWICE", message, field=f"cutOffs.{number}.approveBy")
        seen.add(one.about)


def _check(one: CutOff, field: str, services: Collection[str]) -> None:
    if one.service_code is not None and one.payment_type is not None:
        message = "A cut-off is of one service or of one payment type, not of both"
        raise DomainError("CUT_OFF_OF_BOTH", message, field=f"{field}.paymentType")
    if one.service_code is not None and one.service_code not in services:
        message = f"No published quality service {one.service_code} is known"
        raise DomainError("UNKNOWN_SERVICE", message, field=f"{field}.service")
    if one.payment_type is not None and one.payment_type not in PAYMENT_TYPES:
        message = f"There is no payment type {one.payment_type}"
        raise DomainError("PAYMENT_TYPE_UNKNOWN", message, field=f"{field}.paymentType")
    if one.pay_on < one.approve_by:
        message = f"What is approved by {one.approve_by} cannot be paid on {one.pay_on}"
        raise DomainError("DATES_OUT_OF_ORDER", message, field=f"{field}.payOn")
    if one.declare_by is not None and one.declare_by > one.approve_by:
        message = f"What is declared on {one.declare_by} cannot be approved by {one.approve_by}"
        raise DomainError("DATES_OUT_OF_ORDER", message, field=f"{field}.declareBy")


class Turn(StrEnum):
    """Whose step it is, by what they are to do."""

    SUBMIT = "SUBMIT"
    DECLARE = "DECLARE"
    APPROVE = "APPROVE"
    FINANCE_APPROVE = "FINANCE_APPROVE"


_TURNS: Final = {
    Status.INCOMPLETE: Turn.SUBMIT,
    Status.AWAITING_NETWORK_ACHIEVEMENT: Turn.SUBMIT,
    Status.AWAITING_PROVIDER_APPROVAL: Turn.DECLARE,
    Status.AWAITING_COMMISSIONER_APPROVAL: Turn.APPROVE,
    Status.AWAITING_FINANCE_APPROVAL: Turn.FINANCE_APPROVE,
}


@dataclass(frozen=True, slots=True)
class Reminder:
    """Whose turn it is, and the organisations that are told."""

    declaration: Declaration
    turn: Turn
    waits_for: tuple[str, ...]


def remind(declaration: Declaration, *, reminded_today: bool) -> Reminder:
    """Whom to remind; refused where nobody can do anything, or was reminded today."""
    if declaration.status in FINAL:
        raise RefusedError("WRONG_STATUS", f"It is {declaration.status}: it waits for nobody")
    if declaration.held:
        raise RefusedError("HELD", f"It is held: {declaration.hold_reason}")
    if reminded_today:
        raise RefusedError("REMINDED_TODAY", "Whoever it waits for was reminded of it today")
    turn = _TURNS[declaration.status]
    if turn is Turn.SUBMIT and not _lacking(declaration):
        causes = "; ".join(one.message for one in declaration.blockers)
        raise RefusedError("NOTHING_TO_SUBMIT", f"It waits for what no provider submits: {causes}")
    return Reminder(declaration, turn, _waits_for(declaration, turn))


def _lacking(declaration: Declaration) -> list[Missing]:
    """The values that are missing: list sizes and national figures are others' to load."""
    return [one for one in declaration.blockers if one.code == "VALUES_MISSING"]


def _waits_for(declaration: Declaration, turn: Turn) -> tuple[str, ...]:
    """A network waits for those of its members whose values are missing."""
    if turn in {Turn.APPROVE, Turn.FINANCE_APPROVE}:
        return (declaration.commissioner,)
    members = {one.provider for one in _lacking(declaration) if one.provider}
    if turn is Turn.SUBMIT and members:
        return tuple(sorted(members))
    return (declaration.provider,)
