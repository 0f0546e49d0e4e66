"""Exact shares as people read them. Pure."""

from decimal import Decimal
from fractions import Fraction


def percentage(part: Fraction) -> str:
    """In hundredths of a per cent, halves up: "71.88" for 23/32."""
    hundredths = (part * 10_000 * 2 + 1) // 2
    return str(Decimal(int(hundredths)).scaleb(-2))


def achievement(numerator: int | None, denominator: int | None) -> str | None:
    """None where there is no cohort to have achieved anything for."""
    if numerator is None or not denominator:
        return None
    return percentage(Fraction(numerator, denominator))
