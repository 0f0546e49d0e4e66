"""Who is told what, and what a task waits for (DOMAIN 10.4)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from nhs.roles import Role

LONGEST_ABOUT: Final = 10
"""Things a `message.raised` event names; its count has them all."""


LONDON: Final = ZoneInfo("Europe/London")


class Kind(StrEnum):
    TASK = "TASK"
    MESSAGE = "MESSAGE"


class Status(StrEnum):
    UNREAD = "UNREAD"
    READ = "READ"
    DONE = "DONE"


class Side(StrEnum):
    """Who is told, seen from what happened: the people of an organisation, or one person."""

    PROVIDER = "PROVIDER"
    NETWORK = "NETWORK"
    COMMISSIONER = "COMMISSIONER"
    PERSON = "PERSON"
    """The person themselves, whatever roles they hold."""


class Thing(StrEnum):
    """What a message can be about. An organisation is named by its ODS code, the rest by an id."""

    OFFER = "OFFER"
    DECLARATION = "DECLARATION"
    CLAIM = "CLAIM"
    MEMBERSHIP_PROPOSAL = "MEMBERSHIP_PROPOSAL"
    ORGANISATION = "ORGANISATION"
    PERSON = "PERSON"


class Change(StrEnum):
    """What became of a message."""

    RAISED = "RAISED"
    """It is new, or something was added to it."""
    CHANGED = "CHANGED"
    """It was read, or less of it waits."""


@dataclass(frozen=True, slots=True)
class Notice:
    """Told to whoever holds the role on that side."""

    kind: Kind
    side: Side
    role: Role | None
    if_reached: bool = False
    """Only where the declaration had reached the commissioner before."""
    once: bool = False
    """Not again while the same task about the same thing is open."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Occurrence:
    """What happened, as far as those who are told of it are concerned."""

    event: str
    """Without its version: offer.made."""
    event_id: UUID
    event_type: str
    thing: Thing
    id: str
    version: int
    """Of the thing, as it is after this."""
    action: UUID
    at: datetime
    provider: str
    """Whose it is."""
    told: Mapping[Side, tuple[str, ...]]
    """The organisations on each side."""
    person: UUID | None = None
    """Who is told on the side of the person."""
    quality_service: str | None = None
    payment_type: str | None = None
    commissioner: str | None = None
    due_on: date | None = None
    effective_on: date | None = None
    reason: str | None = None
    names: tuple[str, ...] = ()
    """Roles or organisations that its words name."""

    @property
    def subject_code(self) -> str:
        return self.event.upper().replace(".", "_").replace("-", "_")

    @property
    def day(self) -> date:
        """The day on which it happened, in England."""
        return self.at.astimezone(LONDON).date()


def _provider(kind: Kind, role: Role, *, once: bool = False) -> Notice:
    return Notice(kind, Side.PROVIDER, role, once=once)


def _network(kind: Kind, role: Role) -> Notice:
    return Notice(kind, Side.NETWORK, role)


def _commissioner(kind: Kind, role: Role, *, if_reached: bool = False) -> Notice:
    return Notice(kind, Side.COMMISSIONER, role, if_reached=if_reached)


_TASK, _MESSAGE = Kind.TASK, Kind.MESSAGE
_OFFER_TOLD: Final = (_provider(_MESSAGE, Role.SERVICE_MANAGEMENT),)
_SENT_BACK: Final = (
    _provider(_TASK, Role.DECLARATION_MANAGEMENT),
    _commissioner(_MESSAGE, Role.APPROVAL_MANAGEMENT, if_reached=True),
)
_PAYMENT_TOLD: Final = (_provider(_MESSAGE, Role.DECLARATION_MANAGEMENT),)
_PAYMENT_FAILED: Final = (*_PAYMENT_TOLD, _commissioner(_TASK, Role.FINANCE_MANAGEMENT))
_CLAIM_TOLD: Final = (_provider(_MESSAGE, Role.CLAIM_USER),)
_MEMBERS_TOLD: Final = (
    _provider(_MESSAGE, Role.DECLARATION_MANAGEMENT),
    _network(_MESSAGE, Role.DECLARATION_MANAGEMENT),
    _commissioner(_MESSAGE, Role.COMMISSIONING_MANAGEMENT),
)
_PERSON_TOLD: Final = (Notice(_MESSAGE, Side.PERSON, None),)

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
    "declaration.payment-failed": _PAYMENT_FAILED,
    # A reminder's lines go by whose turn it is.
    "declaration.reminded-to-submit": (_provider(_TASK, Role.ACHIEVEMENT_ENTRY),),
    "declaration.reminded-to-declare": (_provider(_TASK, Role.DECLARATION_MANAGEMENT),),
    "declaration.reminded-to-approve": (_commissioner(_TASK, Role.APPROVAL_MANAGEMENT),),
    "declaration.reminded-to-finance-approve": (_commissioner(_TASK, Role.FINANCE_MANAGEMENT),),
    # A claim's lines go by what it waits for after the event.
    "claim.awaiting-provider-approval": (_provider(_TASK, Role.CLAIM_APPROVER),),
    "claim.awaiting-tier-1": (_commissioner(_TASK, Role.CLAIM_TIER_1),),
    "claim.awaiting-tier-2": (_commissioner(_TASK, Role.CLAIM_TIER_2),),
    "claim.awaiting-finance": (_commissioner(_TASK, Role.CLAIM_FINANCE),),
    "claim.approved": _CLAIM_TOLD,
    "claim.rejected": _CLAIM_TOLD,
    "claim.draft": (),
    "claim.withdrawn": (),
    # Its payments are told of as a declaration's are.
    "claim.payment-sent": _PAYMENT_TOLD,
    "claim.payment-settled": _PAYMENT_TOLD,
    "claim.payment-adjusted": _PAYMENT_TOLD,
    "claim.payment-failed": _PAYMENT_FAILED,
    "membership.proposed": (_commissioner(_TASK, Role.ORGANISATION_ADMINISTRATOR),),
    "membership.confirmed": (),  # the membership itself is told of when it changes
    "membership.refused": (),
    "membership.withdrawn": (),
    "membership.overtaken": (),
    "membership.started": _MEMBERS_TOLD,
    "membership.ended": _MEMBERS_TOLD,
    "person.linked": _PERSON_TOLD,
    "person.unlinked": _PERSON_TOLD,
    "person.role-granted": _PERSON_TOLD,
    "person.role-withdrawn": _PERSON_TOLD,
    "mail.bounced": (_provider(_MESSAGE, Role.USER_ADMINISTRATOR),),
}

