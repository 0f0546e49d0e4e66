"""What a scheme says of a claim: its window, its tariffs, its band, who approves. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Final

from nhs.formulas.scheme import Band, Component, Scheme, Tariff, Window
from services.declarations.claims.domain import Claim, ClaimedService, Line, Step, Terms

MOST_UNITS: Final = 1_000_000
_UNITS: Final = re.compile(r"[0-9]{1,7}")


def units_of(quantity: str) -> int | None:
    """The whole number that was written; None where it is none, or no sensible one."""
    if _UNITS.fullmatch(quantity) is None or int(quantity) > MOST_UNITS:
        return None
    return int(quantity)


def window_of(scheme: Scheme, start: date, end: date) -> Window | None:
    """When a period may be claimed for; None where the scheme has no such period."""
    fitting = (one for one in scheme.windows if (one.period_start, one.period_end) == (start, end))
    return next(fitting, None)


def component_of(scheme: Scheme, code: str) -> Component | None:
    return next((one for one in scheme.components if one.code == code), None)


def tariff_of(component: Component, provider: str, start: date, end: date) -> Tariff | None:
    """The tariff in force in the period: the provider's own first; the last, if one followed on."""
    in_force = [
        one
        for one in component.tariffs
        if one.valid_from <= end and (one.valid_to is None or one.valid_to >= start)
    ]
    for whose in (provider, None):
        if found := [one for one in in_force if one.provider == whose]:
            return max(found, key=lambda one: one.valid_from)
    return None


def priced(claim: Claim, lines: Sequence[Line], schemes: Mapping[str, Scheme]) -> list[Line]:
    """The lines with units, tariff and amount wherever they make sense."""
    return [_priced(claim, line, schemes.get(line.service_code)) for line in lines]


def _priced(claim: Claim, line: Line, scheme: Scheme | None) -> Line:
    component = component_of(scheme, line.component) if scheme else None
    period = (claim.period_start, claim.period_end)
    found = tariff_of(component, claim.provider, *period) if component else None
    tariff, units = found.amount if found else None, units_of(line.quantity)
    amount = None if tariff is None or units is None else (tariff * units).quantize(_PENCE)
    return replace(line, units=units, tariff=tariff, amount=amount)


_PENCE: Final = Decimal("0.01")


def total(lines: Sequence[Line], service_code: str | None = None) -> Decimal:
    """What the lines come to, of one service or of all."""
    amounts = (
        line.amount or Decimal(0)
        for line in lines
        if service_code is None or line.service_code == service_code
    )
    return sum(amounts, Decimal(0)).quantize(_PENCE)


def claimed_services(lines: Sequence[Line]) -> list[str]:
    """Those of which something is claimed; of priced lines that claim nothing, all they name."""
    something = dict.fromkeys(line.service_code for line in lines if line.units != 0)
    return list(something or dict.fromkeys(line.service_code for line in lines))


def terms_of(
    services: Sequence[ClaimedService], lines: Sequence[Line], schemes: Mapping[str, Scheme]
) -> Terms:
    """What the claim is worth, and who approves it: whoever any of its schemes asks for."""
    amount = total(lines)
    claimed = claimed_services(lines)
    asked = [schemes[one.service_code] for one in services if one.service_code in claimed]
    return Terms(
        services=tuple(replace(one, amount=total(lines, one.service_code)) for one in services),
        amount=amount,
        band=_riskiest(asked, amount),
        path=path_of(asked, amount),
        provisional=any(scheme.provisional for scheme in asked),
    )


def path_of(schemes: Sequence[Scheme], amount: Decimal) -> tuple[Step, ...]:
    """The steps that a claim of so much takes; one with `above` is for larger amounts only."""
    wanted = {
        step.step
        for scheme in schemes
        for step in scheme.approval
        if step.above is None or amount > step.above
    }
    return tuple(step for step in Step if step.value in wanted)


def band_of(scheme: Scheme, amount: Decimal) -> Band | None:
    """From its start, and below its end: every amount is in one band of a sound scheme."""
    holding = (
        band
        for band in scheme.bands
        if band.at_least <= amount and (band.below is None or amount < band.below)
    )
    return next(holding, None)


def _riskiest(schemes: Sequence[Scheme], amount: Decimal) -> str | None:
    bands = [band for scheme in schemes if (band := band_of(scheme, amount))]
    return max(bands, key=lambda band: band.at_least).code if bands else None
