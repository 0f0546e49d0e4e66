"""Services for networks, for members of networks, and accepted on a provider's behalf."""

from dataclasses import replace
from datetime import date

import pytest

from nhs.roles import OrganisationKind, RelationshipKind
from services.participation.offers.commands import making
from services.participation.offers.commands.asking import Ask
from services.participation.offers.domain.looking import OfferFilter
from services.participation.offers.queries import lists
from services.participation.offers.queries.lists import SignUps
from tests.services.participation.conftest import DUE, NOW
from tests.services.participation.offers.test_lists import asking
from tests.support.directory import have_organisation, relate


def refusals(outcome):
    return {refused.id: refused.code for refused in outcome.refused}


@pytest.fixture
async def network(published):
    """A network's service, and the one its members sign up to, accepted on their behalf."""
    await published.publish_like_qof(
        "NCD2526", provider_kind="PCN", members_take_part_in="NCDP2526"
    )
    await published.publish_like_qof(
        "NCDP2526", payment_type=None, requires_pcn_membership=True, accepted_on_behalf=True
    )
    return published


async def test_a_service_for_networks_is_offered_to_a_pcn_and_accepted_by_it(network):
    made = await network.offer("U00001", "A81001", quality_service="NCD2526/1")
    assert len(made.done) == 1
    assert refusals(made) == {"A81001": "PROVIDER_KIND"}
    accepted = await network.accept(network.provider("U00001"))
    assert len(accepted.done) == 1
    kinds = [kind for kind, _ in await network.events()]
    assert kinds == ["offer.made.v1", "offer.accepted.v1"]


async def test_what_is_accepted_on_the_practices_behalf_is_approved_by_nobody_at_once(network):
    made = await network.offer("A81001", "A81002", quality_service="NCDP2526/1")
    assert refusals(made) == {"A81002": "NOT_IN_A_PCN"}
    ((kind, told),) = await network.events()
    assert (kind, told["status"], told["version"]) == ("offer.accepted.v1", "APPROVED", 2)
    assert (told["by"], told["acting_for"]) == (None, None)
    history = await network.rows(
        "select what, by is null as nobody, acting_for, reason from offer_history order by version"
    )
    assert [tuple(row) for row in history] == [
        ("MADE", False, "QHM", None),
        ("ACCEPTED", True, None, "Accepted on the provider's behalf"),
    ]
    (row,) = await network.rows("select status, version from offer")
    assert tuple(row) == ("APPROVED", 2)


async def test_on_behalf_of_who_is_to_close_it_is_accepted_until_then(network):
    async with network.db.transaction() as tx:
        await tx.execute(
            "update directory.organisation set closed_on = '2025-06-30' where ods_code = 'A81001'"
        )
    await network.offer("A81001", quality_service="NCDP2526/1")
    (row,) = await network.rows("select ended_on from offer")
    assert row["ended_on"] == date(2025, 6, 30)


async def test_a_dry_run_accepts_nothing_on_anybodys_behalf(network):
    before = await network.traces()
    chosen = making.ProvidersChoice(rows={"A81001": 0})
    new = making.NewOffers("NCDP2526/1", DUE, providers=chosen)
    ask = Ask(network.commissioner(), NOW, dry_run=True)
    shown = await making.create_offers(network.db, ask, new)
    assert shown.done == ["A81001"]
    assert await network.traces() == before


@pytest.fixture
async def signed_up(network):
    """A81001 has signed up and is a member; A81002 has left since; A81003 is only a member."""
    async with network.db.transaction() as tx:
        await relate(tx, "A81002", RelationshipKind.MEMBER_OF, "U00001")
        await relate(tx, "A81003", RelationshipKind.MEMBER_OF, "U00001")
    await network.offer("A81001", "A81002", quality_service="NCDP2526/1")
    async with network.db.transaction() as tx:
        await tx.execute("delete from directory.relationship where source = 'A81002'")
        await relate(tx, "A81002", RelationshipKind.COMMISSIONED_BY, "00L")
    return network


async def listed(participation, organisation="QHM", service="NCD2526", differences=None):
    wanted = SignUps(service, date(2025, 4, 1), differences)
    rows = await lists.sign_ups(asking(participation, organisation), wanted, (None,), 10)
    assert await lists.count_sign_ups(asking(participation, organisation), wanted) == len(rows)
    return [(row.practice, row.network, row.difference) for row in rows]


EVERYBODY = [
    ("A81001", "U00001", None),
    ("A81002", None, "SIGNED_UP_NOT_IN_ODS"),
    ("A81003", "U00001", "IN_ODS_NOT_SIGNED_UP"),
]


@pytest.mark.parametrize("service", ["NCD2526", "NCDP2526", "NCDP2526/1"])
async def test_sign_up_is_shown_beside_membership_by_ods(signed_up, service):
    assert await listed(signed_up, service=service) == EVERYBODY


async def test_only_those_that_differ_are_shown_where_they_are_asked_for(signed_up):
    differing = [row for row in EVERYBODY if row[2]]
    assert await listed(signed_up, differences=["SIGNED_UP_NOT_IN_ODS"]) == differing[:1]
    both = ["SIGNED_UP_NOT_IN_ODS", "IN_ODS_NOT_SIGNED_UP"]
    assert await listed(signed_up, differences=both) == differing


async def test_a_network_sees_its_own_members_and_another_commissioner_nobody(signed_up):
    assert await listed(signed_up, "U00001") == [EVERYBODY[0], EVERYBODY[2]]
    assert await listed(signed_up, "QNA") == []


async def test_where_two_memberships_share_a_day_the_later_start_wins(signed_up):
    async with signed_up.db.transaction() as tx:
        await have_organisation(tx, "U00002", OrganisationKind.PCN)
        await relate(tx, "A81001", RelationshipKind.MEMBER_OF, "U00002", date(2025, 1, 1))
    assert (await listed(signed_up))[0] == ("A81001", "U00002", None)


async def test_offers_to_a_network_are_its_own_services(network):
    await network.offer("U00001", quality_service="NCD2526/1")
    mine = OfferFilter(mine=True)
    assert await lists.count(asking(network, "U00001"), mine) == 1
    assert await lists.count(asking(network, "A81001"), mine) == 0
    assert await lists.count(asking(network, "A81001"), replace(mine, mine=None)) == 1
