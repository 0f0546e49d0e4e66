"""Who calls, for which organisation, and what they may do there."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import Record

from chassis.auth import Identity
from chassis.clock import ENGLAND
from chassis.db import Reader
from chassis.errors import DomainError, TransientError
from nhs.roles import OrganisationKind, Role


class Acting(NamedTuple):
    """For whom somebody acts, and on which day: what the functions of schema `directory` take."""

    organisation: str
    today: date


@dataclass(frozen=True, slots=True)
class Principal:
    person_id: UUID
    organisation: str
    organisation_kind: OrganisationKind
    roles: Mapping[Role, frozenset[str] | None]
    """By role the payment types it holds for; None for all of them."""
    today: date
    """The day of the business clock, in England."""

    @property
    def acting(self) -> Acting:
        return Acting(self.organisation, self.today)

    def holds(self, role: Role, *, payment_type: str | None = None) -> bool:
        if role not in self.roles:
            return False
        held_for = self.roles[role]
        return payment_type is None or held_for is None or payment_type in held_for

    def require(self, role: Role, *, payment_type: str | None = None) -> None:
        """Refuse whoever does not hold the role (for that payment type)."""
        self.require_any(role, payment_type=payment_type)

    def require_any(self, *roles: Role, payment_type: str | None = None) -> None:
        """Refuse whoever holds none of the roles (for that payment type)."""
        if any(self.holds(role, payment_type=payment_type) for role in roles):
            return
        wanted = " or ".join(role.label for role in roles)
        detail = f" for {payment_type}" if payment_type else ""
        raise DomainError(
            "ROLE_REQUIRED",
            f"This needs the role {wanted}{detail} at {self.organisation}",
            roles=[role.value for role in roles],
            organisation=self.organisation,
            payment_type=payment_type,
        )


_LOAD = """
select p.id, p.status, l.organisation, o.kind, r.role, r.payment_types
from directory.person p
left join directory.person_link l on l.person_id = p.id
left join directory.organisation o on o.ods_code = l.organisation
left join directory.person_role r on r.person_id = p.id and r.organisation = l.organisation
where p.subject = $1 and p.issuer = $2
"""


async def load_principal(
    reader: Reader,
    identity: Identity,
    acting_for: str | None,
    now: datetime,
) -> Principal:
    """The person of a token, acting for the organisation named or the only one there is."""
    rows = await reader.fetch(_LOAD, identity.subject, identity.issuer)
    if not rows:
        raise DomainError("PERSON_NOT_KNOWN", "Nobody here is known by this token")
    if len({row["id"] for row in rows}) > 1:
        raise TransientError("two people are known by this token, until more has been heard")
    if rows[0]["status"] != "ACTIVE":
        raise DomainError("PERSON_DISABLED", "This person's access has been disabled")
    organisation = _organisation(rows, acting_for)
    today = now.astimezone(ENGLAND).date()
    return _principal([row for row in rows if row["organisation"] == organisation], today)


def _organisation(rows: Sequence[Record], acting_for: str | None) -> str:
    linked = sorted({row["organisation"] for row in rows} - {None})
    if acting_for is not None and acting_for not in linked:
        raise DomainError(
            "NOT_LINKED", f"This person is not linked to {acting_for}", organisation=acting_for
        )
    if not linked:
        raise DomainError("NOT_LINKED", "This person is linked to no organisation")
    if acting_for is None and len(linked) > 1:
        raise DomainError(
            "ACTING_FOR_REQUIRED",
            "This person is linked to several organisations: say which in X-Acting-For",
            organisations=linked,
        )
    return acting_for or str(linked[0])


def _principal(rows: Sequence[Record], today: date) -> Principal:
    first = rows[0]
    if first["kind"] is None:
        raise DomainError(
            "NOT_YET_KNOWN",
            f"{first['organisation']} has not been heard of yet; try again shortly",
            organisation=first["organisation"],
        )
    return Principal(
        person_id=first["id"],
        organisation=first["organisation"],
        organisation_kind=OrganisationKind(first["kind"]),
        roles={Role(row["role"]): _types(row) for row in rows if row["role"] in _KNOWN},
        today=today,
    )


_KNOWN = frozenset(role.value for role in Role)
"""A role made later is no role here yet, and no reason to refuse the others."""


def _types(row: Record) -> frozenset[str] | None:
    return None if row["payment_types"] is None else frozenset(row["payment_types"])
