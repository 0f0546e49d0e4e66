"""A small England, people in it, and QOF 2025/26 published."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import pytest

from chassis.db import Database
from chassis.ids import new_id
from chassis.migrate import CHASSIS
from nhs.directory import Principal
from nhs.roles import OrganisationKind as Kind
from nhs.roles import RelationshipKind as Rel
from nhs.roles import Role
from services.participation.app import SERVICE
from services.participation.catalogue import commands as catalogue
from services.participation.offers.commands import deciding, making
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.deciding import Choice
from services.participation.offers.commands.making import NewOffers, ProvidersChoice
from tests.support.directory import have_organisation, relate

NOW = datetime(2025, 3, 13, 9, tzinfo=UTC)
DUE = date(2025, 3, 31)
QOF = "QOF2526/1"
KINDS = {"ENG": Kind.NATION, "QHM": Kind.ICB, "QNA": Kind.ICB, "00L": Kind.SUB_ICB}
KINDS |= {"01H": Kind.SUB_ICB, "U00001": Kind.PCN}
PRACTICES = [f"A8100{n}" for n in range(1, 7)]
"""Of sub-ICB 00L in ICB QHM; B81001 is of 01H in QNA."""


@pytest.fixture
def migrations():
    return [CHASSIS, *SERVICE.migrations]


async def england(database: Database) -> None:
    async with database.transaction() as tx:
        for code, kind in KINDS.items():
            await have_organisation(tx, code, kind)
        for practice in [*PRACTICES, "B81001"]:
            await have_organisation(tx, practice, Kind.PRACTICE)
            below = "01H" if practice == "B81001" else "00L"
            await relate(tx, practice, Rel.COMMISSIONED_BY, below)
        await relate(tx, "00L", Rel.PART_OF, "QHM")
        await relate(tx, "01H", Rel.PART_OF, "QNA")
        await relate(tx, "QHM", Rel.PART_OF, "ENG")
        await relate(tx, "QNA", Rel.PART_OF, "ENG")
        await relate(tx, "U00001", Rel.COMMISSIONED_BY, "00L")
        await relate(tx, "A81001", Rel.MEMBER_OF, "U00001")


def person(organisation: str, *roles: Role) -> Principal:
    kind = KINDS.get(organisation, Kind.PRACTICE)
    return Principal(new_id(), organisation, kind, dict.fromkeys(roles), NOW.date())


_LIKE_QOF = """
insert into quality_service
select n.* from quality_service q, jsonb_populate_record(q, $1::jsonb) n where q.id = $2
"""


@dataclass
class Participation:
    """The service's commands over a real database."""

    db: Database

    def commissioner(self, organisation: str = "QHM") -> Principal:
        return person(organisation, Role.COMMISSIONING_MANAGEMENT)

    def provider(self, organisation: str = "A81001") -> Principal:
        return person(organisation, Role.SERVICE_MANAGEMENT)

    async def publish(self, code: str = "QOF2526") -> str:
        author, publisher = (person("ENG", Role.CATALOGUE_MANAGER) for _ in range(2))
        draft = await catalogue.draft_shipped_quality_service(
            self.db, catalogue.Ask(author, NOW), code
        )
        return await catalogue.publish_quality_service(
            self.db, catalogue.Ask(publisher, NOW), draft, catalogue.Terms()
        )

    async def publish_like_qof(self, code: str, **columns: object) -> str:
        """A fixture: a service published beside QOF, as QOF is but for these columns."""
        like = {"id": f"{code}/1", "code": code, **columns}
        async with self.db.transaction() as tx:
            await tx.execute(_LIKE_QOF, like, QOF)
        return f"{code}/1"

    async def offer(
        self, *providers: str, by: Principal | None = None, now: datetime = NOW, **terms: Any
    ) -> Any:
        chosen = ProvidersChoice(rows=dict.fromkeys(providers or PRACTICES, 0))
        given = {"quality_service": QOF, "response_due_on": DUE, "providers": chosen}
        new = NewOffers(**given | terms)
        return await making.create_offers(self.db, Ask(by or self.commissioner(), now), new)

    async def accept(self, principal: Principal, now: datetime = NOW) -> Any:
        ids = await self.rows(
            "select id, version from offer where provider = $1", principal.organisation
        )
        chosen = Choice(rows={row["id"]: row["version"] for row in ids})
        return await deciding.accept_offers(self.db, Ask(principal, now), chosen)

    async def rows(self, sql: str, *arguments: object) -> list[Any]:
        async with self.db.reader() as reader:
            return await reader.fetch(sql, *arguments)

    async def events(self) -> list[tuple[str, Any]]:
        """What is in the outbox, offers only: type and payload."""
        rows = await self.rows(
            "select type, payload from chassis.outbox where aggregatetype = 'participation.offer'"
            " order by position"
        )
        return [(row["type"], row["payload"]) for row in rows]

    async def traces(self) -> tuple[int, ...]:
        """How many rows and events there are: what a refused command must not change."""
        counted = await self.rows(
            "select (select count(*) from offer), (select sum(version) from offer),"
            " (select count(*) from offer_history), (select count(*) from chassis.outbox),"
            " (select count(*) from quality_service)"
        )
        return tuple(counted[0])


@pytest.fixture
async def participation(database: Database) -> Participation:
    await england(database)
    return Participation(database)


@pytest.fixture
async def published(participation: Participation) -> Participation:
    await participation.publish()
    return participation


@pytest.fixture
async def offered(published: Participation) -> Participation:
    """QOF is offered to all practices of the ICB."""
    await published.offer()
    return published
