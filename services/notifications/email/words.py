"""What mails say besides the words of the messages they are about."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from nhs.roles import Role
from services.notifications.preferences.domain import Kind

_ABOUT: Final[Mapping[Kind, str]] = {
    Kind.OFFERS: "offers",
    Kind.ACCEPTANCES: "accepted offers",
    Kind.DECLARATIONS: "declarations",
    Kind.PAYMENTS: "payments",
    Kind.MEMBERSHIP: "members of networks",
    Kind.CLAIMS: "claims",
    Kind.ACCOUNT: "your account and those you look after",
}
WHY_DAILY: Final = "You get this mail because you are told of some things once a day."


def these(kind: Kind | None) -> str:
    """Which mails they are; None for the digest."""
    return f"mails about {_ABOUT[kind]}" if kind else "daily mails"


def why(kind: Kind, role: str | None, place: str) -> str:
    reason = f"you hold the role {Role(role).label} at {place}" if role else "it is about you"
    return f"You get this mail because {reason}, and are mailed about {_ABOUT[kind]} at once."


def to_do(*, task: bool, due_on: date | None) -> str:
    if not task:
        return "There is nothing that you need to do."
    by = f" by {due_on:%-d %B %Y}" if due_on else ""
    return (
        f"This is a task: please take the step it asks for{by}. "
        "It is completed by itself once you or a colleague have done so."
    )


def of_the_day(tasks: int, messages: int, acceptances: int) -> str:
    """The subject of a digest."""
    counted = ((tasks, "task"), (messages, "message"), (acceptances, "accepted offer"))
    said = [f"{count} {what}{'' if count == 1 else 's'}" for count, what in counted if count]
    return f"Your day: {_listed(said)}"


def _listed(said: list[str]) -> str:
    return said[0] if len(said) == 1 else f"{', '.join(said[:-1])} and {said[-1]}"
