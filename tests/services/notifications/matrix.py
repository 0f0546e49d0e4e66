"""Roles by operations of notifications: an operation without a line here fails the test.

Everybody linked to an organisation has a Message Centre there. What a role changes is whose
messages are in it: a Supervisor's holds those of the whole organisation, to read, not to act on.
"""

from nhs.roles import Role

OWN = "own"
"""One's own messages and no others."""
ALL = "all"
"""Everybody's messages at the organisation acted for."""

SEEN = {role: ALL if role is Role.SUPERVISOR else OWN for role in Role}
ACTED_ON = dict.fromkeys(Role, OWN)

MATRIX = {
    "Query.messages": SEEN,
    "Query.message": SEEN,
    "Query.messageCounts": SEEN,
    "Query._entities": SEEN,
    "Mutation.markMessagesRead": ACTED_ON,
    "Mutation.completeTasks": ACTED_ON,
}
