"""The statements that change people, and that keep what was changed."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from nhs.roles import Role
from services.organisations.people.domain import Change, NewPerson, PaymentTypes, Status


async def add(tx: Tx, people: Sequence[NewPerson]) -> None:
    """Version 0: the event told in the same transaction makes it 1."""
    await tx.copy(
        "person",
        columns=["id", "version", "status", "issuer", "subject", "name", "email"],
        records=[
            (one.id, 0, _status(one), one.issuer, one.subject, one.name, one.email)
            for one in people
        ],
    )
    links = [(one.id, link) for one in people for link in one.links]
    await tx.copy(
        "person_link",
        columns=["person_id", "organisation"],
        records=[(id_, link.organisation) for id_, link in links],
    )
    await tx.copy(
        "person_role",
        columns=["person_id", "organisation", "role", "payment_types"],
        records=[
            (id_, link.organisation, held.role.value, _list(held.payment_types))
            for id_, link in links
            for held in link.roles
        ],
    )


def _status(one: NewPerson) -> str:
    return Status.INVITED if one.subject is None else Status.ACTIVE


_LOCK = "select id, status from person where id = $1 for update"
_ORGANISATIONS = "select organisation from person_link where person_id = $1 order by 1"


async def lock(tx: Tx, person: UUID) -> Record | None:
    return await tx.fetchrow(_LOCK, person)


@dataclass(frozen=True, slots=True)
class Standing:
    """A locked person, and whom they act for."""

    status: str
    organisations: frozenset[str]


# First the lock, in one order; then what it protects.
_LOCK_ALL = "select id, status from person where id = any ($1) order by id for update"
_LINKS_OF = "select person_id, organisation from person_link where person_id = any ($1)"


async def lock_all(tx: Tx, people: Collection[UUID]) -> dict[UUID, Standing]:
    locked = await tx.fetch(_LOCK_ALL, list(people))
    links: dict[UUID, set[str]] = {row["id"]: set() for row in locked}
    for row in await tx.fetch(_LINKS_OF, list(links)):
        links[row["person_id"]].add(row["organisation"])
    return {row["id"]: Standing(row["status"], frozenset(links[row["id"]])) for row in locked}


_ROLES_AT = "select role from person_role where person_id = $1 and organisation = $2"
_HOLDING = """
select distinct organisation from person_role where person_id = $1 and role = any ($2) order by 1
"""


async def roles_at(reader: Reader, person: UUID, organisation: str) -> set[str]:
    return {row["role"] for row in await reader.fetch(_ROLES_AT, person, organisation)}


async def holding(reader: Reader, person: UUID, roles: Collection[Role]) -> list[str]:
    """The organisations where the person holds one of the roles."""
    rows = await reader.fetch(_HOLDING, person, [role.value for role in roles])
    return [row["organisation"] for row in rows]


async def organisations_of(reader: Reader, person: UUID) -> list[str]:
    return [row["organisation"] for row in await reader.fetch(_ORGANISATIONS, person)]


async def link(tx: Tx, person: UUID, organisation: str) -> bool:
    """Whether the link is new."""
    done = await tx.execute(
        "insert into person_link (person_id, organisation) values ($1, $2) on conflict do nothing",
        person,
        organisation,
    )
    return done.endswith(" 1")


async def unlink(tx: Tx, person: UUID, organisation: str) -> bool:
    """Roles go with the link. Whether there was one."""
    done = await tx.execute(
        "delete from person_link where person_id = $1 and organisation = $2", person, organisation
    )
    return done.endswith(" 1")


_GRANT = """
insert into person_role as held (person_id, organisation, role, payment_types)
values ($1, $2, $3, $4)
on conflict (person_id, organisation, role) do update set payment_types = excluded.payment_types
where held.payment_types is distinct from excluded.payment_types
"""


async def grant(
    tx: Tx, person: UUID, organisation: str, role: str, payment_types: PaymentTypes
) -> bool:
    """Whether anything changed by it."""
    done = await tx.execute(_GRANT, person, organisation, role, _list(payment_types))
    return done.endswith(" 1")


_GRANT_ALL = """
insert into person_role as held (person_id, organisation, role, payment_types)
select person_id, organisation, role, payment_types from jsonb_to_recordset($1)
    as new (person_id uuid, organisation text, role text, payment_types text[])
