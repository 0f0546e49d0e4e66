"""What people are mailed about, and how soon."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Final

from chassis.errors import DomainError


class Kind(StrEnum):
    OFFERS = "OFFERS"
    ACCEPTANCES = "ACCEPTANCES"
    DECLARATIONS = "DECLARATIONS"
    PAYMENTS = "PAYMENTS"
    MEMBERSHIP = "MEMBERSHIP"
    CLAIMS = "CLAIMS"
    ACCOUNT = "ACCOUNT"


class Choice(StrEnum):
    AT_ONCE = "AT_ONCE"
    DAILY = "DAILY"
    NEVER = "NEVER"


Chosen = Mapping[Kind, Choice]

# Work comes once a day: days pass between an offer and its response date, and in the week after the
# achievement date an approver is told of hundreds of declarations. What changes what somebody may
# do themselves comes at once, since they may have to object. Nobody is told of acceptances unless
# they ask for it (DOMAIN 10.4).
DEFAULTS: Final[Chosen] = {
    Kind.OFFERS: Choice.DAILY,
    Kind.ACCEPTANCES: Choice.NEVER,
    Kind.DECLARATIONS: Choice.DAILY,
    Kind.PAYMENTS: Choice.DAILY,
    Kind.MEMBERSHIP: Choice.DAILY,
    Kind.CLAIMS: Choice.DAILY,
    Kind.ACCOUNT: Choice.AT_ONCE,
}

_BY_BEGINNING: Final = (
    ("OFFER_", Kind.OFFERS),
    ("DECLARATION_PAYMENT_", Kind.PAYMENTS),
    ("DECLARATION_FINANCE_APPROVED", Kind.PAYMENTS),
    ("DECLARATION_", Kind.DECLARATIONS),
    ("MEMBERSHIP_", Kind.MEMBERSHIP),
    ("CLAIM_PAYMENT_", Kind.PAYMENTS),
    ("CLAIM_", Kind.CLAIMS),
)


def kind_of(subject_code: str) -> Kind:
    """The kind a message belongs to, by what it tells of: the rest is about people."""
    found = (kind for begins, kind in _BY_BEGINNING if subject_code.startswith(begins))
    return next(found, Kind.ACCOUNT)


def choice_for(kind: Kind, chosen: Chosen) -> Choice:
    return chosen.get(kind, DEFAULTS[kind])


def check(asked: Sequence[tuple[Kind, Choice]]) -> Chosen:
    """Refuse what cannot be chosen."""
    chosen = dict(asked)
    if not chosen:
        raise DomainError("NOTHING_CHOSEN", "Name at least one kind.", field="choices")
    if len(chosen) < len(asked):
        raise DomainError("KIND_GIVEN_TWICE", "Each kind has one choice.", field="choices")
    if chosen.get(Kind.ACCEPTANCES) is Choice.AT_ONCE:
        message = "Acceptances are told of by a daily digest or not at all."
        raise DomainError("CHOICE_NOT_OFFERED", message, field="choices", kind="ACCEPTANCES")
    return chosen


def without(kind: Kind | None, chosen: Chosen) -> Chosen:
    """What is to be chosen by whoever wants no more mails of that kind, or (None) no digest."""
    if kind is not None:
        return {kind: Choice.NEVER}
    daily = [one for one in Kind if choice_for(one, chosen) is Choice.DAILY]
    return dict.fromkeys(daily, Choice.NEVER)
