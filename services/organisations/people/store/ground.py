"""What is to be known before anything is done to people: whom an administrator looks after."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.db_errors import constraint_means
from nhs.roles import OrganisationKind, Role
from services.organisations.people.domain import (
    ADMINISTRATORS,
    DECLARERS,
    Ground,
    NewPerson,
    mailbox,
)

# Two who add the same person at once: `ground` saw neither, and the second is refused here.
constraint_means(
    "person_signs_in_as_one", "SUBJECT_IN_USE", "The subject is somebody's already", field="subject"
)
constraint_means(
    "person_has_a_mailbox", "EMAIL_IN_USE", "The mailbox is somebody's already", field="email"
)

# The organisations an administrator looks after: their own, and with $2 those below it today.
WITHIN = """
select $1
union
select organisation from directory.self_and_below($1, $3)
    where $2 and valid_from <= $3 and valid_to >= $3
union
select provider from directory.commissioned($1, $3)
    where $2 and valid_from <= $3 and valid_to >= $3
"""
_KINDS = f"""
with within (ods_code) as ({WITHIN})
select o.ods_code, o.kind, o.name, w.ods_code is not null as within
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
        names={row["ods_code"]: row["name"] for row in kinds},
        advanced=reach.below,
        subjects={tuple(row) for row in await reader.fetch(_SUBJECTS, issuers, subjects)},
        mailboxes={row["mailbox"] for row in await reader.fetch(_MAILBOXES, mailboxes)},
    )


_LOOKED_AFTER = f"""
select exists (
    select from person_link l where l.person_id = $4 and l.organisation in ({WITHIN})
)
"""  # noqa: S608 - all of it is ours


async def looked_after(reader: Reader, reach: Reach, person: UUID) -> bool:
    """Whether the person acts for an organisation the administrator looks after."""
    arguments = (reach.organisation, reach.below, reach.today, person)
    return bool(await reader.fetchval(_LOOKED_AFTER, *arguments))


async def by_mailbox(reader: Reader, email: str) -> UUID | None:
    """Whose mailbox it is, to the letter."""
    found = await reader.fetchval("select id from person where lower(email) = $1", mailbox(email))
    return None if found is None else UUID(str(found))


_NAMES = "select name from organisation where ods_code = any ($1)"


async def names(reader: Reader, organisations: Sequence[str]) -> list[str]:
    return [row["name"] for row in await reader.fetch(_NAMES, list(organisations))]


_WITHOUT_ADMINISTRATOR = """
select o.ods_code from unnest($1::text[]) o (ods_code)
where not exists (
    select from person_role r join person p on p.id = r.person_id
    where r.organisation = o.ods_code and r.role = any ($2) and p.status = 'ACTIVE'
)
order by 1
"""


async def without_administrator(reader: Reader, organisations: Collection[str]) -> list[str]:
    """Those of the organisations where nobody is left who administers people."""
    roles = [role.value for role in ADMINISTRATORS]
    rows = await reader.fetch(_WITHOUT_ADMINISTRATOR, list(organisations), roles)
    return [row["ods_code"] for row in rows]


# Open networks and how many people may declare for each, where these are too few.
_SHORT = f"""
select o.ods_code, count(p.id) as declarers
from organisation o
left join person_role r
    on r.organisation = o.ods_code and r.role = '{Role.DECLARATION_MANAGEMENT.value}'
left join person p on p.id = r.person_id and p.status = 'ACTIVE'
where o.kind = 'PCN' and o.status = 'ACTIVE' and %s
group by o.ods_code having count(p.id) < {DECLARERS}
"""  # noqa: S608 - all of it is ours
_SHORT_OF_THESE = f"{_SHORT % 'o.ods_code = any ($1)'} order by 1"
_SHORT_WITHIN = _SHORT % f"o.ods_code in ({WITHIN})"
_SHORT_PAGE = f"""
select * from ({_SHORT_WITHIN}) short where $4::text is null or ods_code > $4
order by ods_code limit $5
"""  # noqa: S608 - all of it is ours
_SHORT_COUNT = f"select count(*) from ({_SHORT_WITHIN}) short"  # noqa: S608 - all of it is ours


async def networks_short_of_declarers(
    reader: Reader, organisations: Collection[str]
) -> list[Record]:
    """The networks among the organisations that fewer than two people may declare for."""
    return await reader.fetch(_SHORT_OF_THESE, list(organisations))


async def page_of_networks_short(
    reader: Reader, reach: Reach, after: str | None, limit: int
) -> list[Record]:
    arguments = (reach.organisation, reach.below, reach.today)
    return await reader.fetch(_SHORT_PAGE, *arguments, after, limit)


async def count_networks_short(reader: Reader, reach: Reach) -> int:
    return int(await reader.fetchval(_SHORT_COUNT, reach.organisation, reach.below, reach.today))