order by person_id, organisation, role
on conflict (person_id, organisation, role) do update set payment_types = excluded.payment_types
where held.payment_types is distinct from excluded.payment_types
returning person_id, organisation, role
"""

GrantedRole = tuple[UUID, str, str, PaymentTypes]
"""Person, organisation, role, and what it is held for."""


async def grant_all(tx: Tx, granted: Sequence[GrantedRole]) -> set[tuple[UUID, str, str]]:
    """Those of the roles that anything changed by."""
    columns = ("person_id", "organisation", "role", "payment_types")
    rows = [dict(zip(columns, one, strict=True)) for one in granted]
    return {tuple(row) for row in await tx.fetch(_GRANT_ALL, rows)}


async def withdraw(tx: Tx, person: UUID, organisation: str, role: str) -> bool:
    """Whether the role was held."""
    done = await tx.execute(
        "delete from person_role where person_id = $1 and organisation = $2 and role = $3",
        person,
        organisation,
        role,
    )
    return done.endswith(" 1")


async def disable(tx: Tx, person: UUID) -> bool:
    """Whether the person was not disabled already."""
    done = await tx.execute(
        "update person set status = 'DISABLED' where id = $1 and status <> 'DISABLED'", person
    )
    return done.endswith(" 1")


_ENABLE = """
update person set status = case when subject is null then 'INVITED' else 'ACTIVE' end
where id = $1 and status = 'DISABLED'
"""


async def enable(tx: Tx, person: UUID) -> bool:
    """Whether the person was disabled. Who never signed in is invited as before."""
    return (await tx.execute(_ENABLE, person)).endswith(" 1")


async def contact(reader: Reader, person: UUID) -> Record:
    """Id, name and mail address."""
    found = await reader.fetchrow("select id, name, email from person where id = $1", person)
    assert found is not None
    return found


_WRITE_CONTACT = """
update person set name = coalesce($2, name), email = coalesce($3, email) where id = $1
"""


async def write_contact(tx: Tx, person: UUID, name: str | None, email: str | None) -> None:
    await tx.execute(_WRITE_CONTACT, person, name, email)


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a person's history."""

    person: UUID
    change: Change
    organisation: str | None = None
    role: str | None = None
    payment_types: PaymentTypes = None
    was: str | None = None
    """The name or mail address before."""


async def remember(
    tx: Tx,
    entries: Sequence[Entry],
    *,
    by: UUID | None,
    acting_for: str,
    at: datetime,
    reason: str | None = None,
) -> None:
    await tx.copy(
        "person_change",
        columns=[
            "id",
            "person_id",
            "at",
            "changed_by",
            "acting_for",
            "change",
            "organisation",
            "role",
            "payment_types",
            "reason",
            "was",
        ],
        records=[
            (
                new_id(),
                entry.person,
                at,
                by,
                acting_for,
                entry.change.value,
                entry.organisation,
                entry.role,
                _list(entry.payment_types),
                reason,
                entry.was,
            )
            for entry in entries
        ],
    )


# Null asks for all of them.
_STATES = """
select
    p.id, p.version, p.issuer, p.subject, p.status, p.name, p.email,
    coalesce((
        select jsonb_agg(jsonb_build_object('organisation', l.organisation, 'roles', coalesce((
            select jsonb_agg(
                jsonb_build_object('role', r.role, 'payment_types', r.payment_types)
                order by r.role
            )
            from person_role r
            where r.person_id = l.person_id and r.organisation = l.organisation
        ), '[]')) order by l.organisation)
        from person_link l where l.person_id = p.id
    ), '[]') as links
from person p
where p.subject is not null and ($1::uuid[] is null or p.id = any ($1))
order by p.id
"""


async def states(reader: Reader, people: Collection[UUID] | None) -> list[Record]:
    """Each person with a token whole, as their events tell it; who was invited is told later."""
    return await reader.fetch(_STATES, None if people is None else list(people))


async def raise_versions(tx: Tx, people: Collection[UUID]) -> None:
    await tx.execute("update person set version = version + 1 where id = any ($1)", list(people))


def _list(types: PaymentTypes) -> list[str] | None:
    return None if types is None else list(types)
