"""What people and events make happen to offers: load, decide, save, record."""

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Final
from uuid import UUID

from chassis import outbox
from chassis.choice import Choice as ChoiceOf
from chassis.choice import Chooser
from chassis.clock import ENGLAND
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from chassis.ids import new_id
from chassis.outbox import Event
from nhs.directory import Principal
from nhs.roles import Role
from nhs.values import Period
from services.participation.offers import events
from services.participation.offers.domain import (
    MAY_SEE,
    REMINDER_DAYS,
    Happening,
    Offer,
    OfferFilter,
    Outcome,
    Refused,
    Standing,
    Terms,
    What,
    payment_types_seen,
    second_offer,
)
from services.participation.offers.store import changes, lists, providers
from services.participation.offers.store.changes import Held
from services.participation.reason import said


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, when, under which key, and whether only to be shown what would happen."""

    principal: Principal
    now: datetime
    key: IdempotencyKey | None = None
    dry_run: bool = False

    @property
    def today(self) -> date:
        return self.now.astimezone(ENGLAND).date()

    def choosing(self, operation: str) -> Chooser:
        who = self.principal
        return Chooser(who.person_id, who.organisation, operation, self.now, self.dry_run)

    def happening(self, what: What) -> Happening:
        who = self.principal
        return Happening(what, self.now, new_id(), who.person_id, who.organisation)


Choice = ChoiceOf[UUID, OfferFilter]
"""The offers a bulk command is about."""

Decide = Callable[[Held, date], Offer]


@dataclass(frozen=True, slots=True)
class Action:
    """A bulk command: who may give it, what it does to an offer, and what it is called."""

    name: str
    role: Role
    what: What
    done: str
    """As the confirmation says it."""

    @property
    def by_provider(self) -> bool:
        return self.role is Role.SERVICE_MANAGEMENT


ACCEPT: Final = Action("acceptOffers", Role.SERVICE_MANAGEMENT, What.ACCEPTED, "Accepted")
REJECT: Final = Action("rejectOffers", Role.SERVICE_MANAGEMENT, What.REJECTED, "Rejected")
_CM: Final = Role.COMMISSIONING_MANAGEMENT
WITHDRAW: Final = Action("withdrawOffers", _CM, What.WITHDRAWN, "Withdrawn")
CANCEL: Final = Action("cancelOffers", _CM, What.CANCELLED, "Cancelled")
EXTEND: Final = Action("extendOffers", _CM, What.EXTENDED, "Extended")
CREATE: Final = Action("createOffers", _CM, What.MADE, "Offered")


async def accept_offers(db: Database, ask: Ask, choice: Choice) -> Outcome:
    """Accept; the answer counts which of them nobody at the provider had opened."""
    return await _bulk(
        db, ask, ACCEPT, choice, lambda held, today: held.offer.accept(today, held.until)
    )


async def reject_offers(db: Database, ask: Ask, choice: Choice, reason: str | None) -> Outcome:
    why = said(reason)
    return await _bulk(db, ask, REJECT, choice, lambda held, _: held.offer.reject(why))


async def withdraw_offers(db: Database, ask: Ask, choice: Choice, reason: str | None) -> Outcome:
    why = said(reason)
    return await _bulk(db, ask, WITHDRAW, choice, lambda held, _: held.offer.withdraw(why))


async def cancel_offers(db: Database, ask: Ask, choice: Choice, reason: str | None) -> Outcome:
    why = said(reason)
    return await _bulk(db, ask, CANCEL, choice, lambda held, today: held.offer.cancel(today, why))


async def extend_offers(db: Database, ask: Ask, choice: Choice, response_due_on: date) -> Outcome:
    return await _bulk(
        db, ask, EXTEND, choice, lambda held, today: held.offer.extend(today, response_due_on)
    )


async def _bulk(db: Database, ask: Ask, action: Action, choice: Choice, decide: Decide) -> Outcome:
    ask.principal.require(action.role)
    return await _once(db, ask, lambda tx: _decided(tx, ask, action, choice, decide))


async def _once(db: Database, ask: Ask, work: Callable[[Tx], Awaitable[Outcome]]) -> Outcome:
    """Work in one transaction, once a key. Where nothing was done, the key is not used up."""
    async with db.transaction() as tx:
        return await once(
            tx,
            ask.key,
            Outcome,
            lambda: work(tx),
            now=ask.now,
            keep=lambda outcome: bool(outcome.done) and not ask.dry_run,
        )


async def _decided(tx: Tx, ask: Ask, action: Action, choice: Choice, decide: Decide) -> Outcome:
    chooser = ask.choosing(action.name)
    chosen = await chooser.chosen(tx, choice, lambda *wanted: _matching(tx, ask, *wanted))
    held = await changes.held(
        tx,
        ask.principal.acting,
        list(chosen),
        as_provider=action.by_provider,
        lock=not ask.dry_run,
    )
    verdicts = _Verdicts(ask, action)
    for identity, version in chosen.items():
        verdicts.judge(identity, held.get(identity), version, decide)
    if ask.dry_run:
        shown = [(offer.id, chosen[offer.id]) for offer in verdicts.changed]
        return replace(verdicts.outcome(), selection=await chooser.shown(tx, shown))
    await _commit(tx, verdicts.changed, ask.happening(action.what))
    return verdicts.outcome()


async def _matching(tx: Tx, ask: Ask, wanted: OfferFilter, most: int) -> list[tuple[UUID, int]]:
    who = ask.principal
    within = replace(wanted, types_seen=payment_types_seen(who.roles))
    return await lists.matching(tx, who.acting, within, most)


@dataclass(slots=True)
class _Verdicts:
    """What is to become of each offer of a bulk command."""

    ask: Ask
    action: Action
    changed: list[Offer] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    never_opened: int = 0

    def judge(self, identity: UUID, held: Held | None, version: int, decide: Decide) -> None:
        try:
            self.changed.append(self._decide(held, version, decide))
        except DomainError as error:
            self.refused.append(Refused.of(identity, error))

    def _decide(self, held: Held | None, version: int, decide: Decide) -> Offer:
        if held is None:
            raise DomainError("OFFER_NOT_FOUND", "There is no such offer in your sight.")
        offer = held.offer
        if not held.ours:
            raise DomainError("NOT_YOURS", f"The offer is between others: {offer.provider}.")
        self.ask.principal.require(self.action.role, payment_type=offer.payment_type)
        if offer.version != version:
            message = f"The offer has changed since you saw it: it is {offer.status} now."
            raise DomainError("STALE_VERSION", message, field="version")
        decided = decide(held, self.ask.today)
        self.never_opened += offer.first_opened_at is None
        return decided

    def outcome(self) -> Outcome:
        done = [str(offer.id) for offer in self.changed]
        unopened = self.never_opened if self.action is ACCEPT else None
        dry_run = self.ask.dry_run
        return Outcome.of(
            self.action.done, done, self.refused, dry_run=dry_run, never_opened=unopened
        )


async def _commit(tx: Tx, changed: Sequence[Offer], to_them: Happening) -> None:
    if changed:
        await changes.save(tx, changed)
        await _tell(tx, changed, to_them)


async def _tell(tx: Tx, changed: Sequence[Offer], to_them: Happening) -> None:
    await changes.remember(tx, changed, to_them)
    await outbox.record(tx, events.happened(changed, to_them), at=to_them.at)


# Making offers -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class ProvidersFilter:
    """All open providers that the organisation commissions on a day, of the service's kind."""

    on: date | None = None
    """The offers' first day where none is given."""
    commissioner: str | None = None
    """Only those commissioned by this one of the organisations below."""
    member_of: str | None = None


