"""Keeps the directory up to date with what organisations tells."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from chassis.db import Tx
from chassis.received import Received
from chassis.subscription import Projection
from nhs.directory.heard import OrganisationChanged, PersonChanged

Heard = TypeVar("Heard", OrganisationChanged, PersonChanged)

# A duplicate or an older version finds nothing to do: a rebuild begins with empty tables.
_ORGANISATIONS = """
insert into directory.organisation as kept
    (ods_code, version, kind, name, status, opened_on, closed_on, postcode)
select ods_code, version, kind, name, status, opened_on, closed_on, postcode
from jsonb_to_recordset($1) as heard (
    ods_code text, version bigint, kind text, name text, status text,
    opened_on date, closed_on date, postcode text
)
order by ods_code
on conflict (ods_code) do update set
    version = excluded.version, kind = excluded.kind, name = excluded.name,
    status = excluded.status, opened_on = excluded.opened_on, closed_on = excluded.closed_on,
    postcode = excluded.postcode
where kept.version < excluded.version
returning ods_code
"""
_FORGET_PARTS = """
with gone as (delete from directory.list_size where ods_code = any ($1)),
     unpaid as (delete from directory.payee where ods_code = any ($1)),
     withdrawn as (delete from directory.allocated_report where granted_by = any ($1)),
     switched as (delete from directory.duty_switch where ods_code = any ($1))
delete from directory.relationship where source = any ($1)
"""
_LIST_SIZES = """
insert into directory.list_size (ods_code, counted_on, patients)
select organisation ->> 'ods_code', part."on", part.patients
from jsonb_array_elements($1::jsonb) organisation,
     jsonb_to_recordset(organisation -> 'list_sizes') as part ("on" date, patients integer)
"""
_PAYEES = """
insert into directory.payee (ods_code, payee, valid_from, valid_to)
select organisation ->> 'ods_code', part.payee, part.valid_from, part.valid_to
from jsonb_array_elements($1::jsonb) organisation,
     jsonb_to_recordset(organisation -> 'payees')
         as part (payee text, valid_from date, valid_to date)
"""
_RELATIONSHIPS = """
insert into directory.relationship (id, kind, source, target, valid_from, valid_to)
select part.id, part.kind, organisation ->> 'ods_code', part.target, part.valid_from, part.valid_to
from jsonb_array_elements($1::jsonb) organisation,
     jsonb_to_recordset(organisation -> 'relationships')
         as part (id uuid, kind text, target text, valid_from date, valid_to date)
"""
_ALLOCATED_REPORTS = """
insert into directory.allocated_report
    (id, granted_by, report, service_code, granted_to, valid_from, valid_to)
select part.id, organisation ->> 'ods_code', part.report, part.service_code, part."to",
    part.valid_from, part.valid_to
from jsonb_array_elements($1::jsonb) organisation,
     jsonb_to_recordset(organisation -> 'allocated_reports') as part (
         id uuid, report text, service_code text, "to" text, valid_from date, valid_to date
     )
"""
_DUTIES = """
insert into directory.duty_switch (ods_code, kind, separated, valid_from, valid_to)
select organisation ->> 'ods_code', part.kind, part.separated, part.valid_from, part.valid_to
from jsonb_array_elements($1::jsonb) organisation,
     jsonb_to_recordset(organisation -> 'duties')
         as part (kind text, separated boolean, valid_from date, valid_to date)
"""
_PARTS = (_LIST_SIZES, _PAYEES, _RELATIONSHIPS, _ALLOCATED_REPORTS, _DUTIES)

_PERSONS = """
insert into directory.person as kept (id, version, issuer, subject, status)
select id, version, issuer, subject, status
from jsonb_to_recordset($1)
    as heard (id uuid, version bigint, issuer text, subject text, status text)
order by id
on conflict (id) do update set
    version = excluded.version, issuer = excluded.issuer, subject = excluded.subject,
    status = excluded.status
where kept.version < excluded.version
returning id
"""
_FORGET_LINKS = "delete from directory.person_link where person_id = any ($1)"
_LINKS = """
insert into directory.person_link (person_id, organisation)
select (person ->> 'id')::uuid, link.organisation
from jsonb_array_elements($1::jsonb) person,
     jsonb_to_recordset(person -> 'links') as link (organisation text)
"""
_ROLES = """
insert into directory.person_role (person_id, organisation, role, payment_types)
select (person ->> 'id')::uuid, link.organisation, held.role, held.payment_types
from jsonb_array_elements($1::jsonb) person,
     jsonb_to_recordset(person -> 'links') as link (organisation text, roles jsonb),
     jsonb_to_recordset(link.roles) as held (role text, payment_types text[])
"""


async def project_organisations(tx: Tx, batch: Sequence[Received]) -> None:
    heard = _newest(OrganisationChanged, batch, lambda one: one.ods_code)
    newer = {row["ods_code"] for row in await tx.fetch(_ORGANISATIONS, _plain(heard.values()))}
    parts = _plain(heard[code] for code in newer)
    await tx.execute(_FORGET_PARTS, list(newer))
    for statement in _PARTS:
        await tx.execute(statement, parts)


async def project_persons(tx: Tx, batch: Sequence[Received]) -> None:
    heard = _newest(PersonChanged, batch, lambda one: str(one.id))
    newer = {row["id"] for row in await tx.fetch(_PERSONS, _plain(heard.values()))}
    parts = _plain(heard[str(one)] for one in newer)
    await tx.execute(_FORGET_LINKS, list(newer))
    await tx.execute(_LINKS, parts)
    await tx.execute(_ROLES, parts)


def _newest(
    model: type[Heard], batch: Sequence[Received], key: Callable[[Heard], str]
) -> dict[str, Heard]:
    """Of each aggregate the highest version: an upsert may touch a row only once."""
    newest: dict[str, Heard] = {}
    for received in batch:
        one = model.model_validate(received.payload)
        if key(one) not in newest or newest[key(one)].version <= one.version:
            newest[key(one)] = one
    return newest


def _plain(heard: Iterable[BaseModel]) -> list[dict[str, Any]]:
    return [one.model_dump(mode="json") for one in heard]


TOPICS = ("organisations.organisation", "organisations.person")

READ_MODEL = (
    "directory.organisation",
    "directory.list_size",
    "directory.payee",
    "directory.relationship",
    "directory.allocated_report",
    "directory.duty_switch",
    "directory.person",
    "directory.person_link",
    "directory.person_role",
)

PROJECTIONS: Mapping[str, Projection] = {
    "organisation.changed.v1": project_organisations,
    "person.changed.v1": project_persons,
}
