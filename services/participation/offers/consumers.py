"""What offers hears of organisations: a tolerant reader that calls one command."""

from chassis.db import Tx
from chassis.received import Received
from services.participation.offers.commands.following import follow_ods


async def organisation_changed(tx: Tx, received: Received) -> None:
    """ODS closes a provider, takes it out of its last PCN, or takes that back.

    What has been heard is in the read model by now, or something newer is.
    """
    await follow_ods(tx, received.key, at=received.time, action=received.id)
