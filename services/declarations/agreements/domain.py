"""Which periods a service is paid for."""

from dataclasses import dataclass
from datetime import date, timedelta

MONTHS = {"MONTHLY": 1, "QUARTERLY": 3}


@dataclass(frozen=True, slots=True)
class PaymentPeriod:
    """Both days included; achievement is measured on the last."""

    starts_on: date
    ends_on: date

    @property
    def achievement_date(self) -> date:
        return self.ends_on


def payment_periods(payment_period: str, starts_on: date, ends_on: date) -> list[PaymentPeriod]:
    """The periods of a service: one a year, or counted in months from its start.

    A service without payment has none.
    """
    if payment_period == "NONE":
        return []
    if payment_period == "ANNUALLY":
        return [PaymentPeriod(starts_on, ends_on)]
    periods, start = [], starts_on
    while start <= ends_on:
        following = _months_later(start, MONTHS[payment_period])
        periods.append(PaymentPeriod(start, min(following - timedelta(days=1), ends_on)))
        start = following
    return periods


def _months_later(day: date, months: int) -> date:
    """The first of a month, so many months on: periods keep to calendar months."""
    count = day.year * 12 + day.month - 1 + months
    return date(count // 12, count % 12 + 1, 1)
