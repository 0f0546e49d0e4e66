"""The stories that must hold, as far as the Message Centre goes, and what it cannot read."""

from chassis import wire
from chassis.ids import new_id
from chassis.subscription import Subscription
from nhs.roles import Role
from services.notifications.app import SUBSCRIPTION
from tests.services.notifications.centre import claim, make_centre, offer
from tests.services.notifications.test_centre import COUNTS
from tests.support.directory import have_person
from tests.support.eventually import eventually
from tests.support.messaging import headers, parked, publish, reading

P, OTHER, C = "A99001", "A99002", "QZ9"
COMMISSIONING = Role.COMMISSIONING_MANAGEMENT


async def test_a_rejection_delivered_three_times_to_eight_readers_is_one_message_each(database):
    centre = await make_centre(database)
    async with database.transaction() as tx:
        for n in range(7):
            await have_person(tx, f"reader-{n}", {C: [COMMISSIONING]})
    rejected = offer("rejected")
    for _ in range(3):
        await centre.hear(rejected)
    rows = await centre.rows()
    assert len({row["person_id"] for row in rows}) == len(rows) == 8
    assert {row["count"] for row in rows} == {1}
    assert len(await centre.events()) == 8


async def test_an_acceptance_changes_nothing_in_the_commissioners_unread_count(served):
    await served.centre.hear(offer("rejected"))
    before = await served.ask(COMMISSIONING, C, COUNTS)
    await served.centre.hear(offer("accepted"))
    assert (await served.ask(COMMISSIONING, C, COUNTS)).data == before.data


async def test_two_of_four_offers_cancelled_are_two_messages_to_providers(database):
    """The other two were refused: of them there is no event."""
    centre, action = await make_centre(database), str(new_id())
    approved, rejected = (offer("cancelled", provider=p, action=action) for p in (P, OTHER))
    await centre.hear(approved, rejected)
    told = [(row["organisation"], row["kind"], row["count"]) for row in await centre.rows()]
    assert sorted(told) == [(P, "MESSAGE", 1), (OTHER, "MESSAGE", 1)]


def _record(event, kind=None):
    value = wire.encode(event.payload)
    key = event.key.encode()
    return {"key": key, "value": value, "headers": headers(kind or event.type), "partition": 0}


async def test_what_cannot_be_read_is_passed_over_or_parked_and_what_follows_is_told(
    database, kafka, topic
):
    centre = await make_centre(database)
    bare = offer("made")
    bare.payload.pop("provider")
    odd = claim("submitted", "AWAITING_THE_MOON")
    subscription = Subscription(
        group=topic,
        topics=[topic],
        projections=SUBSCRIPTION.projections,
        reactions=SUBSCRIPTION.reactions,
    )
    records = [
        _record(offer("made"), "offer.made.v2"),
        _record(offer("made"), "offer.invented.v1"),
        _record(bare),
        _record(odd),
        _record(offer("withdrawn")),
    ]
    await publish(kafka, topic, records)

    async def told():
        (row,) = await centre.rows()
        assert row["subject_code"] == "OFFER_WITHDRAWN"

    async with reading(database, subscription, kafka):
        await eventually(told)
    dead = await parked(database)
    assert len(dead) == 2
    assert {one["dead"] for one in dead} == {f"{topic}.dead"}
