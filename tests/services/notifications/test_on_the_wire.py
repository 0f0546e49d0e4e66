"""From another service's topic to the topic of messages, over a real broker."""

from uuid import UUID

from chassis import wire
from chassis.subscription import Subscription
from nhs.directory import projections
from services.notifications.messages import consumers
from tests.services.notifications.centre import Centre, offer
from tests.support.directory import ISSUER
from tests.support.eventually import eventually
from tests.support.messaging import headers, on_the_topic, publish, reading, relaying


def _record(key, kind, payload):
    return {"key": key.encode(), "value": wire.encode(payload), "headers": headers(kind)}


def _organisation(code, kind):
    payload = {"ods_code": code, "version": 1, "kind": kind, "name": code, "status": "ACTIVE"}
    return _record(code, "organisation.changed.v1", payload)


def _person(identity):
    link = {"organisation": "A99001", "roles": [{"role": "SERVICE_MANAGEMENT"}]}
    who = {"id": identity, "version": 1, "issuer": ISSUER, "subject": "somebody"}
    payload = who | {"status": "ACTIVE", "links": [link]}
    return _record(identity, "person.changed.v1", payload)


async def test_an_offer_heard_becomes_a_task_told(database, dsn, kafka, topic):
    person = "01990000-0000-7000-8000-000000000001"
    made = offer("made")
    subscription = Subscription(
        group=topic,
        topics=[topic],
        projections={**projections.PROJECTIONS, **consumers.PROJECTIONS},
        reactions=consumers.REACTIONS,
    )
    await publish(
        kafka,
        topic,
        [
            _record(made.key, made.type, made.payload),  # before its provider has been heard of
            _person(person),
            _organisation("A99001", "PRACTICE"),
            _organisation("QZ9", "ICB"),
        ],
    )
    centre = Centre(database, {})

    async def told():
        (row,) = await centre.rows()
        assert row["person_id"] == UUID(person)
        return row

    async with reading(database, subscription, kafka), relaying(dsn, kafka):
        row = await eventually(told)

        async def published():
            found = await on_the_topic(kafka, "notifications.message", partitions=32)
            (one,) = [each for each in found if each.key == str(row["id"]).encode()]
            return wire.decode(one.value)

        event = await eventually(published)
    assert event["about"] == [made.key]
    assert (event["kind"], event["subject_code"]) == ("TASK", "OFFER_MADE")
