"""What a message says. Never an amount: who reads it may see points without pounds."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from asyncpg import Record

from nhs.roles import Role


@dataclass(frozen=True, slots=True)
class Facts:
    service: str | None
    count: int
    provider: str
    """The name of the one it is about, where it is about one."""
    commissioner: str | None
    due_on: date | None
    effective_on: date | None
    reason: str | None
    names: Sequence[str]
    """Organisations by their names; roles and kinds as they are written."""

    @classmethod
    def of(cls, row: Record) -> "Facts":
        """The facts of a message, as the lists show it."""
        return cls(
            service=row["service_name"],
            count=row["count"],
            provider=row["provider_name"],
            commissioner=row["commissioner_name"],
            due_on=row["due_on"],
            effective_on=row["effective_on"],
            reason=row["reason"],
            names=row["named"],
        )


_SUBJECTS: Final = {
    "OFFER_MADE": "Offered: {service}",
    "OFFER_REJECTED": "Rejected: {service}",
    "OFFER_WITHDRAWN": "Withdrawn: {service}",
    "OFFER_CANCELLED": "Cancelled: {service}",
    "OFFER_ENDED": "Participation ended: {service}",
    "OFFER_EXTENDED": "More time to respond: {service}",
    "OFFER_RESPONSE_DUE": "Response due: {service}",
    "DECLARATION_VALUES_MISSING": "Achievement missing: {service}",
    "DECLARATION_CALCULATED": "Ready to declare: {service}",
    "DECLARATION_DECLARED": "Ready to approve: {service}",
    "DECLARATION_APPROVED": "Ready for finance approval: {service}",
    "DECLARATION_RETURNED": "Returned: {service}",
    "DECLARATION_RECALCULATED": "Recalculated: {service}",
    "DECLARATION_HELD": "Held: {service}",
    "DECLARATION_RELEASED": "Released: {service}",
    "DECLARATION_FINANCE_APPROVED": "Finance approved: {service}",
    "DECLARATION_REMINDED_TO_SUBMIT": "Reminder, achievement missing: {service}",
    "DECLARATION_REMINDED_TO_DECLARE": "Reminder, ready to declare: {service}",
    "DECLARATION_REMINDED_TO_APPROVE": "Reminder, ready to approve: {service}",
    "DECLARATION_REMINDED_TO_FINANCE_APPROVE": "Reminder, ready for finance approval: {service}",
    "DECLARATION_PAYMENT_SENT": "Payment sent: {service}",
    "DECLARATION_PAYMENT_SETTLED": "Payment settled: {service}",
    "DECLARATION_PAYMENT_ADJUSTED": "Payment adjusted: {service}",
    "DECLARATION_PAYMENT_FAILED": "Payment failed: {service}",
    "CLAIM_AWAITING_PROVIDER_APPROVAL": "Claim to approve: {service}",
    "CLAIM_AWAITING_TIER_1": "Claim to check: {service}",
    "CLAIM_AWAITING_TIER_2": "Claim to approve: {service}",
    "CLAIM_AWAITING_FINANCE": "Claim for finance approval: {service}",
    "CLAIM_APPROVED": "Claim approved: {service}",
    "CLAIM_REJECTED": "Claim rejected: {service}",
    "CLAIM_PAYMENT_SENT": "Payment of a claim sent: {service}",
    "CLAIM_PAYMENT_SETTLED": "Payment of a claim settled: {service}",
    "CLAIM_PAYMENT_ADJUSTED": "Payment of a claim adjusted: {service}",
    "CLAIM_PAYMENT_FAILED": "Payment of a claim failed: {service}",
    "MEMBERSHIP_PROPOSED": "Change of a network proposed",
    "MEMBERSHIP_STARTED": "Network joined",
    "MEMBERSHIP_ENDED": "Network left",
    "PERSON_LINKED": "Account linked: {provider}",
    "PERSON_UNLINKED": "Account no longer linked: {names}",
    "PERSON_ROLE_GRANTED": "Role given: {names}",
    "PERSON_ROLE_WITHDRAWN": "Role taken: {names}",
    "MAIL_BOUNCED": "Mail cannot be delivered",
}
_BODIES: Final = {
    "OFFER_MADE": "{commissioner} has offered {service} to {provider}: accept or reject it{due}.",
    "OFFER_REJECTED": "{provider} rejected the offer of {service}{why}.",
    "OFFER_WITHDRAWN": "{commissioner} has withdrawn its offer of {service} to {provider}{why}.",
    "OFFER_CANCELLED": (
        "{commissioner} has cancelled the participation of {provider} in {service}{why}."
    ),
    "OFFER_ENDED": "The participation of {provider} in {service} has ended{why}.",
    "OFFER_EXTENDED": "{provider} has more time to respond to the offer of {service}{due}.",
    "OFFER_RESPONSE_DUE": "{provider} has not responded to the offer of {service} yet{due}.",
    "DECLARATION_VALUES_MISSING": (
        "Values of {provider} for {service} are missing: nothing is paid until they are submitted."
    ),
    "DECLARATION_CALCULATED": (
        "A provisional payment for {service} has been calculated for {provider}: "
        "review it and declare."
    ),
    "DECLARATION_DECLARED": (
        "{provider} declared achievement of {service}: approve it, or return it."
    ),
    "DECLARATION_APPROVED": (
        "The declaration of {service} by {provider} is approved: it waits for finance approval."
    ),
    "DECLARATION_RETURNED": "The declaration of {service} by {provider} was returned{why}.",
    "DECLARATION_RECALCULATED": (
        "{service} was calculated anew for {provider} after it was declared{why}: "
        "it must be declared again."
    ),
    "DECLARATION_HELD": "The declaration of {service} by {provider} is held{why}.",
    "DECLARATION_RELEASED": "The declaration of {service} by {provider} is no longer held{why}.",
    "DECLARATION_FINANCE_APPROVED": (
        "The payment of {service} to {provider} is approved and handed to finance."
    ),
    "DECLARATION_REMINDED_TO_SUBMIT": (
        "{commissioner} reminds you: values for {service} by {provider} are missing. "
        "Submit them{due}."
    ),
    "DECLARATION_REMINDED_TO_DECLARE": (
        "{commissioner} reminds you: {service} waits for {provider} to declare it. Declare it{due}."
    ),
    "DECLARATION_REMINDED_TO_APPROVE": (
        "{service}, declared by {provider}, still waits to be approved. Approve or return it{due}."
    ),
    "DECLARATION_REMINDED_TO_FINANCE_APPROVE": (
        "{service}, declared by {provider}, still waits for finance approval. "
        "Approve or return it{due}."
    ),
    "DECLARATION_PAYMENT_SENT": "The payment of {service} to {provider} is on its way.",
    "DECLARATION_PAYMENT_SETTLED": "The payment of {service} to {provider} is settled.",
    "DECLARATION_PAYMENT_ADJUSTED": "The payment of {service} to {provider} was adjusted{why}.",
    "DECLARATION_PAYMENT_FAILED": "The payment of {service} to {provider} failed{why}.",
    "CLAIM_AWAITING_PROVIDER_APPROVAL": (
        "A claim of {provider} under {service} waits to be approved by the provider."
    ),
    "CLAIM_AWAITING_TIER_1": "{provider} submitted a claim under {service}: check its evidence.",
    "CLAIM_AWAITING_TIER_2": (
        "The evidence of a claim of {provider} under {service} was accepted: approve the claim."
    ),
    "CLAIM_AWAITING_FINANCE": (
        "A claim of {provider} under {service} is approved: it waits for finance approval."
    ),
    "CLAIM_APPROVED": "The claim of {provider} under {service} is approved.",
    "CLAIM_REJECTED": "The claim of {provider} under {service} was rejected{why}.",
    "CLAIM_PAYMENT_SENT": "A payment to {provider} for a claim under {service} is on its way.",
    "CLAIM_PAYMENT_SETTLED": "A payment to {provider} for a claim under {service} is settled.",
    "CLAIM_PAYMENT_ADJUSTED": (
        "A payment to {provider} for a claim under {service} was adjusted{why}."
    ),
    "CLAIM_PAYMENT_FAILED": "A payment to {provider} for a claim under {service} failed{why}.",
    "MEMBERSHIP_PROPOSED": (
        "{network} proposes that {provider} {joins} it{since}{why}. Confirm or refuse it."
    ),
    "MEMBERSHIP_STARTED": "{provider} joined {network}{since}.",
    "MEMBERSHIP_ENDED": "{provider} left {network}{until}.",
    "PERSON_LINKED": "You can act for {provider} now{roles}.",
    "PERSON_UNLINKED": "You can no longer act for {names}.",
    "PERSON_ROLE_GRANTED": "You were given at {provider}: {names}.",
    "PERSON_ROLE_WITHDRAWN": "You no longer have at {provider}: {names}.",
    "MAIL_BOUNCED": (
        "Mail to somebody who acts for {provider} could not be delivered{why}. "
        "Correct their address."
    ),
}


_LABELS: Final = {role.value: role.label for role in Role}
"""Roles as people say them; organisations come with their names."""
_JOINS: Final = {"JOIN": "joins", "LEAVE": "leaves"}


def subject(code: str, facts: Facts) -> str:
    title = _SUBJECTS[code].format_map(_said(facts))
    return title if facts.count == 1 else f"{title} ({facts.count})"


def body(code: str, facts: Facts) -> str:
    return _BODIES[code].format_map(_said(facts))


def _said(facts: Facts) -> dict[str, str | None]:
    one = facts.count == 1
    names = ", ".join(_LABELS.get(name, name) for name in facts.names)
    return {
        "service": facts.service,
        "provider": facts.provider if one else f"{facts.count} providers",
        "commissioner": facts.commissioner,
        "network": facts.names[0] if one and facts.names else "their network",
        "names": names,
        "roles": f", as {names}" if names else "",
        "joins": _JOINS.get(facts.names[-1]) if facts.names else None,
        "due": f", by {_day(facts.due_on)}" if facts.due_on else "",
        "since": f", from {_day(facts.effective_on)}" if one and facts.effective_on else "",
        "until": f", after {_day(facts.effective_on)}" if one and facts.effective_on else "",
        "why": f": {facts.reason}" if facts.reason else "",
    }


def _day(day: date) -> str:
    return f"{day:%-d %B %Y}"
