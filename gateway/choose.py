"""Which way to take to each leaf, so that the whole costs least.

Leaves with the same parents are decided together. Greedy first, those with the fewest ways first;
then branch and bound from that, for a bounded number of steps.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.candidates import Leaf, Node, total_cost

MOST_STEPS = 2_000

Way: TypeAlias = frozenset[Node]
"""All nodes that come with one choice for a group of leaves."""


def choose(leaves: Iterable[Leaf]) -> frozenset[Node]:
    """Answer the nodes of the cheapest plan found."""
    groups = sorted(_groups(leaves), key=len)
    certain: frozenset[Node] = frozenset().union(*(ways[0] for ways in groups if len(ways) == 1))
    open_groups = [ways for ways in groups if len(ways) > 1]
    search = _Search(open_groups, _greedy(open_groups, certain))
    search.run(0, certain, total_cost(certain))
    return search.best


def _groups(leaves: Iterable[Leaf]) -> list[list[Way]]:
    """The ways of each group: one for each set of parents its leaves may have."""
    groups: dict[tuple[int, ...], dict[int, set[Node]]] = {}
    for leaf in leaves:
        parents = tuple(sorted({node.up.id for node in leaf if node.up}))
        ways = groups.setdefault(parents, {})
        for node in leaf:
            if node.up:
                ways.setdefault(node.up.id, set()).update(node.closure)
    return [[frozenset(way) for way in ways.values()] for ways in groups.values()]


def _greedy(groups: list[list[Way]], have: frozenset[Node]) -> frozenset[Node]:
    for ways in groups:
        have |= min(ways, key=lambda way: total_cost(way - have))
    return have


@dataclass
class _Search:
    groups: list[list[Way]]
    best: frozenset[Node]
    steps: int = 0
    cost: int = field(init=False)

    def __post_init__(self) -> None:
        self.cost = total_cost(self.best)

    def run(self, index: int, have: frozenset[Node], cost: int) -> None:
        """Decide the groups from `index` on; whatever cannot beat the best is not followed."""
        if cost >= self.cost or self.steps > MOST_STEPS:
            return
        if index == len(self.groups):
            self.best, self.cost = have, cost
            return
        self.steps += 1
        ways = sorted(self.groups[index], key=lambda way: total_cost(way - have))
        for way in ways:
            self.run(index + 1, have | way, cost + total_cost(way - have))
