"""What the commands share: who asks for what, once, and how it is kept and told."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chassis import outbox
from chassis.choice import Chooser
from chassis.clock import ENGLAND
from chassis.db import Database, Tx
from chassis.idempotency import IdempotencyKey, once
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.roles import Role
from services.participation.offers import events
from services.participation.offers.domain.offer import Happening, Offer, What
from services.participation.offers.domain.outcome import Outcome
from services.participation.offers.store import changes


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

    def choosing(self, operation: str, field: str = "choose") -> Chooser:
        who = self.principal
        return Chooser(who.person_id, who.organisation, operation, self.now, self.dry_run, field)

    def happening(self, what: What) -> Happening:
        who = self.principal
        return Happening(what, self.now, new_id(), who.person_id, who.organisation)


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


async def do_once(db: Database, ask: Ask, work: Callable[[Tx], Awaitable[Outcome]]) -> Outcome:
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


async def commit(tx: Tx, changed: Sequence[Offer], to_them: Happening) -> None:
    """Save the offers, remember what happened to them, and tell of it: an event each."""
    if changed:
        await changes.save(tx, changed)
        await tell(tx, changed, to_them)


async def tell(tx: Tx, changed: Sequence[Offer], to_them: Happening) -> None:
    await changes.remember(tx, changed, to_them)
    await outbox.record(tx, events.happened(changed, to_them), at=to_them.at)
