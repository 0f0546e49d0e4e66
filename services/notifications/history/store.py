"""Every SQL statement about what was told to whom, and why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.directory import Principal
from nhs.roles import Role

ADMINISTRATORS: Final = (
    Role.USER_ADMINISTRATOR,
    Role.ADVANCED_USER_ADMINISTRATOR,
    Role.ORGANISATION_ADMINISTRATOR,
)


@dataclass(frozen=True, slots=True)
class Sight:
    """Whose history a caller sees: an organisation's, whole or of some payment types."""

    organisation: str
    today: date
    payment_types: Sequence[str] | None

    @classmethod
    def of(cls, principal: Principal) -> "Sight":
        """A Supervisor's; an administrator sees all of it."""
        principal.require_any(Role.SUPERVISOR, *ADMINISTRATORS)
        types = principal.roles.get(Role.SUPERVISOR)
        whole = types is None or any(principal.holds(role) for role in ADMINISTRATORS)
        return cls(principal.organisation, principal.today, None if whole else sorted(types or ()))

    def arguments(self) -> tuple[object, ...]:
        return (self.organisation, self.today, self.payment_types)


@dataclass(frozen=True, slots=True)
class HistoryFilter:
    person: UUID | None = None
    organisation: str | None = None
    subject_codes: Sequence[str] | None = None
    about: str | None = None
    event: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    words: str | None = None

    def clauses(self, first: int) -> tuple[list[str], list[object]]:
        """The conditions that are asked for, their arguments numbered from the first."""
        asked = [
            (clause, value)
            for clause, value in (
                ("e.person_id = ${}", self.person),
                ("e.organisation = ${}", self.organisation),
                ("e.subject_code = any (${}::text[])", self.subject_codes),
                ("e.about_id = ${}", self.about),
                ("e.event_id = ${}", self.event),
                ("e.at >= ${}", self.since),
                ("e.at < ${}", self.until),
                (_SAID, self.words),
            )
            if value is not None
        ]
        numbered = [clause.format(number) for number, (clause, _) in enumerate(asked, first)]
        return numbered, [value for _, value in asked]


_SAID: Final = """
e.message_id in (
    select w.message_id from message_said w
    where w.words @@ websearch_to_tsquery('english', ${})
)
"""
_ENTRY: Final = """
from directory.inherited($1, $2) i
cross join lateral (
    select e.*, m.kind, m.status, m.role, m.reason, m.covers
    from message_event e
    join message m on m.id = e.message_id
    where e.organisation = i.organisation
        and ($3::text[] is null or m.payment_type is null or m.payment_type = any ($3))
        {clauses}
"""
# Of each organisation, one and those it took over from, the page is read in the index's order.
_LIST: Final = (
    "select e.*, s.subject, s.body, a.kind as thing, a.provider, a.done, it.choice, it.delivery_id"
    + _ENTRY
    + """
        and (
            $4::timestamptz is null
            or (e.at, e.message_id, e.event_id) < ($4, $5::uuid, $6::uuid)
        )
    order by e.at desc, e.message_id desc, e.event_id desc
    limit $7
) e
left join message_said s on s.message_id = e.message_id
left join message_about a on a.message_id = e.message_id and a.about_id = e.about_id
left join email_item it on it.message_id = e.message_id and it.event_id = e.event_id
order by e.at desc, e.message_id desc, e.event_id desc
limit $7
"""
)
_TOTAL: Final = f"select count(*) {_ENTRY}) e"


async def listed(
    reader: Reader, sight: Sight, chosen: HistoryFilter, after: tuple[Any, ...], limit: int
) -> list[Record]:
    """The latest first."""
    sql, arguments = page(sight, chosen, after, limit)
    return await reader.fetch(sql, *arguments)


def page(
    sight: Sight, chosen: HistoryFilter, after: tuple[Any, ...], limit: int
) -> tuple[str, list[object]]:
    clauses, values = chosen.clauses(first=8)
    return _with(_LIST, clauses), [*sight.arguments(), *after, limit, *values]


async def total(reader: Reader, sight: Sight, chosen: HistoryFilter) -> int:
    clauses, values = chosen.clauses(first=4)
    return int(await reader.fetchval(_with(_TOTAL, clauses), *sight.arguments(), *values))


def _with(sql: str, clauses: Sequence[str]) -> str:
    return sql.replace("{clauses}", "".join(f"and {one}\n" for one in clauses))


_DELIVERIES: Final = "select * from email_delivery where id = any ($1)"


async def deliveries(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, Record]:
    """The mails by which it went; of entries the caller has been shown."""
    return {row["id"]: row for row in await reader.fetch(_DELIVERIES, ids)}
