"""What somebody may see of the catalogue beyond what is published."""

from dataclasses import dataclass
from datetime import date

from nhs.directory import Principal
from nhs.roles import OrganisationKind, Role


@dataclass(frozen=True, slots=True)
class Sight:
    """Through whose eyes the catalogue is seen: $1 to $3 of every statement that reads it."""

    manages_for: str | None
    """The organisation whose Catalogue Manager looks; None for everybody else."""
    everything: bool
    today: date

    def arguments(self) -> tuple[object, ...]:
        return (self.manages_for, self.everything, self.today)


def sight_of(principal: Principal) -> Sight:
    """Catalogue Managers see the drafts of their own organisation, England's all of them."""
    manages = principal.holds(Role.CATALOGUE_MANAGER)
    national = principal.organisation_kind is OrganisationKind.NATION
    return Sight(
        manages_for=principal.organisation if manages else None,
        everything=manages and national,
        today=principal.today,
    )
