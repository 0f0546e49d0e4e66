"""A local scheme in the small England of `period`, for tests of evidence, uploads, tracking."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.declarations.agreements import commands as agreements
from services.declarations.claims import commands
from services.declarations.claims.domain import Claim
from tests.services.declarations.period import PRACTICES, Period, offer
from tests.support.directory import have_organisation, have_person, relate

SCHEME: Final = "LESPW2526"
STARTS, ENDS = date(2026, 1, 1), date(2026, 3, 31)
"""The period whose window is open in April 2026."""

_SHIPPED = Path("services/participation/catalogue/shipped")

CLAIMANTS: Final[Mapping[str, tuple[str, Sequence[Role]]]] = {
    "claimant": ("A81001", [Role.CLAIM_USER]),
    "claim approver": ("A81001", [Role.CLAIM_APPROVER]),
    "other claimant": ("A81002", [Role.CLAIM_USER]),
    "tier 1": ("QHM", [Role.CLAIM_TIER_1]),
    "second tier 1": ("QHM", [Role.CLAIM_TIER_1]),
    "both tiers": ("QHM", [Role.CLAIM_TIER_1, Role.CLAIM_TIER_2]),
    "tier 2": ("QHM", [Role.CLAIM_TIER_2]),
    "claim finance": ("QHM", [Role.CLAIM_FINANCE]),
    "claim viewer": ("QHM", [Role.VIEW]),
    "other tier 1": ("QZZ", [Role.CLAIM_TIER_1]),
    "pcn viewer": ("U11111", [Role.PCN_VIEW, Role.FINANCE_VIEW]),
    "other pcn viewer": ("U22222", [Role.PCN_VIEW, Role.FINANCE_VIEW]),
}


def scheme(**changes: Any) -> QualityServiceSpecification:
    """The shipped scheme of phlebotomy and wound care, with other figures where they are given."""
    given = json.loads((_SHIPPED / f"{SCHEME}.json").read_text())
    given["scheme"] |= changes
    return QualityServiceSpecification.model_validate(given)


def les_offer(provider: str, **changes: Any) -> dict[str, Any]:
    given = {"quality_service": f"{SCHEME}/1", "service_code": SCHEME, "payment_type": "LES"}
    return offer(provider, **given | changes)


async def begin_claims(period: Period, **changes: Any) -> None:
    """The scheme, offered to both practices, of which the first is in a network."""
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, f"{SCHEME}/1", 1, scheme(**changes))
        await agreements.keep_offers(tx, [les_offer(provider) for provider in PRACTICES])
        for network, member in (("U11111", "A81001"), ("U22222", "A81002")):
            await have_organisation(tx, network, OrganisationKind.PCN)
            await relate(tx, member, RelationshipKind.MEMBER_OF, network)
        for name, (organisation, roles) in CLAIMANTS.items():
            await have_person(tx, name, {organisation: roles})


async def many_take_part(period: Period, many: int) -> list[str]:
    """So many more practices of the commissioner, to whom the scheme was offered."""
    codes = [f"B{number:05}" for number in range(many)]
    async with period.db.transaction() as tx:
        await tx.execute(_PRACTICES, codes, OrganisationKind.PRACTICE)
        await tx.execute(_COMMISSIONED, codes, RelationshipKind.COMMISSIONED_BY)
        await agreements.keep_offers(tx, [les_offer(code) for code in codes])
    return codes


_PRACTICES = """
insert into directory.organisation (ods_code, version, kind, name, status, opened_on)
select code, 1, $2, 'Practice ' || code, 'ACTIVE', date '2013-04-01' from unnest($1::text[]) code
"""
_COMMISSIONED = """
insert into directory.relationship (id, kind, source, target, valid_from)
select gen_random_uuid(), $2, code, '16C', date '2013-04-01' from unnest($1::text[]) code
"""


async def drafted(period: Period, who: str = "claimant") -> Claim:
    principal = await period.principal(who)
    async with period.db.transaction() as tx:
        return await commands.create(
            tx, principal, service=SCHEME, period_start=STARTS, provider=None, now=period.now
        )


async def put(period: Period, kind: str, who: str, content: bytes) -> UUID:
    """A file as it lies there once it has been uploaded for somebody's organisation."""
    files, organisation = period.files(), (await period.principal(who)).organisation
    signed = files.upload(kind, organisation=organisation)
    path = files.path(kind, signed.id, organisation=organisation)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return signed.id
