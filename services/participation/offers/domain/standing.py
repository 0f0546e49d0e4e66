"""What ODS says of a provider, as far as it bears on taking part."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class TakesPartUntil:
    """The last day on which a provider can take part, and the code that says why."""

    day: date
    code: str


@dataclass(frozen=True, slots=True)
class Standing:
    closed_on: date | None
    last_member_on: date | None
    """The end of its last membership of a PCN, `date.max` while it lasts; None if it has none."""

    def takes_part_until(self, *, requires_pcn: bool) -> TakesPartUntil | None:
        """None while it goes on. A gap between two memberships is let pass."""
        ends = []
        if self.closed_on:
            ends.append(TakesPartUntil(self.closed_on, "PROVIDER_CLOSED"))
        if requires_pcn and self.last_member_on not in (None, date.max):
            ends.append(TakesPartUntil(self.last_member_on, "NOT_IN_A_PCN"))
        return min(ends, key=lambda end: end.day, default=None)

    def may_accept_until(self, *, requires_pcn: bool) -> TakesPartUntil | None:
        """Likewise; who is in no PCN, and never was, may not begin to take part."""
        if self.lacks_a_pcn(requires_pcn=requires_pcn):
            return TakesPartUntil(date.min, "NOT_IN_A_PCN")
        return self.takes_part_until(requires_pcn=requires_pcn)

    def lacks_a_pcn(self, *, requires_pcn: bool) -> bool:
        """Whether one is required and none was ever had: what had ended then does not resume."""
        return requires_pcn and self.last_member_on is None
