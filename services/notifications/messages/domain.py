"""Who is told what, and what a task waits for (DOMAIN 10.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from nhs.roles import Role

LONGEST_ABOUT: Final = 10
"""Things a `message.raised` event names; its count has them all."""


class Kind(StrEnum):
    TASK = "TASK"
    MESSAGE = "MESSAGE"


class Status(StrEnum):
    UNREAD = "UNREAD"
    READ = "READ"
    DONE = "DONE"


class Side(StrEnum):
    PROVIDER = "PROVIDER"
    COMMISSIONER = "COMMISSIONER"


class Thing(StrEnum):
    """What a message can be about."""

    OFFER = "OFFER"
    DECLARATION = "DECLARATION"


@dataclass(frozen=True, slots=True)
class Notice:
    """Told to whoever holds the role on that side."""

    kind: Kind
    side: Side
    role: Role
    if_reached: bool = False
    """Only where the declaration had reached the commissioner before."""
    once: bool = False
    """Not again while the same task about the same thing is open."""


@dataclass(frozen=True, slots=True)
class Occurrence:
    """What happened, as far as those who are told of it are concerned."""

    event: str
    """Without its version: offer.made."""
    thing: Thing
    id: UUID
    action: UUID
    at: datetime
    quality_service: str
    payment_type: str | None
    provider: str
    commissioner: str
    due_on: date | None
    reason: str | None

    @property
    def subject_code(self) -> str:
        return self.event.upper().replace(".", "_").replace("-", "_")

    def told(self, side: Side) -> str:
        """The organisation on that side."""
        return self.provider if side is Side.PROVIDER else self.commissioner


def _provider(kind: Kind, role: Role, *, once: bool = False) -> Notice:
    return Notice(kind, Side.PROVIDER, role, once=once)


def _commissioner(kind: Kind, role: Role, *, if_reached: bool = False) -> Notice:
    return Notice(kind, Side.COMMISSIONER, role, if_reached=if_reached)


_TASK, _MESSAGE = Kind.TASK, Kind.MESSAGE
_OFFER_TOLD: Final = (_provider(_MESSAGE, Role.SERVICE_MANAGEMENT),)
_SENT_BACK: Final = (
    _provider(_TASK, Role.DECLARATION_MANAGEMENT),
    _commissioner(_MESSAGE, Role.APPROVAL_MANAGEMENT, if_reached=True),
)
_PAYMENT_TOLD: Final = (_provider(_MESSAGE, Role.DECLARATION_MANAGEMENT),)

NOTICES: Final[Mapping[str, tuple[Notice, ...]]] = {
    "offer.made": (_provider(_TASK, Role.SERVICE_MANAGEMENT),),
    "offer.accepted": (),  # the commissioner is told of rejections only
    "offer.rejected": (_commissioner(_MESSAGE, Role.COMMISSIONING_MANAGEMENT),),
    "offer.withdrawn": _OFFER_TOLD,
    "offer.cancelled": _OFFER_TOLD,
    "offer.ended": _OFFER_TOLD,
    "offer.extended": _OFFER_TOLD,
    "offer.response-due": (_provider(_TASK, Role.SERVICE_MANAGEMENT),),
    "declaration.values-missing": (_provider(_TASK, Role.ACHIEVEMENT_ENTRY, once=True),),
    "declaration.calculated": (_provider(_TASK, Role.DECLARATION_MANAGEMENT, once=True),),
    "declaration.declared": (_commissioner(_TASK, Role.APPROVAL_MANAGEMENT),),
    "declaration.approved": (_commissioner(_TASK, Role.FINANCE_MANAGEMENT),),
    "declaration.returned": _SENT_BACK,
    "declaration.recalculated": _SENT_BACK,
    "declaration.held": _PAYMENT_TOLD,
    "declaration.released": _PAYMENT_TOLD,
    "declaration.finance-approved": _PAYMENT_TOLD,
    "declaration.closed": (),  # the offer's cancellation has been told already
    "declaration.payment-sent": _PAYMENT_TOLD,
    "declaration.payment-settled": _PAYMENT_TOLD,
    "declaration.payment-adjusted": _PAYMENT_TOLD,
    "declaration.payment-failed": (
        *_PAYMENT_TOLD,
        _commissioner(_TASK, Role.FINANCE_MANAGEMENT),
    ),
}

_TO_ANSWER: Final = ("OFFER_MADE", "OFFER_RESPONSE_DUE")
_TO_ENTER: Final = ("DECLARATION_VALUES_MISSING",)
_TO_DECLARE: Final = (
    "DECLARATION_CALCULATED",
    "DECLARATION_RETURNED",
    "DECLARATION_RECALCULATED",
)
_TO_APPROVE: Final = ("DECLARATION_DECLARED",)
_TO_PAY: Final = ("DECLARATION_APPROVED",)
_TO_MEND: Final = ("DECLARATION_PAYMENT_FAILED",)

COMPLETES: Final[Mapping[str, tuple[str, ...]]] = {
    "offer.accepted": _TO_ANSWER,
    "offer.rejected": _TO_ANSWER,
    "offer.withdrawn": _TO_ANSWER,
    "offer.cancelled": _TO_ANSWER,
    "declaration.calculated": _TO_ENTER,
    "declaration.declared": (*_TO_ENTER, *_TO_DECLARE),
    "declaration.approved": _TO_APPROVE,
    "declaration.returned": (*_TO_APPROVE, *_TO_PAY),
    "declaration.recalculated": (*_TO_ENTER, *_TO_APPROVE, *_TO_PAY),
    "declaration.finance-approved": (*_TO_APPROVE, *_TO_PAY),
    "declaration.closed": (*_TO_ENTER, *_TO_DECLARE, *_TO_APPROVE, *_TO_PAY),
    "declaration.payment-sent": _TO_MEND,
    "declaration.payment-settled": _TO_MEND,
    "declaration.payment-adjusted": _TO_MEND,
}
"""The tasks that are done once this has happened to what they are about, whoever did it."""

REACHES_COMMISSIONER: Final = frozenset({"declaration.declared"})
SENT_BACK: Final = frozenset(
    {"declaration.returned", "declaration.recalculated", "declaration.closed"}
)
