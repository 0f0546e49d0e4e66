"""What a provider may claim for: the periods of the schemes it takes part in, and their windows."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from chassis.db import Reader
from nhs.directory import Principal
from nhs.formulas.scheme import Window
from nhs.roles import Role
from services.declarations.claims import facts, store
from services.declarations.claims.facts import Offered
from services.declarations.claims.rules import Taken
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
    today = principal.today
    found = (await facts.offered(reader, [(whose, None, today, today)])).values()
    offered = [
        one
        for one in found
        if principal.holds(Role.CLAIM_USER, payment_type=one.service.payment_type)
    ]
    taken = await facts.taken(reader, [one.service.service_code for one in offered], [whose])
    return [one for of in offered for one in _of(whose, of, taken, today)]


def _of(provider: str, offered: Offered, taken: Taken, today: date) -> Iterator[Opening]:
    for window in offered.scheme.windows:
        made = taken.claims[provider, offered.service.service_code, window.period_start]
        yield Opening(provider, offered, window, made, today)
