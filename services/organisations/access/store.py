"""The statements about requests for access and invitations."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.auth import Identity
from chassis.db import Reader, Tx
from chassis.db_errors import constraint_means
from chassis.ids import new_id
from nhs.roles import OrganisationKind, Role
from services.organisations.access.domain import Asked, Past, Status
from services.organisations.people.domain import HeldRole
from services.organisations.people.store import Reach
from services.organisations.people.store.ground import WITHIN

constraint_means(
    "access_request_open_once",
    "REQUEST_OPEN",
    "You have asked for that already; withdraw it to ask for something else",
    field="organisation",
)

# Requests of one person are counted one after another.
_ALONE = "select pg_advisory_xact_lock(hashtextextended($1, 0))"
_PAST = """
select
    count(*) filter (where status = 'REQUESTED') as open,
    count(*) filter (where requested_at > $3) as within_a_day
from access_request where issuer = $1 and subject = $2
"""


async def past(tx: Tx, identity: Identity, since: datetime) -> Past:
    """What the person has asked for so far; nobody else of that token asks meanwhile."""
    await tx.execute(_ALONE, f"{identity.issuer} {identity.subject}")
    found = await tx.fetchrow(_PAST, identity.issuer, identity.subject, since)
    assert found is not None
    return Past(found["open"], found["within_a_day"])


_PLACE = "select kind, name from organisation where ods_code = $1"


async def place(reader: Reader, organisation: str) -> tuple[OrganisationKind | None, str]:
    """What it is, if there is such an organisation, and what it is called."""
    found = await reader.fetchrow(_PLACE, organisation)
    return (OrganisationKind(found["kind"]), found["name"]) if found else (None, "")


_KNOWN = "select id, status, name, email from person where issuer = $1 and subject = $2"


async def known(reader: Reader, issuer: str, subject: str) -> Record | None:
    """The person of a token."""
    return await reader.fetchrow(_KNOWN, issuer, subject)


_OPEN = """
insert into access_request (
    id, status, issuer, subject, name, email, organisation, roles, reason, requested_at
)
values ($1, 'REQUESTED', $2, $3, $4, $5, $6, $7, $8, $9)
"""


async def open_request(tx: Tx, id_: UUID, identity: Identity, asked: Asked, at: datetime) -> None:
    await tx.execute(
        _OPEN,
        id_,
        identity.issuer,
        identity.subject,
        asked.name,
        asked.email,
        asked.link.organisation,
        plain(asked.link.roles),
        asked.reason,
        at,
    )


_OWN = "select * from access_request where id = $1 and issuer = $2 and subject = $3"
_ANSWERABLE = f"""
select * from access_request r where r.organisation in ({WITHIN}) and r.id = $4
"""  # noqa: S608 - all of it is ours


async def own(reader: Reader, identity: Identity, id_: UUID) -> Record:
    found = await reader.fetchrow(_OWN, id_, identity.issuer, identity.subject)
    assert found is not None
    return found


async def answerable(reader: Reader, reach: Reach, id_: UUID) -> Record:
    found = await reader.fetchrow(_ANSWERABLE, *_of(reach), id_)
    assert found is not None
    return found


async def lock_own(tx: Tx, id_: UUID, identity: Identity) -> Record | None:
    return await tx.fetchrow(f"{_OWN} for update", id_, identity.issuer, identity.subject)


async def lock_answerable(tx: Tx, id_: UUID, reach: Reach) -> Record | None:
    """A request to an organisation that the administrator looks after."""
    return await tx.fetchrow(f"{_ANSWERABLE} for update", *_of(reach), id_)


_DECIDE = """
update access_request set
    version = version + 1, status = $2, granted = $3, answer = $4,
    decided_at = $5, decided_by = $6, decided_for = $7
where id = $1
"""
_REMEMBER = """
insert into access_request_change
    (id, request_id, at, status, changed_by, acting_for, roles, reason)
values ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def decide(
    tx: Tx,
    id_: UUID,
    status: Status,
    *,
    granted: Sequence[HeldRole] | None,
    answer: str | None,
    at: datetime,
    by: UUID | None,
    acting_for: str | None,
) -> None:
    roles = None if granted is None else plain(granted)
    await tx.execute(_DECIDE, id_, status, roles, answer, at, by, acting_for)


