"""What is shown of offers."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.errors import DomainError
from services.participation.offers.domain.looking import (
    Listed,
    OfferedService,
    OfferFilter,
    Page,
    year_of,
)
from services.participation.offers.domain.offer import Offer
from services.participation.offers.domain.signing_up import Difference, SignUp
from services.participation.offers.queries.asking import Asking
from services.participation.offers.store import history as past
from services.participation.offers.store import lists, services, signing_up
from services.participation.offers.store.scope import REPORT, SCOPE
from services.participation.offers.store.signing_up import SignUpFilter


async def find(
    asking: Asking, ids: Sequence[UUID], *, in_report: bool = False
) -> dict[UUID, Offer]:
    view = REPORT if in_report else SCOPE
    async with asking.reading() as reader:
        return await lists.find(reader, asking.acting, view, ids, asking.types_seen)


async def offers(
    asking: Asking, wanted: OfferFilter, page: Page, *, in_report: bool = False
) -> list[Listed]:
    """A page of them; in the report of participation, of what others let the asker see too."""
    view = REPORT if in_report else SCOPE
    async with asking.reading() as reader:
        return await lists.page(reader, asking.acting, view, asking.within(wanted), page)


async def count(asking: Asking, wanted: OfferFilter, *, in_report: bool = False) -> int:
    view = REPORT if in_report else SCOPE
    async with asking.reading() as reader:
        return await lists.count(reader, asking.acting, view, asking.within(wanted))


async def of_organisations(
    asking: Asking, codes: Sequence[str], wanted: OfferFilter, page: Page
) -> list[list[Listed]]:
    """A page of each organisation's offers, in the order of the codes."""
    async with asking.reading() as reader:
        found = await lists.of_organisations(
            reader, asking.acting, codes, asking.within(wanted), page
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


def in_year(wanted: OfferFilter, today: date, year: str | None) -> OfferFilter:
    """In the financial year that is named; in the current one where the filter names none."""
    if wanted.year and not year:
        return wanted
    return replace(wanted, year=year_of(today, year))


def taking_part(wanted: OfferFilter, on: date, service: str | None) -> OfferFilter:
    """Who takes part on the day, in the service where one is named."""
    return replace(wanted, taking_part_on=on, service=service or wanted.service)


async def offered_services(asking: Asking, wanted: OfferFilter) -> list[OfferedService]:
    """How it stands with each service, in the report of participation."""
    async with asking.reading() as reader:
        return await services.offered(reader, asking.acting, asking.within(wanted))


async def history(asking: Asking, ids: Sequence[UUID]) -> list[list[Record]]:
    """What became of each of the offers, which were found within sight before."""
    async with asking.reading() as reader:
        found = await past.history(reader, ids)
    return [found[identity] for identity in ids]


@dataclass(frozen=True, slots=True)
class SignUps:
    """Whose sign-up to which service, on which day."""

    service: str
    on: date
    differences: Sequence[Difference] | None = None

    async def filter(self, reader: Reader) -> SignUpFilter:
        line = await signing_up.line(reader, self.service)
        if line is None:
            message = f"There is no published quality service {self.service}."
            raise DomainError("QUALITY_SERVICE_NOT_FOUND", message, field="service")
        return SignUpFilter(line, self.on, self.differences)


async def sign_ups(
    asking: Asking, wanted: SignUps, after: Sequence[object], limit: int
) -> list[SignUp]:
    """Practices that have signed up, or that ODS has in a network, in the report's sight."""
    async with asking.reading() as reader:
        given = await wanted.filter(reader)
        return await signing_up.page(reader, asking.acting, given, after, limit)


async def count_sign_ups(asking: Asking, wanted: SignUps) -> int:
    async with asking.reading() as reader:
        return await signing_up.count(reader, asking.acting, await wanted.filter(reader))
