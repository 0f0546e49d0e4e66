"""The people of the demonstration, named by role and ODS code; addresses end in .example.

Declaring, approving and finance-approving are different people everywhere, so that the
separation of duties holds without an exception (DOMAIN.md 10.6). England's own first people come
with the bootstrap of organisations, not from here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from cqrs.england.roster import Roster


@dataclass(frozen=True, slots=True)
class Link:
    organisation: str
    roles: Sequence[str]


@dataclass(frozen=True, slots=True)
class Person:
    subject: str
    """What their token says; also the part of their address before the @."""
    name: str
    email: str
    links: Sequence[Link]

    def as_input(self) -> dict[str, object]:
        """As `addPeople` takes them."""
        return {
            "subject": self.subject,
            "name": self.name,
            "email": self.email,
            "links": [
                {
                    "organisation": link.organisation,
                    "roles": [{"role": role} for role in link.roles],
                }
                for link in self.links
            ],
        }


_PRACTICE = {
    "Service Management": ("SERVICE_MANAGEMENT", "ACHIEVEMENT_ENTRY"),
    "Declaration Management": ("DECLARATION_MANAGEMENT", "FINANCE_VIEW"),
    "Supervisor": ("SUPERVISOR",),
}
_PCN = {
    "Declaration Management": ("DECLARATION_MANAGEMENT", "FINANCE_VIEW"),
    "PCN View": ("PCN_VIEW",),
    "PCN Management": ("PCN_MANAGEMENT",),
}
_SUB_ICB = {
    "Commissioning Management": ("COMMISSIONING_MANAGEMENT",),
    "Approval Management": ("APPROVAL_MANAGEMENT",),
    "Finance Management": ("FINANCE_MANAGEMENT", "FINANCE_VIEW"),
    "View": ("VIEW",),
}
_ICB = {
    "Commissioning Management": ("COMMISSIONING_MANAGEMENT",),
    "Approval Management": ("APPROVAL_MANAGEMENT",),
    "Second Approval Management": ("APPROVAL_MANAGEMENT",),
    "Finance Management": ("FINANCE_MANAGEMENT", "FINANCE_VIEW"),
    "Supervisor": ("SUPERVISOR",),
    "Organisation Administrator": ("ORGANISATION_ADMINISTRATOR",),
    "Advanced User Administrator": ("ADVANCED_USER_ADMINISTRATOR",),
    "Finance View": ("FINANCE_VIEW",),
    "View": ("VIEW",),
}


def people(roster: Roster) -> Iterator[Person]:
    """For every organisation of the roster: commissioners first, then PCNs, then practices."""
    for icb in roster.icbs:
        yield from _at(icb, _ICB)
    for sub_icb in roster.sub_icbs:
        yield from _at(sub_icb, _SUB_ICB)
    for pcn in roster.pcns:
        yield from _at(pcn, _PCN)
    leads = {members[0]: pcn for pcn, members in roster.pcns.items()}
    for practice in roster.practices:
        for person in _at(practice, _PRACTICE):
            yield _also_at(person, leads.get(practice))


def person(title: str, organisation: str, roles: Sequence[str]) -> Person:
    subject = f"{title} {organisation}".lower().replace(" ", "-")
    address = f"{title.lower().replace(' ', '-')}.{organisation.lower()}@cqrs.example"
    return Person(subject, f"{title} {organisation}", address, (Link(organisation, roles),))


def _at(organisation: str, titles: Mapping[str, Sequence[str]]) -> Iterator[Person]:
    for title, roles in titles.items():
        yield person(title, organisation, roles)


def _also_at(person: Person, pcn: str | None) -> Person:
    """Who declares for the first member of a PCN declares for the PCN too: two organisations."""
    if pcn is None or not person.name.startswith("Declaration Management"):
        return person
    return replace(person, links=(*person.links, Link(pcn, ("DECLARATION_MANAGEMENT",))))
