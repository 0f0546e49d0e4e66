"""A network in the small England of `period`: the Network Contract DES 2024/25, two members."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from chassis.db import Tx
from chassis.ids import new_id
from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.declarations.agreements import commands as agreements
from tests.services.declarations.period import Period, offer, row
from tests.services.declarations.test_catalogue import published
from tests.services.declarations.test_working import hear
from tests.support.directory import have_organisation, have_person, relate

PCN = "U00001"
OTHER_PCN = "U00002"
ACHIEVED_ON = date(2025, 3, 31)
NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
MEMBERS = ("A81001", "A81002")
FIGURES = {"HI03": "0.0058", "CAN04": "0.0022"}
"""National prevalences of DOMAIN.md 3.9; the mean list there is 49,500."""

PEOPLE: Mapping[str, tuple[str, Sequence[Role]]] = {
    "network": (PCN, [Role.DECLARATION_MANAGEMENT]),
    "other network": (OTHER_PCN, [Role.DECLARATION_MANAGEMENT]),
}

Numbers = tuple[int, int]
"""Numerator and denominator."""


@dataclass
class Network(Period):
    """U00001 with A81001 and A81002, 24,000 patients each; A81003 is in no network."""

    now: datetime = NOW
    accepted: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """Offers by service line and provider."""

    async def begin(self) -> None:
        await super().begin()
        async with self.db.transaction() as tx:
            for code in (PCN, OTHER_PCN):
                await have_organisation(tx, code, OrganisationKind.PCN)
                await relate(tx, code, RelationshipKind.COMMISSIONED_BY, "16C")
            for code in MEMBERS:
                await relate(tx, code, RelationshipKind.MEMBER_OF, PCN, date(2020, 4, 1))
            await tx.execute(
                "update directory.list_size set counted_on = $1, patients = 24000", ACHIEVED_ON
            )
            for name, (organisation, roles) in PEOPLE.items():
                await have_person(tx, name, {organisation: roles})
            await self._published(tx)
        await self.offered(PCN)
        await self.signed_up(*MEMBERS)

    async def _published(self, tx: Tx) -> None:
        for code in ("NCDP2425", "NCD2425"):
            document = published(code)
            service = QualityServiceSpecification.model_validate(document, extra="ignore")
            await agreements.keep_service(tx, f"{code}/1", 1, service)

    async def offered(self, *networks: str, **changes: Any) -> None:
        """Approved offers of the network's service, unless changed; or what became of them."""
        await self._heard("NCD2425", "DES", networks, changes)

    async def signed_up(self, *practices: str, **changes: Any) -> None:
        """Approved sign-ups of practices, unless changed; or what became of them."""
        await self._heard("NCDP2425", None, practices, changes)

    async def _heard(
        self, code: str, payment_type: str | None, providers: Sequence[str], changes: dict[str, Any]
    ) -> None:
        about = {
            "quality_service": f"{code}/1",
            "service_code": code,
            "payment_type": payment_type,
            "starts_on": "2024-04-01",
            "ends_on": "2025-03-31",
        }
        for provider in providers:
            before = self.accepted.get((code, provider)) or offer(provider, **about)
            self.accepted[code, provider] = before | {"version": before["version"] + 1} | changes
        offers = [self.accepted[code, provider] for provider in providers]
        await hear(self, "offer.accepted.v1", *offers)

    async def figures(self, average_list: str | None = "49500", **changes: str) -> Any:
        """Load the national figures of DOMAIN.md 3.9."""
        values = FIGURES | changes
        return await self.ask(
            "data load",
            """mutation ($values: [GroupPrevalenceInput!]!, $average: String) {
                loadNationalPrevalence(input: {name: "England 2024/25",
                qualityService: "NCD2425/1", source: "made up", values: $values,
                averageList: $average}) { id } }""",
            values=[{"group": group, "prevalence": value} for group, value in values.items()],
            average=average_list,
        )

    async def achieved(self, **practices: Mapping[str, Numbers]) -> None:
        """Load what practices achieved, by indicator, and settle."""
        await self.loaded(**practices)
        await self.settle()

    async def loaded(self, **practices: Mapping[str, Numbers]) -> Any:
        """Load what practices achieved, by indicator; answers the counts."""
        fields = {i.code: (i.numerator, i.denominator) for i in ncd().indicators}
        about = {
            "QUALITY_SERVICE": "NCD2425",
            "NAME": "Network Contract DES 2024/25",
            "ACH_DATE": "20250331",
            "SUBMIT_USER_ID": "cro-processor",
            "SUBMIT_DATE": "01/04/2025",
        }
        rows = [
            row(practice, code, str(field), str(number), **about)
            for practice, values in practices.items()
            for code, numbers in values.items()
            for field, number in zip(fields[code], numbers, strict=True)
        ]
        return await self.load(rows)

    async def calculated(self, *_: str, **__: Any) -> None:
        """HI03 and CAN04 as DOMAIN.md 3.9 has them."""
        await self.figures()
        await self.achieved(
            A81001={"HI03": (100, 150), "CAN04": (40, 60)},
            A81002={"HI03": (130, 170), "CAN04": (35, 40)},
        )

    async def entered(self, practice: str, who: str | None = None, **values: Numbers) -> Any:
        """Submit values of one group by hand."""
        groups = {i.code: group.code for group, i in ncd().grouped()}
        fields = {i.code: (i.numerator, i.denominator) for i in ncd().indicators}
        given = [
            {"indicator": code, "field": name, "value": str(number)}
            for code, numbers in values.items()
            for name, number in zip(fields[code], numbers, strict=True)
        ]
        (group,) = {groups[code] for code in values}
        data = await self.ask(
            who or f"enterer of {practice}",
            """mutation ($input: AchievementRecording!) { recordAchievement(input: $input) {
                errors { code field message } changed } }""",
            input={
                "service": "NCD2425",
                "provider": practice,
                "achievementDate": ACHIEVED_ON.isoformat(),
                "group": group,
                "values": given,
            },
        )
        return data if "errors" in data else data["recordAchievement"]

    async def declaration(
        self, indicator: str = "HI03", provider: str = PCN, who: str = "approver"
    ) -> Any:
        """The network's declaration of an indicator."""
        data = await self.ask(who, DECLARATIONS, filter={"provider": provider})
        nodes = [edge["node"] for edge in data["declarations"]["edges"]]
        (found,) = [node for node in nodes if node["indicator"] == indicator]
        return found

    async def paid(self, indicator: str = "HI03") -> None:
        """Declared, approved and finance-approved by three people."""
        for who, step in (
            ("network", self.declare),
            ("approver", self.approve),
            ("finance", self.approve),
        ):
            assert (await step(who, [await self.declaration(indicator)]))["refused"] == []

    async def organisation(
        self,
        code: str,
        memberships: Sequence[tuple[str, str, str | None]],
        *,
        version: int = 2,
        patients: int = 24_000,
    ) -> None:
        """Organisations tells of a practice: its list, and all its memberships."""
        members = [
            {"id": str(new_id()), "kind": "MEMBER_OF", "target": network} | _days(first, last)
            for network, first, last in memberships
        ]
        commissioned = {"id": str(new_id()), "kind": "COMMISSIONED_BY", "target": "16C"}
        changed = {
            "ods_code": code,
            "version": version,
            "kind": "PRACTICE",
            "name": f"Organisation {code}",
            "status": "ACTIVE",
            "list_sizes": [{"on": ACHIEVED_ON.isoformat(), "patients": patients}],
            "relationships": [commissioned | _days("2013-04-01", None), *members],
        }
        await hear(self, "organisation.changed.v1", changed)


DECLARATIONS = """query ($filter: DeclarationFilter) { declarations(filter: $filter, first: 100) {
    edges { node { id version status indicator points pounds missing calculationVersion
    blockers { code indicator provider message } provider { odsCode } receipt
    lines { indicator numerator denominator points pounds }
    history { action notes }
    changes { inputs { name before after } lines { indicator } } } } } }"""


def _days(first: str, last: str | None) -> dict[str, Any]:
    return {"valid_from": first, "valid_to": last}


def ncd() -> QualityServiceSpecification:
    return QualityServiceSpecification.model_validate(published("NCD2425"), extra="ignore")
