"""Who took over from another acts for it from that day on, and not before."""

from collections import Counter
from dataclasses import replace
from datetime import date

import pytest

from nhs.roles import OrganisationKind as Kind
from nhs.roles import RelationshipKind as Rel
from nhs.roles import Role
from services.participation.offers.commands import deciding
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.deciding import Choice
from services.participation.offers.domain.looking import OfferFilter
from services.participation.offers.queries import lists
from services.participation.offers.queries.asking import Asking
from tests.services.participation.conftest import NOW, PRACTICES, person
from tests.support.directory import have_organisation, relate

MERGED_ON = date(2025, 6, 1)
BEFORE, AFTER = date(2025, 5, 31), MERGED_ON


@pytest.fixture
async def merging(offered):
    """Two mergers, heard of ahead of their day: of boards, and of practices."""
    async with offered.db.transaction() as tx:
        await have_organisation(tx, "QOP", Kind.ICB)
        await relate(tx, "QOP", Rel.SUCCESSOR_OF, "QHM", MERGED_ON)
        await relate(tx, "A81002", Rel.SUCCESSOR_OF, "A81001", MERGED_ON)
    return offered


async def seen(merging, who):
    return await lists.count(Asking(merging.db, who), OfferFilter())


async def everything(merging):
    found = await merging.rows("select id, version from offer")
    return Choice(rows={row["id"]: row["version"] for row in found})


def on(day, organisation, role):
    kind = Kind.ICB if organisation == "QOP" else Kind.PRACTICE
    return replace(person(organisation, role), organisation_kind=kind, today=day)


async def test_a_board_sees_and_withdraws_what_its_predecessor_offered_from_the_day_on(merging):
    early, late = (on(day, "QOP", Role.COMMISSIONING_MANAGEMENT) for day in (BEFORE, AFTER))
    before = await merging.traces()
    assert await seen(merging, early) == 0
    refused = await deciding.withdraw_offers(
        merging.db, Ask(early, NOW), await everything(merging), None
    )
    assert Counter(one.code for one in refused.refused) == {"OFFER_NOT_FOUND": len(PRACTICES)}
    assert await merging.traces() == before
    assert await seen(merging, late) == len(PRACTICES)
    done = await deciding.withdraw_offers(
        merging.db, Ask(late, NOW), await everything(merging), None
    )
    assert len(done.done) == len(PRACTICES)


async def test_a_practice_sees_and_answers_what_was_offered_to_one_it_took_over(merging):
    early, late = (on(day, "A81002", Role.SERVICE_MANAGEMENT) for day in (BEFORE, AFTER))
    assert await seen(merging, early) == 1
    assert await seen(merging, late) == 2
    one = await merging.rows("select id, version from offer where provider = 'A81001'")
    theirs = Choice(rows={row["id"]: row["version"] for row in one})
    before = await merging.traces()
    refused = await deciding.accept_offers(merging.db, Ask(early, NOW), theirs)
    assert [one.code for one in refused.refused] == ["OFFER_NOT_FOUND"]
    assert await merging.traces() == before
    accepted = await deciding.accept_offers(merging.db, Ask(late, NOW), theirs)
    assert len(accepted.done) == 1
