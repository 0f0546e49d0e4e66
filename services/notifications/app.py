"""The service put together."""

from collections.abc import Mapping
from pathlib import Path

import strawberry

from chassis.db import Tx
from chassis.graphql import schema
from chassis.received import Received
from chassis.service import Service
from chassis.subscription import Reaction, Subscription
from nhs import directory
from nhs.directory import Principal, load_principal, projections
from services.notifications.cover import schema as cover
from services.notifications.email import consumers as email_consumers
from services.notifications.email import events as email_events
from services.notifications.email import pages, sending
from services.notifications.email import schema as email
from services.notifications.history import schema as history
from services.notifications.messages import consumers, events
from services.notifications.messages import schema as centre
from services.notifications.messages.store import live
from services.notifications.preferences import schema as preferences

MIGRATIONS = (*directory.MIGRATIONS, Path(__file__).parent / "migrations")


def _each(*features: Mapping[str, Reaction]) -> Mapping[str, Reaction]:
    """What several features react to is told to each of them, in this order."""
    reactions: dict[str, Reaction] = {}
    for feature in features:
        for event, reaction in feature.items():
            reactions[event] = _both(reactions[event], reaction) if event in reactions else reaction
    return reactions


def _both(first: Reaction, second: Reaction) -> Reaction:
    async def react(tx: Tx, event: Received) -> None:
        await first(tx, event)
        await second(tx, event)

    return react


SUBSCRIPTION = Subscription(
    group="notifications",
    topics=(*projections.TOPICS, *consumers.TOPICS, *email_consumers.TOPICS),
    projections={
        **projections.PROJECTIONS,
        **consumers.PROJECTIONS,
        **email_consumers.PROJECTIONS,
    },
    reactions=_each(consumers.REACTIONS, email_consumers.REACTIONS),
    read_model=(*projections.READ_MODEL, *consumers.READ_MODEL, *email_consumers.READ_MODEL),
)


@strawberry.type
class Query(centre.Query, cover.Query, history.Query, preferences.Query, email.Query):
    pass


@strawberry.type
class Mutation(centre.Mutation, cover.Mutation, preferences.Mutation):
    pass


SERVICE: Service[Principal] = Service(
    name="notifications",
    migrations=MIGRATIONS,
    schema=schema(Query, Mutation, subscription=centre.Subscription),
    principal=load_principal,
    subscription=SUBSCRIPTION,
    numbers=live.numbers,
    events=(events.CONTRACT, *email_events.CONTRACTS),
    background=(sending.write_mails, sending.send_mails),
    links=pages.routes,
)
