"""Tolerant readers of what finance systems did with payments."""

from functools import partial
from typing import Final

from chassis.consumer import Reaction, Received
from chassis.db import Tx
from services.declarations.payments.domain import State
from services.declarations.remittance import commands
from services.declarations.remittance.events import TYPES, PaymentReport


async def _heard(told: State, tx: Tx, event: Received) -> None:
    report = PaymentReport.model_validate(event.payload)
    await commands.hear(tx, told, report, at=event.time)


REACTIONS: Final[dict[str, Reaction]] = {
    kind: partial(_heard, told) for kind, told in TYPES.items()
}
