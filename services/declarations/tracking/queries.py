"""Claims by state, budgets by scheme, and a network's payments side by side."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Final

from asyncpg import Record

from chassis.db import Reader
from chassis.errors import DomainError
from chassis.export import Cell, Report
from nhs.directory import Principal
from nhs.formulas.scheme import Scheme
from nhs.roles import OrganisationKind
from nhs.values import FinancialYear
from services.declarations.agreements import store as agreements
from services.declarations.claims.lists import ClaimFilter
from services.declarations.sight import (
    CLAIMS_WITH_POUNDS,
    CLAIMS_WITHOUT_POUNDS,
    WITH_POUNDS,
    WITHOUT_POUNDS,
    Sight,
    not_found,
)
from services.declarations.tracking import store


@dataclass(frozen=True, slots=True)
class Budget:
    """A scheme, what it may cost, and what of that is taken."""

    row: Record
    scheme: Scheme
    spent: Record | None
    """None for who sees single providers of it alone."""


async def budgets(
    reader: Reader, principal: Principal, service: str | None, year: str | None
) -> list[Budget]:
    sight, period = sight_of_money(principal), _period(year)
    rows = await store.schemes(reader, sight, service, period)
    versions = await agreements.specifications(reader, [row["id"] for row in rows])
    spent = await store.spent(reader, [row["code"] for row in rows if row["commissions"]])
    return [
        Budget(row, scheme, spent.get(row["code"]))
        for row in rows
        if (scheme := versions[row["id"]].scheme) is not None
    ]


def sight_of_money(principal: Principal) -> Sight:
    """Refuses whoever may not see the pounds of claims."""
    principal.require_any(*CLAIMS_WITH_POUNDS)
    return Sight.of_claims(principal)


def _period(year: str | None) -> tuple[date, date] | None:
    if year is None:
        return None
    period = FinancialYear.parse(year).period
    return period.start, period.end


@dataclass(slots=True)
class Practice:
    """What there is of a provider in the year, by state."""

    code: str
    valid_from: date | None = None
    valid_to: date | None = None
    declarations: list[Record] = field(default_factory=list)
    claims: list[Record] = field(default_factory=list)
    payments: list[Record] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Dashboard:
    network: str
    financial_year: str
    practices: Sequence[Practice]
    own: Practice
    """Of the network itself."""
    sees_declarations: bool
    sees_claims: bool


_DECLARATIONS: Final = (*WITH_POUNDS, *WITHOUT_POUNDS)
_CLAIMS: Final = (*CLAIMS_WITH_POUNDS, *CLAIMS_WITHOUT_POUNDS)


async def dashboard(
    reader: Reader, principal: Principal, network: str | None, year: str | None
) -> Dashboard:
    """A network and its members: declarations, claims and payments, as far as the roles go."""
    principal.require_any(*dict.fromkeys((*_DECLARATIONS, *_CLAIMS)))
    sights = [
        of(principal) if any(principal.holds(role) for role in roles) else None
        for of, roles in ((Sight.of, _DECLARATIONS), (Sight.of_claims, _CLAIMS))
    ]
    of_declarations, of_claims = sights
    asked = year or str(FinancialYear.of(principal.today))
    shown = _Shown(network or _own_network(principal), asked, {})
    await _add_members(reader, next(one for one in sights if one is not None), shown)
    if of_declarations:
        await _add_declarations(reader, of_declarations, shown)
    if of_claims:
        await _add_claims(reader, of_claims, shown)
    own = shown.known.pop(shown.network)
    practices = list(shown.known.values())
    seen = (of_declarations is not None, of_claims is not None)
    return Dashboard(shown.network, asked, practices, own, *seen)


def _own_network(principal: Principal) -> str:
    if principal.organisation_kind is OrganisationKind.PCN:
        return principal.organisation
    message = "Name the network: you act for none."
    raise DomainError("NETWORK_REQUIRED", message, field="network")


@dataclass(frozen=True, slots=True)
class _Shown:
    network: str
    financial_year: str
    known: dict[str, Practice]

    @property
    def days(self) -> tuple[date, date]:
        period = FinancialYear.parse(self.financial_year).period
        return period.start, period.end


async def _add_members(reader: Reader, sight: Sight, shown: _Shown) -> None:
    if not await store.sees(reader, sight, shown.network, shown.days):
        raise not_found("network", shown.network)
    for row in await store.members(reader, sight, shown.network, shown.days):
        code = row["practice"]
        shown.known[code] = Practice(code, row["valid_from"], row["valid_to"])
    shown.known[shown.network] = Practice(shown.network)


async def _add_declarations(reader: Reader, sight: Sight, shown: _Shown) -> None:
    for row in await store.declarations_of(reader, sight, shown.network, shown.days):
        shown.known[row["provider"]].declarations.append(row)
    await _add_payments(reader, sight, shown, of_claims=False)


async def _add_claims(reader: Reader, sight: Sight, shown: _Shown) -> None:
    for row in await store.claims_of(reader, sight, shown.network, shown.financial_year):
        shown.known[row["provider"]].claims.append(row)
    await _add_payments(reader, sight, shown, of_claims=True)


async def _add_payments(reader: Reader, sight: Sight, shown: _Shown, *, of_claims: bool) -> None:
    year = shown.financial_year
    for row in await store.payments_of(reader, sight, shown.network, year, of_claims=of_claims):
        shown.known[row["provider"]].payments.append(row)


# Claims as a file --------------------------------------------------------------------------------

COLUMNS: Final = (
    "Claim",
    "Version",
    "Provider",
    "Provider name",
    "Commissioner",
    "Services",
    "Period start",
    "Period end",
    "Status",
    "Since",
    "Days",
    "Band",
    "Pounds",
    "Submitted",
    "Uploaded in bulk",
    "Rejection",
    "Reason",
)


@dataclass(frozen=True, slots=True)
class ClaimsAsked:
    """A filter of claims. What waits for the caller is found by the roles of the moment."""

    wanted: ClaimFilter


async def _rows(
    reader: Reader, principal: Principal, asked: ClaimsAsked
) -> AsyncIterator[Sequence[Cell]]:
    sight = Sight.of_claims(principal)
    async for row in store.every_claim(reader, sight, asked.wanted):
        yield _line(row)


def _line(row: Record) -> Sequence[Cell]:
    amount: Decimal | None = row["amount"] if row["sees_pounds"] else None
    return (
        str(row["id"]),
        row["content_version"],
        row["provider"],
        row["provider_name"],
        row["commissioner"],
        " ".join(one["service_code"] for one in row["services"]),
        row["period_start"],
        row["period_end"],
        row["status"],
        row["waits_since"],
        row["days"],
        row["band"],
        amount,
        row["submitted_at"],
        "yes" if row["bulk"] else "no",
        row["rejection_code"],
        row["rejection_reason"],
    )


CLAIMS: Final = Report("claims", COLUMNS, ClaimsAsked, _rows)
