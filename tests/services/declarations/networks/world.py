"""Two networks at the end of 2024/25, and everybody who may look at them.

U10001 (led by 16C of QHM): A81001, A81002; A81003, which 99Z of QZZ commissions; A81005, which has
not signed up; until 31 December 2024 A81004. U10002 (led by 99Z): A81004, since 1 January 2025.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.declarations.agreements import commands as agreements
from tests.nhs.formulas.shipped import shipped
from tests.services.declarations.period import Period, offer, row
from tests.support.directory import have_organisation, have_person, relate

SERVICE, SIGN_UP, SERVICE_ID = "NCD2425", "NCDP2425", "NCD2425/1"
ACHIEVED_ON = "2025-03-31"
NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
NETWORK, OTHER = "U10001", "U10002"
SIGNED_UP = ("A81001", "A81002", "A81003", "A81004")

PEOPLE = {
    "network viewer": (NETWORK, [Role.PCN_VIEW]),
    "network finance": (NETWORK, [Role.FINANCE_VIEW]),
    "network declarer": (NETWORK, [Role.DECLARATION_MANAGEMENT]),
    "other network": (OTHER, [Role.PCN_VIEW, Role.FINANCE_VIEW]),
    "member": ("A81002", [Role.VIEW]),
    "member finance": ("A81002", [Role.FINANCE_VIEW]),
    "member enterer": ("A81002", [Role.ACHIEVEMENT_ENTRY]),
    "left": ("A81004", [Role.VIEW]),
    "board viewer": ("QHM", [Role.VIEW]),
    "board finance": ("QHM", [Role.FINANCE_VIEW]),
    "other board": ("QZZ", [Role.FINANCE_VIEW]),
    "nation": ("ENG", [Role.FINANCE_VIEW]),
}

HI03 = {"A81001": (100, 150), "A81002": (130, 170)}
"""The worked example of DOMAIN 3.9: 230/320."""


async def networks(period: Period) -> Period:
    """The Network Contract DES is published, offered and signed up to; nothing has been sent."""
    period.now = NOW
    async with period.db.transaction() as tx:
        await have_organisation(tx, "99Z", OrganisationKind.SUB_ICB)
        await relate(tx, "99Z", RelationshipKind.PART_OF, "QZZ")
        for code, lead in ((NETWORK, "16C"), (OTHER, "99Z")):
            await have_organisation(tx, code, OrganisationKind.PCN)
            await relate(tx, code, RelationshipKind.COMMISSIONED_BY, lead)
        for code in ("A81004", "A81005"):
            await have_organisation(tx, code, OrganisationKind.PRACTICE)
            await relate(tx, code, RelationshipKind.COMMISSIONED_BY, "16C")
        await tx.execute(_COMMISSIONED_ELSEWHERE)
        await tx.execute(_LISTS)
        await _members(tx)
        for name, (organisation, roles) in PEOPLE.items():
            await have_person(tx, name, {organisation: roles})
        await agreements.keep_service(tx, SERVICE_ID, 1, shipped(SERVICE))
        await agreements.keep_service(tx, f"{SIGN_UP}/1", 1, shipped(SIGN_UP))
        await agreements.keep_offers(tx, [_offer(code, SERVICE) for code in (NETWORK, OTHER)])
        await agreements.keep_offers(tx, [_offer(code, SIGN_UP) for code in SIGNED_UP])
    return period


_COMMISSIONED_ELSEWHERE = """
update directory.relationship set target = '99Z'
where source = 'A81003' and kind = 'COMMISSIONED_BY'
"""
_LISTS = """
insert into directory.list_size (ods_code, counted_on, patients)
select ods_code, '2025-01-01', 12000 from directory.organisation where kind = 'PRACTICE'
"""


async def _members(tx: Any) -> None:
    since = date(2019, 7, 1)
    for code in ("A81001", "A81002", "A81003", "A81005"):
        await relate(tx, code, RelationshipKind.MEMBER_OF, NETWORK, since)
    last = date(2024, 12, 31)
    await relate(tx, "A81004", RelationshipKind.MEMBER_OF, NETWORK, since, valid_to=last)
    await relate(tx, "A81004", RelationshipKind.MEMBER_OF, OTHER, date(2025, 1, 1))


def _offer(provider: str, line: str) -> dict[str, Any]:
    return offer(
        provider,
        quality_service=f"{line}/1",
        service_code=line,
        payment_type="DES" if line == SERVICE else None,
        commissioner="99Z" if provider == OTHER else "16C",
        starts_on="2024-04-01",
        ends_on="2025-03-31",
    )


async def send(period: Period, indicator: str, values: Mapping[str, tuple[int, int]]) -> None:
    """Practices' values of an indicator, by an extract."""
    one = next(i for i in shipped(SERVICE).indicators if i.code == indicator)
    given = {"QUALITY_SERVICE": SERVICE, "NAME": shipped(SERVICE).name, "ACH_DATE": "20250331"}
    rows = [
        row(practice, indicator, str(field), str(number), **given)
        for practice, numbers in values.items()
        for field, number in zip((one.numerator, one.denominator), numbers, strict=True)
    ]
    await period.load(rows)


async def constants(period: Period) -> None:
    """National figures under which 230 of 320 of 48,000 patients is worth £4,718.34."""
    answer = await period.ask(
        "data load",
        """mutation { loadNationalPrevalence(input: {name: "England 2024/25", source: "made up",
            qualityService: "NCD2425/1", averageList: "49500",
            values: [{group: "HI03", prevalence: "0.0058"},
                {group: "CAN04", prevalence: "0.0022"}]}) { id } }""",
    )
    assert "errors" not in answer, answer


async def complete(period: Period) -> None:
    """All of U10001 is in, and calculated."""
    await constants(period)
    await send(period, "HI03", {**HI03, "A81003": (0, 0)})
    await send(period, "CAN04", {"A81001": (30, 40), "A81002": (45, 60), "A81003": (0, 0)})
    await period.settle()
