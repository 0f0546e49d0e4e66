"""What mails need of the events of others."""

from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from chassis.db import Tx
from chassis.received import Received
from chassis.subscription import Projection, Reaction
from nhs.roles import Role
from services.notifications.email.store import contacts
from services.notifications.email.store.contacts import Contact
from services.notifications.messages.consumers import occurrence_of
from services.notifications.messages.domain import Kind, Notice, Side
from services.notifications.messages.store.raising import recipients

TOPICS: Final = ("organisations.contact",)
READ_MODEL: Final = ("public.contact",)
_ACCEPTANCES: Final = Notice(Kind.MESSAGE, Side.COMMISSIONER, Role.COMMISSIONING_MANAGEMENT)


class _ContactChanged(BaseModel):
    person_id: UUID
    version: int
    name: str
    email: str


async def project_contacts(tx: Tx, batch: Sequence[Received]) -> None:
    newest: dict[UUID, Contact] = {}
    for event in batch:
        one = _ContactChanged.model_validate(event.payload)
        if one.person_id not in newest or newest[one.person_id].version <= one.version:
            newest[one.person_id] = Contact(one.person_id, one.version, one.name, one.email)
    await contacts.keep(tx, list(newest.values()))


async def note_acceptance(tx: Tx, event: Received) -> None:
    """Keep it for those who asked for a digest of acceptances, and hold the role for it now."""
    if not await contacts.anybody_asks_for_acceptances(tx):
        return
    accepted = occurrence_of(event)
    await contacts.note_acceptance(
        tx,
        event.id,
        await recipients(tx, _ACCEPTANCES, accepted),
        provider=accepted.provider,
        quality_service=accepted.quality_service,
        at=accepted.at,
    )


PROJECTIONS: Final[Mapping[str, Projection]] = {"contact.changed.v1": project_contacts}
REACTIONS: Final[Mapping[str, Reaction]] = {"offer.accepted.v1": note_acceptance}
