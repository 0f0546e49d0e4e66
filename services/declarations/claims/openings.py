"""What a provider may claim for: the periods of the schemes it takes part in, and their windows."""

from dataclasses import dataclass
from datetime import date

from chassis.db import Reader
from nhs.directory import Principal
from nhs.formulas.scheme import Window
from nhs.roles import Role
from services.declarations.claims import facts, store, terms
from services.declarations.claims.facts import Offered
from services.declarations.sight import not_found


@dataclass(frozen=True, slots=True)
class Opening:
    """A period that may be claimed for, now, later or no more."""

    provider: str
    offered: Offered
    window: Window
    made: int
    """Claims that were submitted, and neither rejected nor withdrawn."""
    today: date

    @property
    def why_not(self) -> str | None:
        """Why there is no claim to make now; None where there is."""
        window, code = self.window, self.offered.service.service_code
        if self.today < window.opens_on:
            return f"The window opens on {window.opens_on}"
        if self.today > window.closes_on:
            return f"The window closed on {window.closes_on}"
        if self.made >= window.claims:
            return f"{code} has been claimed {self.made} of {window.claims} times"
        if not self.offered.participation.covers(window.period_start, window.period_end):
            return f"{self.provider} does not take part in {code} through the period"
        return None


async def openings(reader: Reader, principal: Principal, provider: str | None) -> list[Opening]:
    """Every period of every scheme the provider was offered, by service and period."""
    principal.require(Role.CLAIM_USER)
    whose = provider or principal.organisation
    if not await store.acts_for(reader, principal.acting, whose):
        raise not_found("provider", whose)
    offered = await _schemes(reader, principal, whose)
    codes = [one.service.service_code for one in offered]
    asked = [
        (whose, code, window.period_start, window.period_end)
        for code, one in zip(codes, offered, strict=True)
        for window in one.scheme.windows
    ]
    of_periods = await facts.offered(reader, asked)
    taken = await facts.taken(reader, codes, [whose])
    found = []
    for _, code, start, end in asked:
        of, made = of_periods[whose, code, start], taken.claims[whose, code, start]
        if window := terms.window_of(of.scheme, start, end):
            found.append(Opening(whose, of, window, made, principal.today))
    return found


async def _schemes(reader: Reader, principal: Principal, provider: str) -> list[Offered]:
    """One offer of each scheme, of those the caller claims under."""
    today = principal.today
    found = await facts.offered(reader, [(provider, None, today, today)])
    return [
        one
        for one in found.values()
        if principal.holds(Role.CLAIM_USER, payment_type=one.service.payment_type)
    ]
