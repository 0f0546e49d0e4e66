"""What each practice earned of its network's payment, as information (DOMAIN.md 1.14).

A practice's part of an indicator is its part of the numerator that was added up; of a payment for
several indicators, its parts of what each is worth. Pure: no I/O, no clock.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

PENNY = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Earned:
    """An indicator's worth, and what each practice added to its numerator."""

    pounds: Decimal
    numerators: Mapping[str, int]


def weights(lines: Sequence[Earned]) -> dict[str, Fraction]:
    """By practice, what it earned before rounding; every practice that is named is there."""
    found: dict[str, Fraction] = {}
    for line in lines:
        whole = sum(line.numerators.values())
        for practice, numerator in line.numerators.items():
            part = Fraction(numerator, whole) if whole else Fraction(0)
            found[practice] = found.get(practice, Fraction(0)) + part * Fraction(line.pounds)
    return found


def divide(amount: Decimal, parts: Mapping[str, Fraction]) -> dict[str, Decimal] | None:
    """The amount by parts, to the penny: the shares add up to it, and who has no part gets nothing.

    Pennies left over by rounding down go to the largest remainders, of equal ones to the first by
    code. None where something is to be divided and nobody has a part in it.
    """
    whole, pennies = sum(parts.values(), start=Fraction(0)), int(amount / PENNY)
    if not whole:
        return None if pennies else dict.fromkeys(sorted(parts), Decimal("0.00"))
    exact = {one: abs(pennies) * part / whole for one, part in parts.items()}
    shares = {one: int(share) for one, share in exact.items()}
    left = abs(pennies) - sum(shares.values())
    for one in sorted(parts, key=lambda one: (shares[one] - exact[one], one))[:left]:
        shares[one] += 1
    sign = -1 if pennies < 0 else 1
    return {one: sign * shares[one] * PENNY for one in sorted(parts)}
