"""What may be asked of offers, by whom: each asks for a role and reads one snapshot."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database, Reader
from nhs.directory import Acting, Principal
from nhs.roles import Role
from services.participation.offers.domain import (
    MAY_SEE,
    Offer,
    OfferFilter,
    Status,
    payment_types_seen,
    year_of,
)
from services.participation.offers.store import lists


@dataclass(frozen=True, slots=True)
class Asking:
    db: Database
    principal: Principal

    @asynccontextmanager
    async def reading(self, *roles: Role) -> AsyncIterator[Reader]:
        """A snapshot, for whoever holds one of the roles, or any that sees offers."""
        self.principal.require_any(*(roles or sorted(MAY_SEE)))
        async with self.db.reader() as reader:
            yield reader

    @property
    def acting(self) -> Acting:
        return self.principal.acting

    @property
    def types_seen(self) -> list[str] | None:
        return payment_types_seen(self.principal.roles)

    def within(self, wanted: OfferFilter) -> OfferFilter:
        return replace(wanted, types_seen=self.types_seen)


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` offers after the one of these sort keys."""

    after: Sequence[Any]
    limit: int


async def find(asking: Asking, ids: Sequence[UUID]) -> dict[UUID, Offer]:
    async with asking.reading() as reader:
        return await lists.find(reader, asking.acting, ids, asking.types_seen)


async def offers(asking: Asking, wanted: OfferFilter, page: Page) -> list[Offer]:
    async with asking.reading() as reader:
        return await lists.page(
            reader, asking.acting, asking.within(wanted), page.after, page.limit
        )


async def count(asking: Asking, wanted: OfferFilter) -> int:
    async with asking.reading() as reader:
        return await lists.count(reader, asking.acting, asking.within(wanted))


async def of_organisations(
    asking: Asking, codes: Sequence[str], wanted: OfferFilter, page: Page
) -> list[list[Offer]]:
    """A page of each organisation's offers, in the order of the codes."""
    async with asking.reading() as reader:
        found = await lists.of_organisations(
            reader,
            asking.acting,
            codes,
            asking.within(wanted),
            after=page.after,
            limit=page.limit,
        )
    return [found[code] for code in codes]


async def count_of_organisations(
    asking: Asking, codes: Sequence[str], wanted: OfferFilter
) -> list[int]:
    async with asking.reading() as reader:
        counts = await lists.count_of_organisations(
            reader, asking.acting, codes, asking.within(wanted)
        )
    return [counts.get(code, 0) for code in codes]


async def offered_services(
    asking: Asking, today: date, year: str | None
) -> dict[str, dict[Status, int]]:
    """What a commissioner has offered, by quality service, in a financial year."""
    async with asking.reading() as reader:
        wanted = lists.InYear(year_of(today, year), asking.types_seen)
        return await lists.made(reader, asking.acting, wanted)


async def my_services(asking: Asking, today: date, year: str | None) -> list[Offer]:
    """What a provider has been offered in a financial year."""
    async with asking.reading() as reader:
        wanted = lists.InYear(year_of(today, year), asking.types_seen)
        return await lists.mine(reader, asking.acting, wanted)


async def history(asking: Asking, ids: Sequence[UUID]) -> list[list[Record]]:
    """What became of each of the offers, which were found within sight before."""
    async with asking.reading() as reader:
        found = await lists.history(reader, ids)
    return [found[identity] for identity in ids]
