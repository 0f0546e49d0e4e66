"""Which offers somebody sees, and which of them they look for, in what order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from chassis.errors import DomainError
from nhs.roles import Role
from nhs.values import FinancialYear, Period
from services.participation.offers.domain.offer import Offer, Status

MAY_SEE = frozenset(Role) - {
    Role.USER_ADMINISTRATOR,
    Role.ADVANCED_USER_ADMINISTRATOR,
    Role.CATALOGUE_MANAGER,
    Role.DATA_LOAD,
}
"""Who sees the offers in their organisation's scope: whoever works with what comes of them."""


def payment_types_seen(roles: Mapping[Role, frozenset[str] | None]) -> list[str] | None:
    """The payment types whose offers somebody sees by these roles; None for all of them."""
    seen: set[str] = set()
    for types in (roles[role] for role in MAY_SEE & roles.keys()):
        if types is None:
            return None
        seen |= types
    return sorted(seen)


def year_of(today: date, chosen: str | None) -> Period:
    """The days of the chosen financial year, or of the one that today lies in."""
    year = FinancialYear.parse(chosen) if chosen else FinancialYear.of(today)
    return year.period


LONGEST_SEARCH = 100


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """Which offers are looked for; None lets everything pass."""

    status: Sequence[Status] | None = None
    service: str | None = None
    """A version of a quality service, or its line."""
    payment_type: str | None = None
    provider: str | None = None
    commissioner: str | None = None
    year: Period | None = None
    on: date | None = None
    """The day on which the offer, or what became of it, is in force."""
    never_opened: bool | None = None
    overdue: bool | None = None
    """Whether an answer is awaited still that was due before today."""
    search: str | None = None
    """Part of the provider's name, or the beginning of its code."""
    types_seen: Sequence[str] | None = None
    """The payment types that the roles of whoever looks let them see."""
    mine: bool | None = None
    """Whether it is made to the organisation itself, or to one it took over."""
    took_part: bool | None = None
    """Whether the provider takes part, or took, on a day at least."""
    taking_part_on: date | None = None
    """On this one."""

    def __post_init__(self) -> None:
        if self.search and len(self.search) > LONGEST_SEARCH:
            message = f"At most {LONGEST_SEARCH} characters are searched for."
            raise DomainError("SEARCH_TOO_LONG", message, field="search")


class OrderBy(StrEnum):
    """What a list of offers is put in order by; then by service line, provider and id."""

    SERVICE = "SERVICE"
    PROVIDER = "PROVIDER"
    COMMISSIONER = "COMMISSIONER"
    STATUS = "STATUS"
    STARTS_ON = "STARTS_ON"
    RESPONSE_DUE_ON = "RESPONSE_DUE_ON"
    OFFERED_AT = "OFFERED_AT"


_KINDS: Mapping[OrderBy, type] = {
    OrderBy.STATUS: int,
    OrderBy.STARTS_ON: date,
    OrderBy.RESPONSE_DUE_ON: date,
    OrderBy.OFFERED_AT: datetime,
}


@dataclass(frozen=True, slots=True)
class Order:
    by: OrderBy = OrderBy.SERVICE
    descending: bool = False

    @property
    def kinds(self) -> tuple[type, ...]:
        """Of the values that give an offer its place: see `Listed.place`."""
        return (_KINDS.get(self.by, str), str, str, UUID)


@dataclass(frozen=True, slots=True)
class Listed:
    """An offer in a list, with what it is put in order by."""

    offer: Offer
    sort_key: object

    @property
    def place(self) -> tuple[object, ...]:
        return (self.sort_key, self.offer.service_code, self.offer.provider, self.offer.id)


@dataclass(frozen=True, slots=True)
class Page:
    """At most `limit` offers after the one in that place, in an order; None for all of them."""

    after: Sequence[object]
    limit: int | None
    order: Order = Order()


@dataclass(frozen=True, slots=True)
class OfferedService:
    """How it stands with the offers of one quality service."""

    quality_service: str
    offered: int
    approved: int
    rejected: int
    cancelled: int
    total: int
    overdue: int
    due_within_week: int
    never_opened: int
    next_response_due_on: date | None
