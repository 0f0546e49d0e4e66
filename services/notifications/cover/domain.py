"""A colleague who receives somebody's tasks for a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from chassis.errors import DomainError
from nhs.roles import Role
from services.notifications.messages.domain import ROLES_WITH_TASKS

NOT_FOUND: Final = "COVER_NOT_FOUND"

HeldRoles = Mapping[Role, frozenset[str] | None]
"""By role the payment types it holds for; None for all of them."""


class Change(StrEnum):
    NAMED = "NAMED"
    ENDED = "ENDED"


class State(StrEnum):
    COMING = "COMING"
    IN_FORCE = "IN_FORCE"
    OVER = "OVER"
    ENDED = "ENDED"
    """Before its time, by one of the two."""


@dataclass(frozen=True, slots=True)
class Cover:
    id: UUID
    organisation: str
    person: UUID
    colleague: UUID
    starts_on: date
    ends_on: date
    ended: bool = False

    def state(self, today: date) -> State:
        if self.ended:
            return State.ENDED
        if today < self.starts_on:
            return State.COMING
        return State.IN_FORCE if today <= self.ends_on else State.OVER

    def check(self, today: date) -> None:
        """Refuse what is no cover, whatever others there are."""
        if self.person == self.colleague:
            message = "Nobody covers for themselves: name a colleague."
            raise DomainError("COVER_BY_ONESELF", message, field="colleague")
        if self.ends_on < self.starts_on:
            message = f"It would end on {self.ends_on}, before it begins on {self.starts_on}."
            raise DomainError("DATES_OUT_OF_ORDER", message, field="to")
        if self.starts_on < today:
            message = f"It would begin on {self.starts_on}; today is {today}."
            raise DomainError("DATE_PASSED", message, field="from", today=today.isoformat())

    def check_beside(self, others: Iterable["Cover"]) -> None:
        """Refuse what clashes with covers of the two people at the organisation that stand."""
        for other in others:
            if other.starts_on <= self.ends_on and self.starts_on <= other.ends_on:
                self._check_beside(other)

    def _check_beside(self, other: "Cover") -> None:
        days = {"starts_on": other.starts_on.isoformat(), "ends_on": other.ends_on.isoformat()}
        if other.person == self.person:
            message = f"A colleague covers from {other.starts_on} to {other.ends_on} already."
            raise DomainError("COVER_OVERLAPS", message, field="from", **days)
        if other.person == self.colleague:
            message = "That colleague is covered themselves then."
            raise DomainError("COVER_CHAIN", message, field="colleague", **days)
        if other.colleague == self.person:
            message = "You cover for somebody then, and cannot be covered yourself."
            raise DomainError("COVER_CHAIN", message, field="from", **days)

    def check_ending(self, by: UUID, today: date) -> None:
        if by not in (self.person, self.colleague):
            raise DomainError(NOT_FOUND, "There is no such cover of yours.", field="id")
        state = self.state(today)
        if state in (State.OVER, State.ENDED):
            raise DomainError("COVER_ENDED", "It has ended already.", field="id", state=state.value)


def check_same_role(of: HeldRoles, colleague: HeldRoles) -> None:
    """Refuse a colleague who could do none of the tasks."""
    if not any(
        role in colleague and _share(of[role], colleague[role])
        for role in of.keys() & ROLES_WITH_TASKS
    ):
        message = "That colleague holds no role of yours that is given tasks."
        raise DomainError(
            "SAME_ROLE_REQUIRED",
            message,
            field="colleague",
            roles=sorted(role.value for role in of.keys() & ROLES_WITH_TASKS),
        )


def _share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or other is None or bool(one & other)
