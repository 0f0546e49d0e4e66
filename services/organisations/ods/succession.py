"""Who took over from whom: read off the hierarchy, which does not say so itself.

A commissioner succeeds another when every part of the old one passes to it on the same day (42 ICBs
became 36 on 1 April 2026, DOMAIN 4.2).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from services.organisations.directory.domain import Organisation, Status
from services.organisations.network.domain import Span

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Succession:
    predecessor: str
    successor: str
    since: date
    begins: bool
    """Whether the successor had no part before that day."""

    @property
    def last_day(self) -> date:
        """The predecessor's."""
        return self.since - _DAY

    def closing(self, predecessor: Organisation, today: date) -> Organisation:
        status = Status.CLOSED if self.since <= today else predecessor.status
        return replace(predecessor, status=status, closed_on=self.last_day)


def successions(parts: Mapping[str, Sequence[Span]]) -> Iterator[Succession]:
    """From each part's history of belonging, in order, who succeeded whom."""
    last_heirs: dict[str, tuple[date, set[tuple[str, date] | None]]] = {}
    first_days: dict[str, date] = {}
    for history in parts.values():
        for place, span in enumerate(history):
            first_day = min(span.valid_from, first_days.get(span.target, date.max))
            first_days[span.target] = first_day
            last_day, heirs = last_heirs.get(span.target, (date.min, set()))
            if span.end > last_day:
                last_day, heirs = span.end, set()
            if span.end == last_day:
                heirs = heirs | {_heir(span, history[place + 1 :])}
            last_heirs[span.target] = last_day, heirs
    for predecessor, (_, heirs) in sorted(last_heirs.items()):
        heir = heirs.pop() if len(heirs) == 1 else None
        if heir:
            successor, since = heir
            yield Succession(predecessor, successor, since, first_days[successor] == since)


def _heir(span: Span, later: Sequence[Span]) -> tuple[str, date] | None:
    """To whom the part passed on the day after, if to anyone."""
    if later and span.valid_to and later[0].valid_from == span.valid_to + _DAY:
        return later[0].target, later[0].valid_from
    return None
