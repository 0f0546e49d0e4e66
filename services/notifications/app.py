"""The service put together."""

from pathlib import Path

from chassis.graphql import schema
from chassis.service import Service
from chassis.subscription import Subscription
from nhs import directory
from nhs.directory import Principal, load_principal, projections
from services.notifications.messages import consumers, events
from services.notifications.messages.schema import Mutation, Query

MIGRATIONS = (*directory.MIGRATIONS, Path(__file__).parent / "migrations")

SUBSCRIPTION = Subscription(
    group="notifications",
    topics=(*projections.TOPICS, *consumers.TOPICS),
    projections={**projections.PROJECTIONS, **consumers.PROJECTIONS},
    reactions=consumers.REACTIONS,
    read_model=(*projections.READ_MODEL, *consumers.READ_MODEL),
)

SERVICE: Service[Principal] = Service(
    name="notifications",
    migrations=MIGRATIONS,
    schema=schema(Query, Mutation),
    principal=load_principal,
    subscription=SUBSCRIPTION,
    events=(events.CONTRACT,),
)
