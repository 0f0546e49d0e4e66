"""Whose messages a caller sees, and which of them are looked for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from chassis.db import Reader
from nhs.directory import Principal
from nhs.roles import Role
from services.notifications.messages.domain import Kind, Status


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose messages a caller sees: their own, and as a Supervisor the organisation's.

    And the open tasks of those they cover for, and what colleagues were told in their place.
    """

    person: UUID
    organisation: str
    supervises: bool
    payment_types: Sequence[str] | None
    today: date
    covered: Sequence[UUID] = ()
    """Those for whom the caller covers today."""
    covered_by: Sequence[UUID] = ()
    """Those who cover for the caller, or did."""

    @classmethod
    async def of(cls, reader: Reader, principal: Principal) -> "Sight":
        types = principal.roles.get(Role.SUPERVISOR)
        row = await reader.fetchrow(
            _COVER, *(principal.person_id, principal.organisation, principal.today)
        )
        return cls(
            principal.person_id,
            principal.organisation,
            principal.holds(Role.SUPERVISOR),
            sorted(types) if types is not None else None,
            principal.today,
            covered=row["covered"] if row else (),
            covered_by=row["covered_by"] if row else (),
        )

    def arguments(self) -> tuple[object, ...]:
        who = (self.person, self.organisation, self.supervises, self.payment_types, self.today)
        return (*who, [self.person, *self.covered, *self.covered_by], list(self.covered))


@dataclass(frozen=True, slots=True)
class MessageFilter:
    kind: Kind | None = None
    status: Sequence[Status] | None = None
    subject_codes: Sequence[str] | None = None
    mine: bool | None = None
    since: datetime | None = None

    def arguments(self) -> tuple[object, ...]:
        return (self.kind, self.status, self.subject_codes, self.mine, self.since)


_COVER: Final = """
select
    array (
        select c.person_id from cover c
        where c.colleague_id = $1 and c.organisation = $2
            and c.ended_at is null and $3 between c.starts_on and c.ends_on
    ) as covered,
    array (
        select c.colleague_id from cover c
        where c.person_id = $1 and c.organisation = $2 and c.starts_on <= $3
    ) as covered_by
"""

# A covered task is shown to who could do it, and was not told of it themselves.
_COVERED: Final = """
m.kind = 'TASK'
and m.status <> 'DONE'
and (
    $1 = any (m.covers)
    or (
        m.person_id = any ($7::uuid[])
        and m.organisation = $2
        and exists (
            select from directory.person_role r
            where r.person_id = $1 and r.organisation = $2 and r.role = m.role
                and (
                    r.payment_types is null or m.payment_type is null
                    or m.payment_type = any (r.payment_types)
                )
        )
        and not exists (
            select from message own
            where own.person_id = $1 and own.organisation = m.organisation
                and own.subject_code = m.subject_code and own.action = m.action
                and own.quality_service is not distinct from m.quality_service
        )
    )
)
"""
SEEN_THERE: Final = f"""
(
    (m.person_id = any ($6::uuid[]) and (m.person_id = $1 or ({_COVERED})))
    or ($3 and ($4::text[] is null or m.payment_type is null or m.payment_type = any ($4)))
)
"""
"""What a caller sees at one of the organisations acted for."""
SEEN: Final = f"""
m.organisation in (select organisation from directory.inherited($2, $5)) and {SEEN_THERE}
"""  # noqa: S608 - put together from constants
MATCHES: Final = """
($8::text is null or m.kind = $8)
and ($9::text[] is null or m.status = any ($9))
and ($10::text[] is null or m.subject_code = any ($10))
and ($11::bool is null or (m.person_id = $1) = $11)
and ($12::timestamptz is null or m.raised_at >= $12)
"""
