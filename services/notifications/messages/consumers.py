"""What is read of the events of others; each reaction calls one command."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final
from uuid import UUID

from pydantic import BaseModel

from chassis.db import Tx
from chassis.received import Received
from chassis.subscription import Projection, Reaction
from services.notifications.messages import commands
from services.notifications.messages.domain import NOTICES, Occurrence, Thing
from services.notifications.messages.store.heard import QualityService, keep_quality_services

TOPICS: Final = (
    "participation.quality-service",
    "participation.offer",
    "declarations.declaration",
)
READ_MODEL: Final = ("public.quality_service",)


class _Told(BaseModel):
    """What offers and declarations have in common."""

    id: UUID
    quality_service: str
    payment_type: str | None = None
    provider: str
    commissioner: str
    reason: str | None = None
    response_due_on: date | None = None
    at: datetime | None = None
    action: UUID | None = None


class _Published(BaseModel):
    id: str
    code: str
    version: int
    name: str


async def told(tx: Tx, event: Received) -> None:
    """An event that names no action is one of its own."""
    heard = _Told.model_validate(event.payload)
    name = event.type.rpartition(".")[0]
    await commands.tell(
        tx,
        Occurrence(
            event=name,
            thing=Thing(name.partition(".")[0].upper()),
            id=heard.id,
            action=heard.action or event.id,
            at=heard.at or event.time,
            quality_service=heard.quality_service,
            payment_type=heard.payment_type,
            provider=heard.provider,
            commissioner=heard.commissioner,
            due_on=heard.response_due_on,
            reason=heard.reason,
        ),
    )


async def project_quality_services(tx: Tx, batch: Sequence[Received]) -> None:
    newest: dict[str, QualityService] = {}
    for event in batch:
        one = _Published.model_validate(event.payload)
        if one.id not in newest or newest[one.id].version <= one.version:
            newest[one.id] = QualityService(one.id, one.version, one.code, one.name)
    await keep_quality_services(tx, list(newest.values()))


PROJECTIONS: Final[Mapping[str, Projection]] = {
    "quality-service.published.v1": project_quality_services
}
REACTIONS: Final[Mapping[str, Reaction]] = {f"{event}.v1": told for event in NOTICES}
