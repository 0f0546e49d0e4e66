"""What is done to offers in bulk: each chosen one is done or refused by itself."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from uuid import UUID

from chassis.choice import Choice as ChoiceOf
from chassis.db import Database, Tx
from chassis.errors import DomainError
from services.participation.offers.commands.asking import (
    ACCEPT,
    CANCEL,
    EXTEND,
    REJECT,
    WITHDRAW,
    Action,
    Ask,
    commit,
    do_once,
)
from services.participation.offers.domain.looking import OfferFilter, payment_types_seen
from services.participation.offers.domain.offer import Offer
from services.participation.offers.domain.outcome import Outcome, Refused
from services.participation.offers.store import changes, lists
from services.participation.offers.store.changes import Held
from services.participation.reason import said

Choice = ChoiceOf[UUID, OfferFilter]
"""The offers a bulk command is about."""

Decide = Callable[[Held, date], Offer]


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
    return await do_once(db, ask, lambda tx: _decided(tx, ask, action, choice, decide))


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
    await commit(tx, verdicts.changed, ask.happening(action.what))
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
