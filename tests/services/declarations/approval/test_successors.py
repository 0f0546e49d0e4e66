"""A successor may do what its predecessor could, from its first day (DOMAIN 10.5)."""

from datetime import UTC, date, datetime

import pytest

from nhs.roles import OrganisationKind, RelationshipKind, Role
from tests.services.declarations.paying import POUNDS, payments
from tests.services.declarations.period import Period
from tests.support.directory import have_organisation, have_person, relate

MERGED_ON = date(2026, 4, 1)


@pytest.fixture
async def merged(period: Period) -> Period:
    """QNE takes over from QHM on 1 April 2026, the day after the achievement date."""
    async with period.db.transaction() as tx:
        await have_organisation(tx, "QNE", OrganisationKind.ICB)
        await relate(tx, "QNE", RelationshipKind.SUCCESSOR_OF, "QHM", MERGED_ON)
        await have_person(tx, "new approver", {"QNE": [Role.APPROVAL_MANAGEMENT]})
        await have_person(tx, "new finance", {"QNE": [Role.FINANCE_MANAGEMENT]})
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    return period


async def test_a_successor_approves_and_pays_what_its_predecessor_commissioned(merged: Period):
    for who in ("new approver", "new finance"):
        (waiting,) = await merged.declarations(who, waitingForMe=True)
        assert (await merged.approve(who, [waiting]))["refused"] == []
    (paid,) = await merged.events("payment.authorised.v1")
    assert (paid["amount"], paid["commissioner"]) == (POUNDS, "QHM")
    assert len(await payments(merged, "new finance")) == 1


async def test_before_its_first_day_it_neither_sees_nor_approves(merged: Period):
    merged.now = datetime(2026, 3, 31, 9, tzinfo=UTC)
    declared = await merged.of("A81001")
    before = await merged.everything()
    assert await merged.declarations("new approver", waitingForMe=True) == []
    answer = await merged.approve("new approver", [declared])
    assert [one["code"] for one in answer["refused"]] == ["NOT_FOUND"]
    assert await merged.everything() == before
