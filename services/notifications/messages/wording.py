"""What a message says. Never an amount: who reads it may see points without pounds."""

from dataclasses import dataclass
from datetime import date
from typing import Final


@dataclass(frozen=True, slots=True)
class Facts:
    service: str
    count: int
    provider: str
    """The name of the one it is about, where it is about one."""
    commissioner: str
    due_on: date | None
    reason: str | None


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
    "DECLARATION_PAYMENT_SENT": "Payment sent: {service}",
    "DECLARATION_PAYMENT_SETTLED": "Payment settled: {service}",
    "DECLARATION_PAYMENT_ADJUSTED": "Payment adjusted: {service}",
    "DECLARATION_PAYMENT_FAILED": "Payment failed: {service}",
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
    "DECLARATION_PAYMENT_SENT": "The payment of {service} to {provider} is on its way.",
    "DECLARATION_PAYMENT_SETTLED": "The payment of {service} to {provider} is settled.",
    "DECLARATION_PAYMENT_ADJUSTED": "The payment of {service} to {provider} was adjusted{why}.",
    "DECLARATION_PAYMENT_FAILED": "The payment of {service} to {provider} failed{why}.",
}


def subject(code: str, facts: Facts) -> str:
    title = _SUBJECTS[code].format(service=facts.service)
    return title if facts.count == 1 else f"{title} ({facts.count})"


def body(code: str, facts: Facts) -> str:
    return _BODIES[code].format(
        service=facts.service,
        provider=facts.provider if facts.count == 1 else f"{facts.count} providers",
        commissioner=facts.commissioner,
        due=f", by {facts.due_on:%-d %B %Y}" if facts.due_on else "",
        why=f": {facts.reason}" if facts.reason else "",
    )
