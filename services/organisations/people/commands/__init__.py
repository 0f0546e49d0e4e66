"""What may be done to people, each in one transaction with its history and its events."""

from services.organisations.people.commands.adding import Added, add_people, admit, first_entries
from services.organisations.people.commands.changing import (
    Somebody,
    disable_person,
    enable_person,
    grant_role,
    link_known,
    link_person,
    unlink_person,
    withdraw_role,
)
from services.organisations.people.commands.contacts import Contact, change_contact
from services.organisations.people.commands.deed import (
    Deed,
    Done,
    Warned,
    republish_contacts,
    republish_people,
    tell,
)
from services.organisations.people.commands.granting import Grant, Granted, grant_roles

__all__ = [
    "Added",
    "Contact",
    "Deed",
    "Done",
    "Grant",
    "Granted",
    "Somebody",
    "Warned",
    "add_people",
    "admit",
    "change_contact",
    "disable_person",
    "enable_person",
    "first_entries",
    "grant_role",
    "grant_roles",
    "link_known",
    "link_person",
    "republish_contacts",
    "republish_people",
    "tell",
    "unlink_person",
    "withdraw_role",
]
