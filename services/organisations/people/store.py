"""The statements about people."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx, constraint_means
from chassis.ids import new_id
from nhs.roles import OrganisationKind
from services.organisations.people.domain import Change, Ground, NewPerson, PaymentTypes

# Two who add the same person at once: `ground` saw neither, and the second is refused here.
constraint_means(
    "person_signs_in_as_one", "SUBJECT_IN_USE", "The subject is somebody's already", field="subject"
)
constraint_means(
    "person_has_a_mailbox", "EMAIL_IN_USE", "The mailbox is somebody's already", field="email"
)

# The organisations an administrator looks after: their own, and with $2 those below it today.
_WITHIN = """
select $1
union
select organisation from directory.self_and_below($1, $3)
    where $2 and valid_from <= $3 and valid_to >= $3
union
select provider from directory.commissioned($1, $3)
    where $2 and valid_from <= $3 and valid_to >= $3
"""
_KINDS = f"""
with within (ods_code) as ({_WITHIN})
select o.ods_code, o.kind, w.ods_code is not null as within
from organisation o left join within w using (ods_code)
where o.ods_code = any ($4)
"""  # noqa: S608 - both halves are ours
_SUBJECTS = """
select issuer, subject from person
where (issuer, subject) in (select * from unnest($1::text[], $2::text[]))
"""
_MAILBOXES = "select lower(email) as mailbox from person where lower(email) = any ($1)"


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose people somebody looks after, and when."""

    organisation: str
    below: bool
    """Those of the organisations below it as well."""
    today: date


async def ground(
    reader: Reader,
    reach: Reach,
    organisations: Collection[str],
    people: Sequence[NewPerson] = (),
) -> Ground:
    """What is to be known of these organisations and people before anything is done."""
    kinds = await reader.fetch(
        _KINDS, reach.organisation, reach.below, reach.today, list(organisations)
    )
    issuers, subjects = [one.issuer for one in people], [one.subject for one in people]
    mailboxes = [one.mailbox for one in people]
    return Ground(
        kinds={row["ods_code"]: OrganisationKind(row["kind"]) for row in kinds},
        within={row["ods_code"] for row in kinds if row["within"]},
        subjects={tuple(row) for row in await reader.fetch(_SUBJECTS, issuers, subjects)},
        mailboxes={row["mailbox"] for row in await reader.fetch(_MAILBOXES, mailboxes)},
    )


