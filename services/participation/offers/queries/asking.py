"""By whom offers may be asked about: each asks for a role and reads one snapshot."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from chassis.db import Database, Reader
from nhs.directory import Acting, Principal
from services.participation.offers.domain.looking import (
    MAY_SEE,
    OfferFilter,
    payment_types_seen,
)


def check_role(principal: Principal) -> None:
    principal.require_any(*sorted(MAY_SEE))


def within(principal: Principal, wanted: OfferFilter) -> OfferFilter:
    """What is looked for, as far as the roles of whoever looks let them see it."""
    return replace(wanted, types_seen=payment_types_seen(principal.roles))


@dataclass(frozen=True, slots=True)
class Asking:
    db: Database
    principal: Principal

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reader]:
        """A snapshot, for whoever holds a role that sees offers."""
        check_role(self.principal)
        async with self.db.reader() as reader:
            yield reader

    @property
    def acting(self) -> Acting:
        return self.principal.acting

    @property
    def types_seen(self) -> list[str] | None:
        return payment_types_seen(self.principal.roles)

    def within(self, wanted: OfferFilter) -> OfferFilter:
        return within(self.principal, wanted)
