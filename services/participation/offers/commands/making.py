"""How offers come to be: the wizard's steps in one command."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final
from uuid import UUID

from chassis.choice import Choice as ChoiceOf
from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.values import Period
from services.participation.catalogue.store import keep_newest
from services.participation.offers.commands.asking import CREATE, Ask, commit, do_once, tell
from services.participation.offers.domain.making import Candidate, Terms, second_offer
from services.participation.offers.domain.offer import Happening, Offer, What
from services.participation.offers.domain.outcome import Outcome, Refused
from services.participation.offers.store import changes, providers

ON_BEHALF: Final = "Accepted on the provider's behalf"


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
    """Offer a service to many providers at once, by a list of them or by what was shown."""
    ask.principal.require(CREATE.role)
    return await do_once(db, ask, lambda tx: _created(tx, ask, new))


async def _created(tx: Tx, ask: Ask, new: NewOffers) -> Outcome:
    terms = await _terms(tx, ask, new)
    # What was shown for one service is not to be offered another.
    chooser = ask.choosing(f"{CREATE.name} {terms.service.id}", "providers")
    chosen = await chooser.chosen(tx, new.providers, lambda *f: _commissioned(tx, ask, terms, *f))
    made = await _judged(tx, ask, terms, list(chosen))
    if ask.dry_run:
        codes = [offer.provider for offer in made.offers]
        foreseen = Outcome.of(CREATE.done, codes, made.refused, dry_run=True)
        return replace(foreseen, selection=await chooser.shown(tx, [(code, 0) for code in codes]))
    return await _kept(tx, ask, made)


async def _terms(tx: Tx, ask: Ask, new: NewOffers) -> Terms:
    await keep_newest(tx, new.quality_service)
    service = await providers.service(tx, ask.principal.acting, new.quality_service)
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


@dataclass(slots=True)
class _Made:
    """The offers that can be made; and, where they are for somebody, accepted on their behalf."""

    offers: list[Offer] = field(default_factory=list)
    accepted: list[Offer] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def judge(self, candidate: Candidate, terms: Terms, ask: Ask) -> None:
        try:
            candidate.check(terms)
            offer = terms.offer_to(candidate.ods_code, new_id(), ask.now)
            if terms.service.accepted_on_behalf:
                self.accepted.append(_on_behalf(offer, candidate, terms, ask.today))
        except DomainError as error:
            self.refused.append(Refused.of(candidate.ods_code, error))
        else:
            self.offers.append(offer)

    def only(self, inserted: set[UUID]) -> "_Made":
        """Without those that somebody else was offered, or made, in the same moment."""
        overtaken = [offer for offer in self.offers if offer.id not in inserted]
        refused = [
            Refused.of(o.provider, second_offer(o.provider, o.service_code)) for o in overtaken
        ]
        return _Made(
            [offer for offer in self.offers if offer.id in inserted],
            [offer for offer in self.accepted if offer.id in inserted],
            self.refused + refused,
        )


def _on_behalf(offer: Offer, candidate: Candidate, terms: Terms, today: date) -> Offer:
    requires_pcn = terms.service.requires_pcn_membership
    until = candidate.standing.may_accept_until(requires_pcn=requires_pcn)
    return replace(offer.accept(today, until), reason=ON_BEHALF)


async def _judged(tx: Tx, ask: Ask, terms: Terms, codes: Sequence[str]) -> _Made:
    during, made = Period(terms.starts_on, terms.ends_on), _Made()
    for candidate in await providers.candidates(
        tx, ask.principal.acting, codes, during, terms.service.code
    ):
        made.judge(candidate, terms, ask)
    return made


async def _kept(tx: Tx, ask: Ask, judged: _Made) -> Outcome:
    """Insert the offers. What is accepted at once is told of once, as accepted: nobody is asked."""
    made = judged.only(await changes.insert(tx, judged.offers))
    happening = ask.happening(CREATE.what)
    if made.accepted:
        await changes.remember(tx, made.offers, happening)
        await commit(tx, made.accepted, Happening(What.ACCEPTED, ask.now, happening.action))
    else:
        await tell(tx, made.offers, happening)
    done = [str(offer.id) for offer in made.offers]
    return Outcome.of(CREATE.done, done, made.refused, dry_run=False)
