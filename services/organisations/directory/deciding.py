"""What people decide about organisations that no file of ODS says.

A payee and a network agreement are the commissioner's to record, by its Organisation Administrator;
a Clinical Director is named by the network itself too. Data Load may put any payee right, and alone
says who took over from whom, for that opens the records of one organisation to another.
"""

from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once_alone
from nhs.directory import Principal
from nhs.roles import PROVIDERS, OrganisationKind, RelationshipKind, Role
from services.organisations.directory import facts
from services.organisations.directory.commands import tell
from services.organisations.directory.domain import Author, Days
from services.organisations.directory.facts import Fact, Values
from services.organisations.network import store as network
from services.organisations.network.domain import Span

LONGEST = 200
"""Characters of a title, a reference or a reason."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Who decides, when and why."""

    principal: Principal
    now: datetime
    reason: str | None = None
    key: IdempotencyKey | None = None

    async def once(self, db: Database, work: Callable[[Tx], Awaitable[str]]) -> str:
        return await once_alone(db, self.key, str, work, now=self.now)

    async def tell(self, tx: Tx, ods_code: str) -> None:
        who = self.principal
        author = Author(who.person_id, who.organisation, _text(self.reason, "reason"))
        await tell(tx, [ods_code], self.now, author=author)


async def name_payee(
    db: Database, decision: Decision, provider: str, payee: str | None, days: Days
) -> str:
    """Have an organisation paid in the place of a provider; None for the provider itself."""
    decision.principal.require_any(Role.ORGANISATION_ADMINISTRATOR, Role.DATA_LOAD)

    async def work(tx: Tx) -> str:
        ground = await _ground(tx, decision, provider, PROVIDERS)
        _check_may(ground["commissioned"] or decision.principal.holds(Role.DATA_LOAD), provider)
        if payee:
            await _check_payee(tx, payee, days)
        return await _hold(
            tx, decision, facts.PAYEE, provider, days, values=(payee,) if payee else None
        )

    return await decision.once(db, work)


@dataclass(frozen=True, slots=True)
class Director:
    """Of the two, one."""

    person: UUID | None
    title: str | None

    def values(self) -> Values | None:
        title = _text(self.title, "title")
        if self.person and title:
            message = "A Clinical Director is a person or a named role, not both"
            raise DomainError("PERSON_OR_TITLE", message, field="title")
        return (self.person, title) if self.person or title else None


async def name_director(
    db: Database, decision: Decision, pcn: str, director: Director, days: Days
) -> str:
    """Say who is a network's Clinical Director; neither person nor title: nobody."""
    decision.principal.require_any(Role.ORGANISATION_ADMINISTRATOR, Role.PCN_MANAGEMENT)

    async def work(tx: Tx) -> str:
        ground = await _ground(tx, decision, pcn, {OrganisationKind.PCN})
        holds = decision.principal.holds
        own = ground["own"] and holds(Role.PCN_MANAGEMENT)
        _check_may(own or (ground["commissioned"] and holds(Role.ORGANISATION_ADMINISTRATOR)), pcn)
        values = director.values()
        if director.person and not await facts.acts_for_network(
            tx, director.person, pcn, days.first
        ):
            message = "The person acts neither for the network nor for a member of it"
            raise DomainError("PERSON_NOT_FOUND", message, field="person")
        return await _hold(tx, decision, facts.CLINICAL_DIRECTOR, pcn, days, values=values)

    return await decision.once(db, work)


async def record_agreement(
    db: Database,
    decision: Decision,
    pcn: str,
    agreement: tuple[str, date] | None,
    days: Days,
) -> str:
    """Keep a network agreement's reference and the day it was signed on; None: there is none."""
    decision.principal.require(Role.ORGANISATION_ADMINISTRATOR)

    async def work(tx: Tx) -> str:
        ground = await _ground(tx, decision, pcn, {OrganisationKind.PCN})
        _check_may(ground["commissioned"], pcn)
        values: Values | None = None
        if agreement:
            reference = _text(agreement[0], "reference")
            if reference is None:
                raise DomainError("REFERENCE_REQUIRED", "Give a reference", field="reference")
            values = reference, agreement[1]
        return await _hold(tx, decision, facts.NETWORK_AGREEMENT, pcn, days, values=values)

    return await decision.once(db, work)


