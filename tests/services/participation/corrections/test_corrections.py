"""A correction in mid-year, and what becomes of the offers made before it."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chassis.clock import Clock
from chassis.errors import DomainError
from chassis.files import Files
from chassis.service import Worker
from nhs.directory import Principal
from nhs.roles import Role
from services.participation.app import SERVICE, move_corrected_offers, publish_services
from services.participation.catalogue import commands as catalogue
from services.participation.catalogue import store
from services.participation.catalogue.commands import Terms
from services.participation.catalogue.domain import AcceptedOffers
from services.participation.catalogue.paths import Edit
from services.participation.corrections import queries
from services.participation.corrections.commands import move_offers
from services.participation.corrections.domain import Correction, Stays
from services.participation.offers.domain.offer import Offer, Status
from services.participation.offers.store.scope import OFFER, offer
from tests.services.participation.asking import asked
from tests.services.participation.conftest import PRACTICES, QOF, Participation, person
from tests.support.eventually import eventually

MANAGER = person("ENG", Role.CATALOGUE_MANAGER)
LATER = datetime(2025, 10, 1, 9, tzinfo=UTC)
SECOND = "QOF2526/2"
KEEP, MOVE = AcceptedOffers.KEEP, AcceptedOffers.MOVE


def then(who: Principal) -> Principal:
    return replace(who, today=LATER.date())


@pytest.fixture
async def answered(offered: Participation) -> Participation:
    """Offered to six practices: two accepted, one rejected, one withdrawn; a second is drafted."""
    for practice in PRACTICES[:2]:
        await offered.accept(offered.provider(practice))
    async with offered.db.transaction() as tx:
        await tx.execute("update offer set status = 'REJECTED' where provider = $1", PRACTICES[2])
        await tx.execute(
            "update offer set status = 'CANCELLED', cancel_kind = 'WITHDRAWN' where provider = $1",
            PRACTICES[3],
        )
    ask = catalogue.Ask(then(MANAGER), LATER)
    await catalogue.draft_from(offered.db, ask, QOF, None)
    return offered


async def correct(participation, accepted_offers, *, on=None):
    publisher = then(person("ENG", Role.CATALOGUE_MANAGER))
    terms = Terms("A threshold was wrong", on, accepted_offers)
    await catalogue.publish_quality_service(
        participation.db, catalogue.Ask(publisher, LATER), SECOND, terms
    )


async def versions(participation) -> dict[str, str]:
    rows = await participation.rows("select provider, quality_service from offer")
    return {row["provider"]: row["quality_service"].partition("/")[2] for row in rows}


def a_correction(**changes) -> Correction:
    given = {"starts_on": date(2025, 4, 1), "ends_on": date(2026, 3, 31), "accepted_offers": MOVE}
    return Correction(**{"id": SECOND, "code": "QOF2526", "version": 2} | given | changes)


async def an_offer(participation) -> Offer:
    (row, *_) = await participation.rows(f"select {OFFER} from offer o order by provider")  # noqa: S608
    return offer(row)


async def test_what_is_kept_and_what_moves(offered):
    offer = await an_offer(offered)
    accepted = replace(offer, status=Status.APPROVED)
    assert a_correction(accepted_offers=KEEP).keeps(offer) is None
    assert a_correction(accepted_offers=KEEP).keeps(accepted) is Stays.KEPT
    assert a_correction().keeps(accepted) is None
    shorter = a_correction(starts_on=date(2025, 4, 2))
    assert shorter.keeps(accepted) is Stays.OUTSIDE_SERVICE_DATES


async def test_whom_a_correction_touches_is_shown_and_nothing_changed(answered):
    before = await answered.traces()
    for accepted_offers, moves, stays in ((KEEP, 2, {"stays.KEPT": 2}), (MOVE, 4, {})):
        found = await queries.impact(answered.db, then(MANAGER), SECOND, accepted_offers)
        expected = {"touched": 4, "offered": 2, "approved": 2, "providers": 4}
        expected |= {"commissioners": 1, "moves": moves, "stays": 4 - moves}
        assert found.counts == expected | stays
        assert [one.offer.provider for one in found.touched] == [*PRACTICES[:2], *PRACTICES[4:]]
        assert f"{moves} would move" in found.message
    assert await answered.traces() == before
    assert set((await versions(answered)).values()) == {"1"}


@pytest.mark.parametrize(
    "who",
    [person("QHM", Role.CATALOGUE_MANAGER), person("ENG", Role.DATA_LOAD)],
    ids=["of another line", "not a manager"],
)
async def test_it_is_shown_to_the_lines_own_catalogue_managers_only(answered, who):
    with pytest.raises(DomainError) as refused:
        await queries.impact(answered.db, who, QOF, MOVE)
    assert refused.value.code in {"QUALITY_SERVICE_NOT_FOUND", "ROLE_REQUIRED"}


async def test_accepted_offers_move_once_each_with_an_event_and_a_history(answered):
    await correct(answered, MOVE)
    told = len(await answered.events())
    moved = await asyncio.gather(*(move_offers(answered.db, LATER) for _ in range(2)))
    assert sorted(moved) == [0, 4]
    assert await versions(answered) == dict(zip(PRACTICES, "221122", strict=True))
    new = (await answered.events())[told:]
    assert {kind for kind, _ in new} == {"offer.moved.v1"}
    assert {payload["quality_service"] for _, payload in new} == {SECOND}
    assert {payload["status"] for _, payload in new} == {"OFFERED", "APPROVED"}
    history = await answered.rows("select what, at, by from offer_history where what = 'MOVED'")
    assert [(row["what"], row["at"], row["by"]) for row in history] == [("MOVED", LATER, None)] * 4
    (done,) = await answered.rows("select moved, stayed from correction")
    assert tuple(done) == (4, 0)


async def test_accepted_offers_stay_where_they_are_kept_and_others_move(answered):
    await correct(answered, KEEP)
    assert await move_offers(answered.db, LATER) == 2
    assert await versions(answered) == dict(zip(PRACTICES, "111122", strict=True))


async def test_nothing_moves_before_the_day(answered):
    await correct(answered, MOVE, on=date(2025, 10, 2))
    assert await move_offers(answered.db, LATER) == 0
    assert set((await versions(answered)).values()) == {"1"}
    the_day = datetime(2025, 10, 1, 23, tzinfo=UTC)
    assert await catalogue.publish_scheduled(answered.db, the_day) == [SECOND]
    assert await move_offers(answered.db, the_day) == 4


async def test_an_offer_with_days_outside_the_corrected_service_stays(answered):
    ask = catalogue.Ask(then(MANAGER), LATER)
    shorter = Edit(set=[("ends_on", "2026-03-30")])
    await catalogue.edit_draft(answered.db, ask, SECOND, shorter, revision=1, reason=None)
    found = await queries.impact(answered.db, then(MANAGER), SECOND, MOVE)
    assert found.counts["stays.OUTSIDE_SERVICE_DATES"] == 4
    await correct(answered, MOVE)
    assert await move_offers(answered.db, LATER) == 0
    assert set((await versions(answered)).values()) == {"1"}


IMPACT = """
query ($after: String) {
  publicationImpact(id: "QOF2526/2", acceptedOffers: KEEP) {
    message
    counts { name value }
    offers(first: 3, after: $after) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { node { id status stays qualityService provider { odsCode } } }
    }
  }
}
"""


async def test_the_impact_is_paged_in_graphql(answered):
    first = (await asked(answered.db, then(MANAGER), IMPACT))["publicationImpact"]["offers"]
    nodes = [edge["node"] for edge in first["edges"]]
    assert [(n["provider"]["odsCode"], n["stays"]) for n in nodes] == [
        (PRACTICES[0], "KEPT"),
        (PRACTICES[1], "KEPT"),
        (PRACTICES[4], None),
    ]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    after = {"after": first["pageInfo"]["endCursor"]}
    last = (await asked(answered.db, then(MANAGER), IMPACT, after))["publicationImpact"]["offers"]
    assert [edge["node"]["provider"]["odsCode"] for edge in last["edges"]] == [PRACTICES[5]]


_WAITING = """
select from pg_locks l join pg_database d on d.oid = l.database
where d.datname = current_database() and l.locktype = 'advisory' and not l.granted
"""


async def test_no_offer_is_made_of_what_is_being_corrected(answered):
    """Whoever offers it waits, and is told of the correction."""

    async def waiting() -> None:
        assert await answered.rows(_WAITING)

    async with answered.db.transaction() as tx:
        await store.hold(tx, "QOF2526")
        offering = asyncio.create_task(answered.offer(PRACTICES[3]))
        await eventually(waiting)
        await tx.execute(
            "update quality_service set status = 'PUBLISHED', published_at = now(),"
            " published_by = gen_random_uuid(), published_for = 'ENG' where id = $1",
            SECOND,
        )
    with pytest.raises(DomainError, match=SECOND):
        await offering


async def test_the_service_publishes_what_is_due_and_moves_offers_by_itself(answered, tmp_path):
    await correct(answered, MOVE, on=date(2025, 10, 2))
    today = [LATER]
    worker = Worker(
        answered.db,
        Clock(lambda: today[0]),
        Files("participation", tmp_path, b"key", SERVICE.files),
        asyncio.Event(),
    )
    running = asyncio.gather(publish_services(worker), move_corrected_offers(worker))
    today[0] = datetime(2025, 10, 2, 9, tzinfo=UTC)

    async def moved() -> None:
        assert await versions(answered) == dict(zip(PRACTICES, "221122", strict=True))

    await eventually(moved)
    worker.stop.set()
    await running
