"""Practices' sign-up to a network's service beside their membership in ODS (DOMAIN 10.1)."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Difference(StrEnum):
    SIGNED_UP_NOT_IN_ODS = "SIGNED_UP_NOT_IN_ODS"
    IN_ODS_NOT_SIGNED_UP = "IN_ODS_NOT_SIGNED_UP"


@dataclass(frozen=True, slots=True)
class SignUp:
    practice: str
    practice_name: str
    network: str | None
    """The PCN that ODS has it in."""
    offer: UUID | None
    """The offer of the service by which it takes part."""

    @property
    def difference(self) -> Difference | None:
        if self.network is None:
            return Difference.SIGNED_UP_NOT_IN_ODS
        return Difference.IN_ODS_NOT_SIGNED_UP if self.offer is None else None
