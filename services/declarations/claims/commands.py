"""What a provider does to its own claims: draft, write, amend and withdraw."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from chassis.db import Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.formulas.scheme import Scheme
from nhs.notes import noted
from nhs.roles import Role
from nhs.values import FinancialYear
from services.declarations.claims import domain, facts, keeping, store, terms
from services.declarations.claims.domain import Claim, Line, RefusedError, Status
from services.declarations.claims.facts import Offered
from services.declarations.sight import not_found

MOST_LINES: Final = 500
LONGEST: Final = 40
"""Characters of a code or quantity, however wrong it is."""


@dataclass(frozen=True, slots=True)
class Given:
    """A line as it was sent."""

    service_code: str
    component: str
    quantity: str
    sent: Decimal | None = None


async def create(
    tx: Tx,
    principal: Principal,
    *,
    service: str,
    period_start: date,
    provider: str | None,
    now: datetime,
) -> Claim:
    """Draft a claim for a period: of the service, and of those that are claimed with it."""
    principal.require(Role.CLAIM_USER)
    whose = provider or principal.organisation
    if not await store.acts_for(tx, principal.acting, whose):
        raise not_found("provider", whose)
    offered = await facts.offered(tx, [(whose, None, period_start, period_start)])
    by_code = {code: one for (_, code, _), one in offered.items()}
    if service not in by_code:
        raise not_found("service", service)
    claim = _drafted(whose, by_code, service, period_start)
    for payment_type in claim.payment_types:
        principal.require(Role.CLAIM_USER, payment_type=payment_type)
    by, acting_for = principal.person_id, principal.organisation
    (created,) = await keeping.create(tx, [claim], by, acting_for=acting_for, now=now)
    return created


def _drafted(provider: str, offered: dict[str, Offered], service: str, period_start: date) -> Claim:
    first = offered[service]
    end = period_end(first.scheme, service, period_start)
    together = [one for one in offered.values() if _claimed_together(first, one, period_start, end)]
    services = sorted((one.service for one in together), key=lambda one: one.service_code)
    return draft(provider, first.commissioner, services, period_start, end)


def draft(
    provider: str,
    commissioner: str,
    services: Sequence[domain.ClaimedService],
    start: date,
    end: date,
) -> Claim:
    """A new claim of nothing yet."""
    return Claim(
        id=new_id(),
        version=1,
        content_version=1,
        provider=provider,
        commissioner=commissioner,
        financial_year=str(FinancialYear.of(end)),
        period_start=start,
        period_end=end,
        status=Status.DRAFT,
        services=tuple(services),
    )


def period_end(scheme: Scheme, service: str, period_start: date) -> date:
    for window in scheme.windows:
        if window.period_start == period_start:
            return window.period_end
    message = f"{service} has no period that starts on {period_start}."
    raise DomainError("PERIOD_NOT_KNOWN", message, field="periodStart")


def _claimed_together(first: Offered, other: Offered, start: date, end: date) -> bool:
    """Whether another service goes on the claim: the same word, commissioner and period."""
    if other.service == first.service:
        return True
    word = first.scheme.claimed_with
    if word is None or other.scheme.claimed_with != word:
        return False
    same_period = terms.window_of(other.scheme, start, end) is not None
    takes_part = other.participation.until is not None
    return other.commissioner == first.commissioner and same_period and takes_part


async def write(
    tx: Tx,
    principal: Principal,
    claim: UUID,
    *,
    version: int,
    lines: Sequence[Line],
    notes: str | None,
    now: datetime,
) -> Claim:
    """Write lines and notes anew, as far as they make sense: the rules are asked at submission."""
    before = await own(tx, principal, claim, version)
    return await _written(tx, before, lines, noted(notes), now)


async def add_all(
    tx: Tx, principal: Principal, claim: UUID, *, version: int, service: str | None, now: datetime
) -> Claim:
    """Add a line, with a quantity of 0, for each component that has a tariff and no line yet."""
    before = await own(tx, principal, claim, version)
    offered = (await facts.gather(tx, [before])).of(before)
    if service is not None and service not in offered:
        raise not_found("service", service)
    key = (before.id, before.content_version)
    lines = (await store.lines_of(tx, [key]))[before.id]
    there = {(line.service_code, line.component) for line in lines}
    given = [_as_given(line) for line in lines]
    for code, one in offered.items():
        for component in one.scheme.components if service in {None, code} else ():
            period = (before.period_start, before.period_end)
            in_force = terms.tariff_of(component, before.provider, *period)
            if in_force is not None and (code, component.code) not in there:
                given.append(Given(code, component.code, "0"))
    return await _written(tx, before, as_lines(given), before.notes, now)


def _as_given(line: Line) -> Given:
    return Given(line.service_code, line.component, line.quantity, line.sent)


def as_lines(given: Sequence[Given]) -> list[Line]:
    """Numbered lines; refused is only what cannot be kept at all."""
    if len(given) > MOST_LINES:
        message = f"A claim has at most {MOST_LINES} lines."
        raise DomainError("TOO_MANY_LINES", message, field="lines")
    for place, one in enumerate(given, start=1):
        for name in ("service_code", "component", "quantity"):
            text: str = getattr(one, name)
            if len(text) > LONGEST or not text.isprintable():
                field = f"lines.{place}.{name.removesuffix('_code')}"
                message = f"It has at most {LONGEST} characters, all of them printable."
                raise DomainError("TEXT_NOT_VALID", message, field=field)
    return [
        Line(place, one.service_code.strip(), one.component.strip(), one.quantity.strip(), one.sent)
        for place, one in enumerate(given, start=1)
    ]


async def _written(
    tx: Tx, before: Claim, lines: Sequence[Line], notes: str | None, now: datetime
) -> Claim:
    offered = (await facts.gather(tx, [before])).of(before)
    priced = terms.priced(before, lines, {code: one.scheme for code, one in offered.items()})
    with refusing():
        after = domain.edit(before, amount=terms.total(priced), notes=notes)
    await store.save(tx, [after], now)
    await store.keep_lines(tx, {(after.id, after.content_version): priced})
    return after


async def amend(tx: Tx, principal: Principal, claim: UUID, *, version: int, now: datetime) -> Claim:
    """Write a rejected claim anew: the next version of its content starts as the last was."""
    before = await own(tx, principal, claim, version)
    with refusing():
        happened = domain.amend(before, principal.person_id)
    lines = await store.lines_of(tx, [(before.id, before.content_version)])
    (after,) = await keeping.save(tx, [happened], acting_for=principal.organisation, now=now)
    await store.keep_lines(tx, {(after.id, after.content_version): lines[before.id]})
    return after


async def own(tx: Tx, principal: Principal, claim: UUID, version: int) -> Claim:
    """The provider's own claim, locked, as the caller saw it."""
    principal.require(Role.CLAIM_USER)
    rows = await store.lock_for_provider(tx, [claim], principal.acting)
    if not rows:
        raise not_found("claim", claim)
    found = store.claim_of(rows[0])
    for payment_type in found.payment_types:
        principal.require(Role.CLAIM_USER, payment_type=payment_type)
    return seen(found, version)


def seen(claim: Claim, version: int) -> Claim:
    if claim.version != version:
        message = f"It has changed since: version {claim.version}, not {version}"
        raise DomainError("STALE_VERSION", message, current=claim.version)
    return claim


@contextmanager
def refusing() -> Iterator[None]:
    """What the domain refuses is answered to the caller."""
    try:
        yield
    except RefusedError as refused:
        raise DomainError(refused.code, str(refused)) from refused
