"""A Message Centre with a small world: one ICB, its successor, two practices and their people."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Database
from chassis.handling import take
from chassis.ids import new_id
from chassis.received import Received
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.notifications.app import SUBSCRIPTION
from tests.support.directory import ISSUER, have_organisation, have_person, relate
from tests.support.sample.fixtures import Answer, Sample

AT = datetime(2025, 3, 13, 9, tzinfo=UTC)
ROLES_OF = {
    "A99001": [
        Role.SERVICE_MANAGEMENT,
        Role.ACHIEVEMENT_ENTRY,
        Role.DECLARATION_MANAGEMENT,
        Role.FINANCE_VIEW,
        Role.VIEW,
        Role.CLAIM_USER,
        Role.CLAIM_APPROVER,
        Role.USER_ADMINISTRATOR,
        Role.SUPERVISOR,
    ],
    "U99001": [Role.DECLARATION_MANAGEMENT, Role.PCN_MANAGEMENT],
    "A99002": [Role.SERVICE_MANAGEMENT, Role.DECLARATION_MANAGEMENT],
    "QZ9": [
        Role.COMMISSIONING_MANAGEMENT,
        Role.APPROVAL_MANAGEMENT,
        Role.FINANCE_MANAGEMENT,
        Role.VIEW,
        Role.CLAIM_TIER_1,
        Role.CLAIM_TIER_2,
        Role.CLAIM_FINANCE,
        Role.ORGANISATION_ADMINISTRATOR,
        Role.SUPERVISOR,
    ],
}
KINDS = {"A": OrganisationKind.PRACTICE, "U": OrganisationKind.PCN, "Q": OrganisationKind.ICB}


@dataclass
class Centre:
    database: Database
    people: Mapping[tuple[str, Role], UUID]

    async def hear(self, *events: Received) -> None:
        """What the reader does with a batch."""
        async with self.database.transaction() as tx:
            await take(tx, SUBSCRIPTION, events)

    async def told(self) -> set[tuple[str, str, str, str]]:
        """Who was told what: role, organisation, kind, subject."""
        who = {person: held for held, person in self.people.items()}
        return {
            (who[row["person_id"]][1].value, row["organisation"], row["kind"], row["subject_code"])
            for row in await self.rows()
        }

    async def rows(self) -> list[Record]:
        async with self.database.reader() as reader:
            return await reader.fetch("select * from message order by id")

    async def tasks(self) -> dict[str, str]:
        """Status of tasks by subject, where each was raised once."""
        rows = [row for row in await self.rows() if row["kind"] == "TASK"]
        return {row["subject_code"]: row["status"] for row in rows}

    async def events(self) -> list[dict[str, Any]]:
        async with self.database.reader() as reader:
            rows = await reader.fetch("select payload from chassis.outbox order by position")
        return [row["payload"] for row in rows]


@dataclass
class Served:
    centre: Centre
    client: Sample

    async def ask(self, role: Role, organisation: str, query: str, **variables: Any) -> Answer:
        """Ask as whoever holds the role at the organisation."""
        subject = _subject(role, organisation)
        token = self.client.issuer.token(subject)
        return await self.client.ask(query, variables, token=token, X_Acting_For=organisation)


async def make_centre(database: Database) -> Centre:
    people = {}
    async with database.transaction() as tx:
        for code, roles in ROLES_OF.items():
            await have_organisation(tx, code, KINDS[code[0]])
            for role in roles:
                people[code, role] = await have_person(tx, _subject(role, code), {code: [role]})
        for provider in ("A99001", "U99001"):
            await relate(tx, provider, RelationshipKind.COMMISSIONED_BY, "QZ9")
    return Centre(database, people)


def _subject(role: Role, organisation: str) -> str:
    return f"{role.value.lower().replace('_', '-')}-{organisation.lower()}"


def event(name: str, payload: Mapping[str, object]) -> Received:
    return Received(
        id=new_id(),
        type=f"{name}.v1",
        source="test",
        time=AT,
        topic="test",
        partition=0,
        offset=0,
        key=str(payload["id"]),
        payload=dict(payload),
    )


def offer(what: str, about: UUID | None = None, **others: object) -> Received:
    return event(f"offer.{what}", _about(about) | {"response_due_on": "2025-03-31"} | others)


def declaration(what: str, about: UUID | None = None, **others: object) -> Received:
    return event(f"declaration.{what}", _about(about) | others)


def claim(what: str, status: str, about: UUID | None = None, **others: object) -> Received:
    return event(f"claim.{what}", _about(about) | {"status": status} | others)


def proposal(what: str, about: UUID | None = None, **others: object) -> Received:
    given = {
        "id": str(about or new_id()),
        "version": 1,
        "practice": "A99001",
        "pcn": "U99001",
        "kind": "JOIN",
        "effective_on": "2025-04-01",
        "commissioner": "QZ9",
        "at": AT.isoformat(),
    }
    return event(f"membership.{what}", given | others)


def members(change: str, practice: str = "A99001", **others: object) -> Received:
    """The event of a practice that joined or left the network."""
    what = {"change": change, "target": "U99001", "valid_from": "2025-04-01", "origin": "ODS"}
    payload = {"id": practice, "ods_code": practice, "version": 2, "kind": "PRACTICE"}
    lists = {"relationships": [relationship(practice)], "changes": [what]}
    return event(
        "organisation.changed",
        payload | {"name": f"Organisation {practice}", "status": "ACTIVE"} | lists | others,
    )


def relationship(practice: str) -> dict[str, object]:
    """By the ICB it is commissioned."""
    lasting = {"valid_from": "2013-04-01", "valid_to": None}
    return {"id": str(new_id()), "kind": "COMMISSIONED_BY", "target": "QZ9"} | lasting


def person(
    centre: Centre, *changes: str, role: Role = Role.VIEW, held_at: str = "A99001", **others: object
) -> Received:
    """The event of somebody with a role at the practice, who still has it."""
    there = {"organisation": held_at, "roles": [{"role": role.value}]}
    made = [{"change": one, "organisation": held_at, "role": role.value} for one in changes]
    payload = {
        "id": str(centre.people[held_at, role]),
        "version": 2,
        "issuer": ISSUER,
        "subject": _subject(role, held_at),
        "status": "ACTIVE",
        "links": [there],
        "changes": made,
    }
    return event("person.changed", payload | others)


def _about(about: UUID | None) -> dict[str, object]:
    return {
        "id": str(about or new_id()),
        "version": 1,
        "quality_service": "QOF2526/1",
        "service_code": "QOF2526",
        "payment_type": "QOF",
        "provider": "A99001",
        "commissioner": "QZ9",
        "at": AT.isoformat(),
        "action": str(new_id()),
    }


def many(count: int) -> Iterable[UUID]:
    return [new_id() for _ in range(count)]
