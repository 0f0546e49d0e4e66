"""Organisations and people as a service would have heard of them."""

from collections.abc import Sequence
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Tx
from chassis.ids import new_id
from nhs.roles import OrganisationKind, RelationshipKind, Role

ISSUER = "https://issuer.example"

_EVER = date(2013, 4, 1)


async def have_organisation(
    tx: Tx, ods_code: str, kind: OrganisationKind, name: str | None = None
) -> str:
    await tx.execute(
        "insert into directory.organisation (ods_code, version, kind, name, status, opened_on)"
        " values ($1, 1, $2, $3, 'ACTIVE', $4)",
        ods_code,
        kind,
        name or f"Organisation {ods_code}",
        _EVER,
    )
    return ods_code


async def relate(
    tx: Tx,
    source: str,
    kind: RelationshipKind,
    target: str,
    valid_from: date = _EVER,
    *,
    valid_to: date | None = None,
) -> None:
    await tx.execute(
        "insert into directory.relationship (id, kind, source, target, valid_from, valid_to)"
        " values ($1, $2, $3, $4, $5, $6)",
        new_id(),
        kind,
        source,
        target,
        valid_from,
        valid_to,
    )


async def have_person(
    tx: Tx, subject: str, held: dict[str, Sequence[Role]], *, status: str = "ACTIVE"
) -> UUID:
    """A person with roles by organisation, each for every payment type."""
    person = new_id()
    await tx.execute(
        "insert into directory.person (id, version, issuer, subject, status)"
        " values ($1, 1, $2, $3, $4)",
        person,
        ISSUER,
        subject,
        status,
    )
    for organisation, roles in held.items():
        await _link(tx, person, organisation, roles)
    return person


async def _link(tx: Tx, person: UUID, organisation: str, roles: Sequence[Role]) -> None:
    await tx.execute("insert into directory.person_link values ($1, $2)", person, organisation)
    rows: list[tuple[Any, ...]] = [(person, organisation, role.value) for role in roles]
    await tx.executemany(
        "insert into directory.person_role (person_id, organisation, role) values ($1, $2, $3)",
        rows,
    )
