"""What is compared after a storm, and each thing that differs by its name."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cqrs.storm.topics import Told

Step = tuple[str, int]
"""An aggregate, and which of its steps."""


@dataclass
class Findings:
    """Each a list of what is wrong, by name; all empty if nothing is."""

    events: int = 0
    again: int = 0
    """Delivered more than once, which readers must bear: no fault."""
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    reordered: list[str] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not (self.lost or self.doubled or self.reordered)

    def acknowledged(self, command: str, ids: Iterable[str], there: Counter[str]) -> None:
        """Whatever was answered as done is there, as often as it was answered."""
        self.lost += [
            f"{command} {one}" for one, times in Counter(ids).items() if there[one] < times
        ]

    def steps(self, noun: str, rows: Collection[Step], events: Sequence[tuple[Step, Told]]) -> None:
        """Each step of the rows is one event, and there is no event without its row."""
        told, kept = self._in_order(noun, events), set(rows)
        by_step = Counter(step for step, _ in {(step, one.id) for step, one in events})
        self.doubled += [
            f"{ids} events of {noun} {key}, {step}"
            for (key, step), ids in by_step.items()
            if ids > 1
        ]
        self.lost += [f"event of {noun} {key}, {step}" for key, step in sorted(kept - told)]
        self.lost += [f"row of {noun} {key}, {step}" for key, step in sorted(told - kept)]

    def newest(
        self, noun: str, rows: Mapping[str, int], events: Sequence[tuple[Step, Told]]
    ) -> None:
        """The last event of each is of the version the row has.

        Older ones may be compacted, and each may have been republished.
        """
        last = dict(sorted(self._in_order(noun, events)))
        self.lost += [
            f"{noun} {key}: the row is of version {rows.get(key)}, the event of {last.get(key)}"
            for key in sorted(rows.keys() | last.keys())
            if rows.get(key) != last.get(key)
        ]

    def _in_order(self, noun: str, events: Sequence[tuple[Step, Told]]) -> set[Step]:
        """The steps that were told; an aggregate's events came in the order of its steps."""
        order: dict[str, list[int]] = defaultdict(list)
        seen: set[str] = set()
        for step, one in sorted(events, key=lambda pair: pair[1].place):
            if one.id not in seen:
                order[step[0]].append(step[1])
            seen.add(one.id)
        self.events += len(seen)
        self.again += len(events) - len(seen)
        self.reordered += [
            f"{noun} {key}: {steps}" for key, steps in order.items() if steps != sorted(steps)
        ]
        return {step for step, _ in events}

    def heard(
        self, noun: str, reader: str, owned: Mapping[str, int], heard: Mapping[str, int]
    ) -> None:
        """A reader has each thing in the version its owner has, and nothing else."""
        self.lost += [
            f"{noun} {key} in {reader}: version {heard.get(key)} of {version}"
            for key, version in sorted(owned.items())
            if heard.get(key) != version
        ]
        self.doubled += [f"{noun} {key} in {reader} alone" for key in heard.keys() - owned.keys()]

    def ledger(self, rows: Collection[str], entries: Collection[str]) -> None:
        """Entries by id: ours, and those a finance system has."""
        ours, theirs = set(rows), set(entries)
        self.lost += [f"ledger entry {one} on the topic" for one in sorted(ours - theirs)]
        self.lost += [f"ledger entry {one} in the rows" for one in sorted(theirs - ours)]

    def told(self, events: Iterable[Told], raised: Collection[str]) -> None:
        """Somebody was told of each of these events."""
        ids = set(raised)
        missing = {one.id: f"message of {one.type} {one.id}" for one in events if one.id not in ids}
        self.lost += missing.values()