async def remember(
    tx: Tx,
    id_: UUID,
    status: Status,
    *,
    at: datetime,
    by: UUID | None = None,
    acting_for: str | None = None,
    roles: Sequence[HeldRole] | None = None,
    reason: str | None = None,
) -> None:
    kept = None if roles is None else plain(roles)
    await tx.execute(_REMEMBER, new_id(), id_, at, status, by, acting_for, kept, reason)


_THEIRS = """
select * from access_request where issuer = $1 and subject = $2 and ($3::uuid is null or id < $3)
order by id desc limit $4
"""
_COUNT_THEIRS = "select count(*) from access_request where issuer = $1 and subject = $2"


async def theirs(
    reader: Reader, identity: Identity, after: UUID | None, limit: int
) -> list[Record]:
    """What the person of a token asked for, the newest first."""
    return await reader.fetch(_THEIRS, identity.issuer, identity.subject, after, limit)


async def count_theirs(reader: Reader, identity: Identity) -> int:
    return int(await reader.fetchval(_COUNT_THEIRS, identity.issuer, identity.subject))


Wanted = tuple[str | None, str | None]
"""Status and organisation."""

_WANTED = f"""
from access_request r
where r.organisation in ({WITHIN})
    and ($4::text is null or r.status = $4) and ($5::text is null or r.organisation = $5)
"""
_PAGE = f"select r.* {_WANTED} and ($6::uuid is null or r.id > $6) order by r.id limit $7"
_COUNT = f"select count(*) {_WANTED}"


async def page(
    reader: Reader, reach: Reach, wanted: Wanted, after: UUID | None, limit: int
) -> list[Record]:
    return await reader.fetch(_PAGE, *_of(reach), *wanted, after, limit)


async def count(reader: Reader, reach: Reach, wanted: Wanted) -> int:
    return int(await reader.fetchval(_COUNT, *_of(reach), *wanted))


def _of(reach: Reach) -> tuple[str, bool, date]:
    return reach.organisation, reach.below, reach.today


_HISTORY = "select * from access_request_change where request_id = any ($1) order by request_id, id"


async def history(reader: Reader, requests: Sequence[UUID]) -> list[Record]:
    """What became of requests that the caller has been shown."""
    return await reader.fetch(_HISTORY, list(requests))


_INVITE = """
insert into invitation (person_id, code_hash, expires_at) values ($1, $2, $3)
on conflict (person_id) do update
    set code_hash = excluded.code_hash, expires_at = excluded.expires_at
"""
_INVITED = """
select i.person_id, i.expires_at, p.status
from invitation i join person p on p.id = i.person_id
where i.code_hash = $1 and p.subject is null
for update of p, i
"""
_ACCEPT = "update person set issuer = $2, subject = $3, status = 'ACTIVE' where id = $1"
_SPENT = "delete from invitation where person_id = $1"


async def invite(tx: Tx, person: UUID, code_hash: bytes, expires_at: datetime) -> None:
    """Keep the invitation; a former one of the person is void."""
    await tx.execute(_INVITE, person, code_hash, expires_at)


async def lock_invited(tx: Tx, code_hash: bytes) -> Record | None:
    return await tx.fetchrow(_INVITED, code_hash)


async def accept(tx: Tx, person: UUID, identity: Identity) -> None:
    await tx.execute(_ACCEPT, person, identity.issuer, identity.subject)
    await tx.execute(_SPENT, person)


def plain(roles: Sequence[HeldRole]) -> list[dict[str, Any]]:
    return [{"role": held.role, "payment_types": held.payment_types} for held in roles]


def held(roles: Sequence[dict[str, Any]]) -> tuple[HeldRole, ...]:
    """Roles as they were kept."""
    return tuple(HeldRole(Role(one["role"]), _types(one["payment_types"])) for one in roles)


def _types(types: Sequence[str] | None) -> tuple[str, ...] | None:
    return None if types is None else tuple(types)