async def record_succession(
    db: Database, decision: Decision, successor: str, predecessor: str, since: date
) -> str:
    """From the day on the successor sees what the predecessor could, and acts for it."""
    decision.principal.require(Role.DATA_LOAD)

    async def work(tx: Tx) -> str:
        await network.alone(tx)
        await _check_succession(tx, successor, predecessor)
        line = successor, RelationshipKind.SUCCESSOR_OF
        await network.write_spans(tx, [], {line: [Span(since, predecessor)]}, decision.now)
        await decision.tell(tx, successor)
        return successor

    return await decision.once(db, work)


async def withdraw_succession(
    db: Database, decision: Decision, successor: str, predecessor: str
) -> str:
    """Take it for true no longer."""
    decision.principal.require(Role.DATA_LOAD)

    async def work(tx: Tx) -> str:
        await network.alone(tx)
        found = await facts.succession(tx, successor, predecessor)
        if found is None:
            message = f"{successor} is not known to have taken over from {predecessor}"
            raise DomainError("NOT_FOUND", message, field="predecessor")
        await network.write_spans(tx, [found["id"]], {}, decision.now)
        await decision.tell(tx, successor)
        return successor

    return await decision.once(db, work)


async def _hold(
    tx: Tx, decision: Decision, fact: Fact, ods_code: str, days: Days, *, values: Values | None
) -> str:
    if not days.in_order:
        message = f"The last day, {days.last}, is before the first, {days.first}"
        raise DomainError("DATES_OUT_OF_ORDER", message, field="validTo")
    if await facts.hold(tx, fact, ods_code, days, values=values, at=decision.now):
        await decision.tell(tx, ods_code)
    return ods_code


async def _ground(
    tx: Tx,
    decision: Decision,
    ods_code: str,
    kinds: Collection[OrganisationKind],
) -> Record:
    found = await facts.ground(tx, decision.principal.acting, ods_code)
    if found is None:
        raise DomainError("NOT_FOUND", f"There is no organisation {ods_code}", field="organisation")
    if found["kind"] not in kinds:
        wanted = " or ".join(sorted(kinds))
        raise DomainError("WRONG_KIND", f"{ods_code} is no {wanted}", field="organisation")
    return found


def _check_may(may: bool, ods_code: str) -> None:
    if not may:
        message = f"{ods_code} is not commissioned by the organisation you act for"
        raise DomainError("NOT_COMMISSIONED", message, field="organisation")


async def _check_payee(tx: Tx, payee: str, days: Days) -> None:
    found = (await facts.kinds(tx, [payee])).get(payee)
    if found is None:
        raise DomainError("PAYEE_NOT_KNOWN", f"There is no organisation {payee}", field="payee")
    if found["closed_on"] and found["closed_on"] < (days.last or date.max):
        message = f"{payee} closed on {found['closed_on']}, before the last day"
        raise DomainError("PAYEE_CLOSED", message, field="payee")


async def _check_succession(tx: Tx, successor: str, predecessor: str) -> None:
    found = await facts.kinds(tx, [successor, predecessor])
    for field, code in (("successor", successor), ("predecessor", predecessor)):
        if code not in found:
            raise DomainError("NOT_FOUND", f"There is no organisation {code}", field=field)
    if found[successor]["kind"] != found[predecessor]["kind"]:
        message = f"{successor} and {predecessor} are not of one kind"
        raise DomainError("WRONG_KIND", message, field="predecessor")
    if await facts.took_over(tx, predecessor, successor):
        message = f"{predecessor} is, or took over from, {successor}"
        raise DomainError("SUCCESSION_CIRCULAR", message, field="predecessor")


def _text(given: str | None, field: str) -> str | None:
    text = (given or "").strip()
    if len(text) > LONGEST:
        raise DomainError("TOO_LONG", f"At most {LONGEST} characters", field=field)
    return text or None
