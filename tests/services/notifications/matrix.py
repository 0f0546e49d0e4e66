"""Roles by operations of notifications. Whose messages somebody sees: test_sight.

Everybody linked to an organisation has a Message Centre there.
"""

from typing import Final

from nhs.roles import Role
from tests.support.matrix import EVERYBODY, Line, entity

_ID = "01990000-0000-7000-8000-000000000001"
_OVERSEE = frozenset(
    {
        Role.SUPERVISOR,
        Role.USER_ADMINISTRATOR,
        Role.ADVANCED_USER_ADMINISTRATOR,
        Role.ORGANISATION_ADMINISTRATOR,
    }
)
_DAYS = 'from: "2025-03-13", to: "2025-03-14"'
_BULK = "mutation { %s(choose: {rows: []}) { message } }"

MATRIX: Final = {
    "Query.messages": Line(EVERYBODY, "{ messages { totalCount } }"),
    "Query.message": Line(EVERYBODY, f'{{ message(id: "{_ID}") {{ id }} }}'),
    "Query.messageCounts": Line(EVERYBODY, "{ messageCounts { total } }"),
    "Query._entities Message": Line(EVERYBODY, entity("Message", f'id: "{_ID}"', "subject")),
    "Subscription.messageUpdates": Line(EVERYBODY, "subscription { messageUpdates { number } }"),
    "Query.emailPreferences": Line(EVERYBODY, "{ emailPreferences { preferences { kind } } }"),
    "Query.emailDeliveries": Line(EVERYBODY, "{ emailDeliveries { totalCount } }"),
    "Mutation.setEmailPreferences": Line(
        EVERYBODY, "mutation { setEmailPreferences(choices: []) { preferences { kind } } }"
    ),
    "Query.messageHistory": Line(_OVERSEE, "{ messageHistory { totalCount } }"),
    "Query.covers": Line(EVERYBODY, "{ covers { totalCount } }"),
    "Mutation.nameCover": Line(
        EVERYBODY, f'mutation {{ nameCover(colleague: "{_ID}", {_DAYS}) {{ id }} }}'
    ),
    "Mutation.endCover": Line(EVERYBODY, f'mutation {{ endCover(id: "{_ID}") {{ id }} }}'),
    "Mutation.markMessagesRead": Line(EVERYBODY, _BULK % "markMessagesRead"),
    "Mutation.completeTasks": Line(EVERYBODY, _BULK % "completeTasks"),
}