ROLES_WITH_TASKS: Final = frozenset(
    notice.role
    for notices in NOTICES.values()
    for notice in notices
    if notice.kind is Kind.TASK and notice.role
)

_TO_ANSWER: Final = ("OFFER_MADE", "OFFER_RESPONSE_DUE")
_TO_ENTER: Final = ("DECLARATION_VALUES_MISSING", "DECLARATION_REMINDED_TO_SUBMIT")
_TO_DECLARE: Final = (
    "DECLARATION_CALCULATED",
    "DECLARATION_RETURNED",
    "DECLARATION_RECALCULATED",
    "DECLARATION_REMINDED_TO_DECLARE",
)
_TO_APPROVE: Final = ("DECLARATION_DECLARED", "DECLARATION_REMINDED_TO_APPROVE")
_TO_PAY: Final = ("DECLARATION_APPROVED", "DECLARATION_REMINDED_TO_FINANCE_APPROVE")
_TO_MEND: Final = ("DECLARATION_PAYMENT_FAILED",)
_OF_CLAIM: Final = (
    "CLAIM_AWAITING_PROVIDER_APPROVAL",
    "CLAIM_AWAITING_TIER_1",
    "CLAIM_AWAITING_TIER_2",
    "CLAIM_AWAITING_FINANCE",
)
_TO_MEND_OF_CLAIM: Final = ("CLAIM_PAYMENT_FAILED",)
_TO_CONFIRM: Final = ("MEMBERSHIP_PROPOSED",)

COMPLETES: Final[Mapping[str, tuple[str, ...]]] = {
    "offer.accepted": _TO_ANSWER,
    "offer.rejected": _TO_ANSWER,
    "offer.withdrawn": _TO_ANSWER,
    "offer.cancelled": _TO_ANSWER,
    "offer.ended": _TO_ANSWER,
    # What lacks values (again) can be neither declared nor approved.
    "declaration.values-missing": (*_TO_DECLARE, *_TO_APPROVE, *_TO_PAY),
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
    # A claim waits for one step at a time.
    **dict.fromkeys((event for event in NOTICES if event.startswith("claim.")), _OF_CLAIM),
    "claim.payment-sent": _TO_MEND_OF_CLAIM,
    "claim.payment-settled": _TO_MEND_OF_CLAIM,
    "claim.payment-adjusted": _TO_MEND_OF_CLAIM,
    "claim.payment-failed": (),
    "membership.confirmed": _TO_CONFIRM,
    "membership.refused": _TO_CONFIRM,
    "membership.withdrawn": _TO_CONFIRM,
    "membership.overtaken": _TO_CONFIRM,
}
"""The tasks that are done once this has happened to what they are about, whoever did it."""

COMPLETED_BY: Final[Mapping[str, frozenset[str]]] = {
    subject: frozenset(event for event, done in COMPLETES.items() if subject in done)
    for subject in {one for done in COMPLETES.values() for one in done}
}
"""The other way round: what completes a task, by its subject."""

REACHES_COMMISSIONER: Final = frozenset({"declaration.declared"})
SENT_BACK: Final = frozenset(
    {"declaration.returned", "declaration.recalculated", "declaration.closed"}
)