ProvidersChoice = ChoiceOf[str, ProvidersFilter]
"""To whom a service is offered, by their ODS codes; each at version 0, for they have none here."""


@dataclass(frozen=True, slots=True)
class NewOffers:
    quality_service: str
    response_due_on: date
    starts_on: date | None = None
    """The service's own first day where none is given; the last likewise."""
    ends_on: date | None = None
    target_on: date | None = None
    providers: ProvidersChoice = field(default_factory=ProvidersChoice)


async def create_offers(db: Database, ask: Ask, new: NewOffers) -> Outcome:
    """Offer a service to many providers at once, by a list of them or by a filter."""
    ask.principal.require(CREATE.role)
    return await _once(db, ask, lambda tx: _created(tx, ask, new))


async def _created(tx: Tx, ask: Ask, new: NewOffers) -> Outcome:
    terms = await _terms(tx, ask, new)
    # What was shown for one service is not to be offered another.
    chooser = ask.choosing(f"{CREATE.name} {terms.service.id}")
    chosen = await chooser.chosen(tx, new.providers, lambda *f: _commissioned(tx, ask, terms, *f))
    offers, refused = await _candidates(tx, ask, terms, list(chosen))
    if ask.dry_run:
        codes = [offer.provider for offer in offers]
        foreseen = Outcome.of(CREATE.done, codes, refused, dry_run=True)
        return replace(foreseen, selection=await chooser.shown(tx, [(code, 0) for code in codes]))
    inserted = await changes.insert(tx, offers)
    made = [offer for offer in offers if offer.id in inserted]
    await _tell(tx, made, ask.happening(CREATE.what))
    overtaken = [offer for offer in offers if offer.id not in inserted]
    refused += [Refused.of(o.provider, second_offer(o.provider, o.service_code)) for o in overtaken]
    return Outcome.of(CREATE.done, [str(offer.id) for offer in made], refused, dry_run=False)


