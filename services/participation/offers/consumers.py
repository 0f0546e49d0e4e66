"""What offers hears of organisations: a tolerant reader that calls one command."""

from datetime import date

from pydantic import BaseModel

from chassis.db import Tx
from chassis.received import Received
from nhs.roles import RelationshipKind
from nhs.values import Period
from services.participation.offers import commands


class Interval(BaseModel):
    kind: str
    valid_from: date
    valid_to: date | None = None

    @property
    def period(self) -> Period:
        return Period(self.valid_from, self.valid_to or date.max)


class Heard(BaseModel):
    ods_code: str
    closed_on: date | None = None
    relationships: list[Interval] = []

    @property
    def memberships(self) -> list[Period]:
        members = RelationshipKind.MEMBER_OF
        return [one.period for one in self.relationships if one.kind == members]


async def organisation_changed(tx: Tx, received: Received) -> None:
    """ODS closes a provider, or takes it out of its last PCN: what rests on that ends."""
    heard = Heard.model_validate(received.payload)
    if heard.closed_on or any(period.end != date.max for period in heard.memberships):
        provider = commands.Provider(heard.ods_code, heard.closed_on, heard.memberships)
        await commands.end_participations(tx, provider, at=received.time, action=received.id)
