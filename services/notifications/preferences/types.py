"""The words of preferences as GraphQL names them; who uses one imports it from here."""

import strawberry

from services.notifications.preferences.domain import Choice, Kind

__all__ = ["Choice", "Kind"]

strawberry.enum(
    Kind,
    name="EmailKind",
    description="What mails are about. ACCEPTANCES are offers that providers accepted: those who "
    "make offers are told of them in a daily digest, if they ask for it.",
)
strawberry.enum(
    Choice,
    name="EmailChoice",
    description="How soon: a mail for each message, one mail a day with what is still unread or to "
    "be done, or none. The Message Centre has everything in any case.",
)