async def _terms(tx: Tx, ask: Ask, new: NewOffers) -> Terms:
    service = await providers.service(tx, new.quality_service)
    if service is None:
        message = f"There is no published quality service {new.quality_service}."
        raise DomainError("QUALITY_SERVICE_NOT_FOUND", message, field="qualityService")
    ask.principal.require(CREATE.role, payment_type=service.payment_type)
    terms = Terms(
        service,
        ask.principal.organisation,
        new.starts_on or service.starts_on,
        new.ends_on or service.ends_on,
        new.response_due_on,
        new.target_on,
    )
    terms.check(ask.today)
    return terms


async def _commissioned(
    tx: Tx, ask: Ask, terms: Terms, wanted: ProvidersFilter, most: int
) -> list[tuple[str, int]]:
    codes = await providers.commissioned(
        tx,
        ask.principal.acting,
        on=wanted.on or terms.starts_on,
        kind=terms.service.provider_kind,
        by=wanted.commissioner,
        member_of=wanted.member_of,
        most=most,
    )
    return [(code, 0) for code in codes]


async def _candidates(
    tx: Tx, ask: Ask, terms: Terms, codes: Sequence[str]
) -> tuple[list[Offer], list[Refused]]:
    during = Period(terms.starts_on, terms.ends_on)
    offers: list[Offer] = []
    refused: list[Refused] = []
    for candidate in await providers.candidates(
        tx, ask.principal.acting, codes, during, terms.service.code
    ):
        try:
            candidate.check(terms)
        except DomainError as error:
            refused.append(Refused.of(candidate.ods_code, error))
        else:
            offers.append(terms.offer_to(candidate.ods_code, new_id(), ask.now))
    return offers, refused


# What is not done in bulk --------------------------------------------------------------------


async def open_offer(db: Database, ask: Ask, identity: UUID) -> Offer:
    """Note that somebody at the provider looks at the details; the first time is what counts."""
    who = ask.principal
    who.require_any(*MAY_SEE)
    async with db.transaction() as tx:
        offer = await changes.mark_opened(
            tx, who.acting, identity, at=ask.now, by=who.person_id
        )
        if offer is None:
            raise DomainError("OFFER_NOT_FOUND", "No such offer was made to you.", field="id")
        who.require_any(*MAY_SEE, payment_type=offer.payment_type)
    return offer


async def end_participations(
    tx: Tx, provider: str, standing: Standing, *, at: datetime, action: UUID
) -> None:
    """End what the provider takes part in and, by ODS, no longer can."""
    ended = []
    for held in await changes.taking_part(tx, provider):
        until = standing.takes_part_until(requires_pcn=held.requires_pcn)
        if until and (offer := held.offer.end(until.day)):
            ended.append(offer)
    await _commit(tx, ended, Happening(What.ENDED, at, action))


async def remind(db: Database, now: datetime) -> int:
    """Say of offers that wait for an answer that it is due soon: 7 days before, and 1 day."""
    today = now.astimezone(ENGLAND).date()
    told = 0
    for days in REMINDER_DAYS:
        async with db.transaction() as tx:
            due = await changes.due_within(tx, days, today)
            reminder = Happening(What.RESPONSE_DUE, now, new_id())
            await outbox.record(tx, events.happened(due, reminder), at=now)
            told += len(due)
    return told


async def restate(tx: Tx) -> AsyncIterator[Event]:
    """Every offer as it stands, with what happened to it last."""
    async for offer, last in lists.standing(tx):
        for event in events.happened([offer], replace(last, what=What.RESTATED)):
            yield event