async def add(tx: Tx, people: Sequence[NewPerson]) -> None:
    """Version 0: the event told in the same transaction makes it 1."""
    await tx.copy(
        "person",
        columns=["id", "version", "issuer", "subject", "name", "email"],
        records=[(one.id, 0, one.issuer, one.subject, one.name, one.email) for one in people],
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


_LOCK = "select id, status from person where id = $1 for update"
_ORGANISATIONS = "select organisation from person_link where person_id = $1 order by 1"


async def lock(tx: Tx, person: UUID) -> Record | None:
    return await tx.fetchrow(_LOCK, person)


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
    """Whether the person was active."""
    done = await tx.execute(
        "update person set status = 'DISABLED' where id = $1 and status = 'ACTIVE'", person
    )
    return done.endswith(" 1")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of a person's history."""

    person: UUID
    change: Change
    organisation: str | None = None
    role: str | None = None
    payment_types: PaymentTypes = None


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
where $1::uuid[] is null or p.id = any ($1)
order by p.id
"""


async def states(reader: Reader, people: Collection[UUID] | None) -> list[Record]:
    """Each person whole, as their events tell it."""
    return await reader.fetch(_STATES, None if people is None else list(people))


async def raise_versions(tx: Tx, people: Collection[UUID]) -> None:
    await tx.execute("update person set version = version + 1 where id = any ($1)", list(people))


def _list(types: PaymentTypes) -> list[str] | None:
    return None if types is None else list(types)


# Seen: who acts for an organisation that the caller's sees today, or is part of it; and oneself.
_SEES = """
select s.provider from directory.scope($1, $3) s where s.valid_from <= $3 and s.valid_to >= $3
union
select b.organisation from directory.self_and_below($1, $3) b
    where b.valid_from <= $3 and b.valid_to >= $3
"""
_SEEN = f"""
with
within (ods_code) as ({_WITHIN}),
sees (ods_code) as ({_SEES})
select
    p.id, p.version, p.status, p.name,
    case when p.id = $5 or $6 and exists (
        select from person_link l join within on within.ods_code = l.organisation
        where l.person_id = p.id
    ) then p.email end as email
from person p
where p.id = any ($4) and (p.id = $5 or exists (
    select from person_link l join sees on sees.ods_code = l.organisation where l.person_id = p.id
))
"""  # noqa: S608 - all of it is ours


async def seen(
    reader: Reader, reach: Reach, caller: UUID, ids: Sequence[UUID], *, mailboxes: bool
) -> list[Record]:
    return await reader.fetch(
        _SEEN, reach.organisation, reach.below, reach.today, list(ids), caller, mailboxes
    )


_LINKS = f"""
with sees (ods_code) as ({_SEES})
select l.person_id, l.organisation, r.role, r.payment_types
from person_link l
left join person_role r on r.person_id = l.person_id and r.organisation = l.organisation
where l.person_id = any ($4)
    and (l.person_id = $2 or l.organisation in (select ods_code from sees))
order by l.person_id, l.organisation, r.role
"""  # noqa: S608 - all of it is ours


async def links(reader: Reader, reach: Reach, caller: UUID, people: Sequence[UUID]) -> list[Record]:
    """What people do for organisations the caller's sees, and all that the caller does."""
    return await reader.fetch(_LINKS, reach.organisation, caller, reach.today, list(people))


Wanted = tuple[str | None, str | None, str | None, str | None]
"""Organisation, role, status, words of the name or mail address."""

_WANTED = f"""
from person p
where p.id in (
    select l.person_id from person_link l
    where l.organisation in ({_WITHIN})
        and ($4::text is null or l.organisation = $4)
        and ($5::text is null or exists (
            select from person_role r
            where r.person_id = l.person_id and r.organisation = l.organisation and r.role = $5
        ))
)
    and ($6::text is null or p.status = $6)
    and ($7::text is null or strpos(lower(p.name), lower($7)) > 0
        or strpos(lower(p.email), lower($7)) > 0)
"""  # noqa: S608 - all of it is ours
_PAGE = f"""
select p.id, p.version, p.status, p.name, p.email {_WANTED} and ($8::uuid is null or p.id > $8)
order by p.id limit $9
"""
_COUNT = f"select count(*) {_WANTED}"


async def page(
    reader: Reader, reach: Reach, wanted: Wanted, after: UUID | None, limit: int
) -> list[Record]:
    return await reader.fetch(
        _PAGE, reach.organisation, reach.below, reach.today, *wanted, after, limit
    )


async def count(reader: Reader, reach: Reach, wanted: Wanted) -> int:
    arguments = (reach.organisation, reach.below, reach.today, *wanted)
    return int(await reader.fetchval(_COUNT, *arguments))


# What was done to people looked after, as far as it is about organisations looked after.
_HISTORY = f"""
with
within (ods_code) as ({_WITHIN}),
looked_after (person_id) as (
    select l.person_id from person_link l
    where $6 and l.person_id = any ($4) and l.organisation in (select ods_code from within)
)
select
    c.person_id, c.at, c.changed_by, c.acting_for, c.change, c.organisation, c.role,
    c.payment_types, c.reason
from person_change c
where c.person_id = any ($4) and (
    c.person_id = $5
    or c.person_id in (select person_id from looked_after)
        and (c.organisation is null or c.organisation in (select ods_code from within))
)
order by c.person_id, c.at, c.id
"""  # noqa: S608 - all of it is ours


async def history(
    reader: Reader, reach: Reach, caller: UUID, people: Sequence[UUID], *, administers: bool
) -> list[Record]:
    return await reader.fetch(
        _HISTORY, reach.organisation, reach.below, reach.today, list(people), caller, administers
    )
