"""Whose messages a caller sees, and which of them are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from nhs.directory import Principal
from nhs.roles import Role
from services.notifications.messages.domain import Kind, Status


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose messages a caller sees: their own, and as a Supervisor the organisation's."""

    person: UUID
    organisation: str
    supervises: bool
    payment_types: Sequence[str] | None
    today: date

    @classmethod
    def of(cls, principal: Principal) -> "Sight":
        types = principal.roles.get(Role.SUPERVISOR)
        return cls(
            principal.person_id,
            principal.organisation,
            principal.holds(Role.SUPERVISOR),
            sorted(types) if types is not None else None,
            principal.today,
        )

    def arguments(self) -> tuple[object, ...]:
        who = (self.person, self.organisation, self.supervises, self.payment_types)
        return (*who, self.today)


@dataclass(frozen=True, slots=True)
class MessageFilter:
    kind: Kind | None = None
    status: Sequence[Status] | None = None
    subject_codes: Sequence[str] | None = None
    mine: bool | None = None
    since: datetime | None = None

    def arguments(self) -> tuple[object, ...]:
        return (self.kind, self.status, self.subject_codes, self.mine, self.since)


SEEN: Final = """
m.organisation in (select organisation from directory.inherited($2, $5))
and (
    m.person_id = $1
    or ($3 and ($4::text[] is null or m.payment_type is null or m.payment_type = any ($4)))
)
"""
MATCHES: Final = """
($6::text is null or m.kind = $6)
and ($7::text[] is null or m.status = any ($7))
and ($8::text[] is null or m.subject_code = any ($8))
and ($9::bool is null or (m.person_id = $1) = $9)
and ($10::timestamptz is null or m.raised_at >= $10)
"""
