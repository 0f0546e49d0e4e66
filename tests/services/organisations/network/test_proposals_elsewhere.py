"""Proposals and ODS; and what other services come to know of what was confirmed."""

from chassis.db import Database
from chassis.migrate import CHASSIS
from chassis.subscription import Subscription
from nhs.directory.projections import PROJECTIONS, READ_MODEL
from services.participation.app import SERVICE as PARTICIPATION
from tests.services.organisations.importing import load_files
from tests.services.organisations.network.conftest import NETWORK, OTHER_NETWORK
from tests.services.organisations.small_england import MEMBERS, PCNS
from tests.support.eventually import eventually
from tests.support.files_of_ods import member, workbook
from tests.support.messaging import reading, relaying


def networks_file(*members):
    return {"ePCN.xlsx": workbook(PCNS, members)}


A1_BEFORE, A1, A2, A3 = MEMBERS


async def test_a_proposal_that_ods_makes_true_itself_is_overtaken(networks):
    await networks.propose("A99002", "LEAVE", "2026-10-01")
    await networks.propose("A99003", "LEAVE", "2026-10-01")
    await networks.organisations.told()
    left = member("A99002", "U99002", end="20260331")
    outcome, _ = await load_files(
        networks.organisations.database, networks_file(A1_BEFORE, A1, left, A3)
    )
    assert outcome == "APPLIED"
    status = {one["practice"]["odsCode"]: one for one in await networks.listed(NETWORK)}
    assert (status["A99002"]["status"], status["A99003"]["status"]) == ("OVERTAKEN", "PROPOSED")
    assert status["A99002"]["history"][-1]["organisationImport"] is not None
    kinds = [(kind, one.get("practice")) for kind, one in await networks.events()]
    assert kinds.count(("membership.overtaken.v1", "A99002")) == 1
    assert [kind for kind, _ in kinds if kind.startswith("membership.")] == [
        "membership.overtaken.v1"
    ]


async def test_a_proposal_is_overtaken_when_the_practice_has_gone_elsewhere(networks):
    await networks.propose("A99002", "JOIN", "2026-10-01", by=OTHER_NETWORK)
    gone = member("A99002", "U99002", end="20260331"), member("A99002", "U99001", "20260401")
    await load_files(networks.organisations.database, networks_file(A1_BEFORE, A1, *gone, A3))
    (shown,) = await networks.listed(OTHER_NETWORK)
    assert shown["status"] == "OVERTAKEN"


async def test_ods_wins_over_what_was_confirmed_and_says_where_they_differ(networks):
    proposed = await networks.propose("A99002", "LEAVE", "2026-05-01")
    await networks.confirm(proposed)
    outcome, report = await load_files(networks.organisations.database, networks_file(*MEMBERS))
    assert outcome == "APPLIED"
    (difference,) = report["differences"]
    assert difference["practice"] == "A99002"
    assert await networks.memberships("A99002") == [("U99002", "2019-10-01", None, "ODS")]
    kept = await networks.organisations.rows(
        "select reason from relationship where origin = 'PROPOSAL' and proposal = $1::uuid",
        proposed["id"],
    )
    assert kept == [("It suits us",)]


async def test_the_same_that_was_confirmed_said_by_ods_is_no_difference(networks):
    proposed = await networks.propose("A99002", "LEAVE", "2026-05-01")
    await networks.confirm(proposed)
    left = member("A99002", "U99002", end="20260430")
    _, report = await load_files(
        networks.organisations.database, networks_file(A1_BEFORE, A1, left, A3)
    )
    assert report["differences"] == []
    assert await networks.memberships("A99002") == [
        ("U99002", "2019-10-01", "2026-04-30", "PROPOSAL")
    ]


MEMBERSHIPS = """
select target, valid_from::text, valid_to::text from directory.relationship
where source = 'A99002' and kind = 'MEMBER_OF' order by valid_from
"""


async def test_participation_comes_to_know_the_membership_by_its_event(
    networks, new_database, kafka, dsn, topic
):
    migrations = [CHASSIS, *PARTICIPATION.migrations]
    participation = await Database.connect(await new_database(migrations), name="participation")
    heard = Subscription(
        group=topic,
        topics=PARTICIPATION.subscription.topics,
        projections=PROJECTIONS,
        read_model=READ_MODEL,
    )
    async with networks.organisations.database.transaction() as tx:
        # Other tests share the topic and the code: ours is the newest.
        await tx.execute("update organisation set version = 1000 where ods_code = 'A99002'")
    async with relaying(dsn, kafka), reading(participation, heard, kafka):
        proposed = await networks.propose("A99002", "JOIN", "2026-10-01", by=OTHER_NETWORK)
        await networks.confirm(proposed)

        async def known():
            async with participation.reader() as reader:
                rows = [tuple(row) for row in await reader.fetch(MEMBERSHIPS)]
            assert rows == [
                ("U99002", "2019-10-01", "2026-09-30"),
                ("U99001", "2026-10-01", None),
            ]

        await eventually(known)
    await participation.close()
