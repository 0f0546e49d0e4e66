"""Who plays: a different person for each role, named by role and ODS code."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from cqrs.england.people import Person as Invented
from cqrs.england.people import people, person
from cqrs.england.roster import Roster
from cqrs.play.gateway import Gateway, Person
from cqrs.supervisor.first_people import ENGLAND

SERVICE = "Service Management"
DECLARATION = "Declaration Management"
COMMISSIONING = "Commissioning Management"
APPROVAL = "Approval Management"
FINANCE = "Finance Management"
FINANCE_VIEW = "Finance View"
SUPERVISOR = "Supervisor"


@dataclass
class Cast:
    gateway: Gateway
    _playing: dict[tuple[str, str], Person] = field(default_factory=dict)

    def __call__(self, title: str, organisation: str) -> Person:
        """Whoever has the title at the organisation."""
        found = self._playing.get((title, organisation))
        return found or self._playing.setdefault(
            (title, organisation),
            self.gateway.person(person(title, organisation, ()).subject, organisation),
        )

    def first(self, subject: str) -> Person:
        """One of the first people, who are at England."""
        return self.gateway.person(subject, ENGLAND)


def everybody(roster: Roster) -> Sequence[Invented]:
    """All who join by GraphQL; one of them sees the payments of all England."""
    return [person(FINANCE_VIEW, ENGLAND, ("FINANCE_VIEW",)), *everybody_at(roster)]


def everybody_at(roster: Roster) -> Sequence[Invented]:
    return list(people(roster))
