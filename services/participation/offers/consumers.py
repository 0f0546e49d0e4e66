"""What offers hears of organisations: a tolerant reader that calls one command."""

from datetime import date

from pydantic import BaseModel

from chassis.db import Tx
from chassis.received import Received
from nhs.roles import RelationshipKind
from services.participation.offers import commands
from services.participation.offers.domain import Standing


class Interval(BaseModel):
    kind: str
    valid_to: date | None = None


class Heard(BaseModel):
    ods_code: str
    closed_on: date | None = None
    relationships: list[Interval] = []

    @property
    def standing(self) -> Standing:
        members = RelationshipKind.MEMBER_OF
        ends = [one.valid_to or date.max for one in self.relationships if one.kind == members]
        return Standing(self.closed_on, max(ends, default=None))


async def organisation_changed(tx: Tx, received: Received) -> None:
    """ODS closes a provider, or takes it out of its last PCN: what rests on that ends."""
    heard = Heard.model_validate(received.payload)
    if heard.standing.takes_part_until(requires_pcn=True):
        await commands.end_participations(
            tx, heard.ods_code, heard.standing, at=received.time, action=received.id
        )
