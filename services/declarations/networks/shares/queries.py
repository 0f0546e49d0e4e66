"""What each member earned of what its network is paid: information, which pays nobody."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from chassis.db import Reader
from chassis.errors import DomainError
from services.declarations.approval.domain import Status
from services.declarations.calculation import store as calculation
from services.declarations.networks.shares import store
from services.declarations.networks.shares.domain import Earned, divide, weights
from services.declarations.sight import Sight, not_found


@dataclass(frozen=True, slots=True)
class Share:
    practice: str
    numerators: Mapping[str, int]
    part: Fraction
    """Of the whole, before it was rounded to pennies."""
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Shares:
    declaration: UUID
    network: str
    amount: Decimal
    paid: bool
    """Whether the amount is what was authorised, adjustments included; else what is calculated."""
    shares: tuple[Share, ...]


async def shares(reader: Reader, sight: Sight, declaration: UUID) -> Shares:
    """The shares of a network's declaration; they add up to its amount to the penny."""
    row = await store.find(reader, sight, declaration)
    if row is None:
        raise not_found("declaration", declaration)
    members, amount = row["members"], row["pounds"] if row["paid"] is None else row["paid"]
    if row["status"] == Status.CLOSED:
        raise DomainError("CLOSED", "It is closed: nothing is paid for it")
    if amount is None:
        message = "It is incomplete: nothing has been calculated that could be divided"
        raise DomainError("INCOMPLETE", message)
    if members is None:
        message = f"{row['provider']} is paid for what it achieved itself, not for its members"
        raise DomainError("NOT_OF_MEMBERS", message)
    version = (declaration, row["calculation_version"])
    lines = (await calculation.lines_of(reader, [version])).get(version, [])
    numerators = {m["practice"]: _numerators(m) for m in members if m["standing"] == "COUNTED"}
    earned = [
        Earned(
            line.pounds, {code: mine.get(line.indicator, 0) for code, mine in numerators.items()}
        )
        for line in lines
    ]
    divided = _divided(amount, weights(earned), numerators)
    return Shares(declaration, row["provider"], amount, row["paid"] is not None, divided)


def _divided(
    amount: Decimal, parts: Mapping[str, Fraction], numerators: Mapping[str, Mapping[str, int]]
) -> tuple[Share, ...]:
    amounts = divide(amount, parts)
    if amounts is None:
        message = "No member added to a numerator that is paid: there is nothing to divide it by"
        raise DomainError("NOT_DIVISIBLE", message)
    whole = sum(parts.values(), start=Fraction(0)) or Fraction(1)
    return tuple(
        Share(code, numerators[code], parts[code] / whole, share) for code, share in amounts.items()
    )


def _numerators(member: Mapping[str, Any]) -> dict[str, int]:
    values = member.get("values", {})
    return {code: parts["numerator"] or 0 for code, parts in values.items()}
