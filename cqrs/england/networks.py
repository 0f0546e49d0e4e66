"""PCNs and their members today: the end that history is drawn back from."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from random import Random

from cqrs.england import words
from cqrs.england.codes import Codes
from cqrs.england.hierarchy import DEFAULT_ICB, Hierarchy
from cqrs.england.land import Pcn
from cqrs.england.seeded import stream

FIRST_DAY = date(2019, 10, 1)
"""ODS dates the first networks from here."""
UNALLOCATED = 78
SPANNING = 9
# PCNs by number of practices: DOMAIN.md 4.4 gives 1,275, mean 4.87, median 4, at most 31,
# 72 of one practice; between those a shape that keeps the mean.
_SIZES = {
    1: 72, 2: 116, 3: 234, 4: 246, 5: 200, 6: 155, 7: 90, 8: 56, 9: 32, 10: 30, 11: 18, 12: 7,
    13: 3, 14: 3, 16: 3, 17: 2, 18: 2, 19: 2, 21: 2, 29: 1, 31: 1,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """A practice's place in the network: its commissioner and its PCN, if it has one."""

    practice: str
    sub_icb: str
    pcn: str | None


@dataclass(frozen=True)
class Networks:
    pcns: list[Pcn]
    places: list[Place]


def practices_in_all() -> int:
    return sum(size * number for size, number in _SIZES.items()) + UNALLOCATED


def build(seed: int, hierarchy: Hierarchy, codes: Codes) -> Networks:
    rng = stream(seed, "networks")
    area = {each.code: number for number, each in enumerate(hierarchy.icbs)}
    icb = {each.code: each.icb for each in hierarchy.sub_icbs}
    dealt = list(_deal(rng, hierarchy.wanted))
    pcns = [new_pcn(rng, codes, sub, area[icb[sub]], FIRST_DAY) for sub, _ in dealt]
    spans = _spanning(rng, [(sub, size) for sub, size in dealt], icb)
    places = [
        Place(codes.practice(hierarchy.letters[sub]), _other(rng, sub, icb, last=last), pcn.code)
        for number, (pcn, (sub, size)) in enumerate(zip(pcns, dealt, strict=True))
        for last in [False] * (size - 1) + [number in spans]
    ]
    alone = rng.choices(list(hierarchy.wanted), list(hierarchy.wanted.values()), k=UNALLOCATED)
    places += [Place(codes.practice(hierarchy.letters[sub]), sub, None) for sub in alone]
    return Networks(pcns, places)


def new_pcn(rng: Random, codes: Codes, sub: str, area: int, opened: date) -> Pcn:
    name = words.pcn_name(rng)
    return Pcn(codes.pcn(), name, sub, opened, None, words.address(rng, name, area))


def _deal(rng: Random, wanted: dict[str, int]) -> Iterator[tuple[str, int]]:
    """Deals every PCN to a sub-ICB that still wants as many practices, the large ones first.

    A very large one goes where it is at most a third of the whole.
    """
    left = Counter(wanted)
    for size in sorted((s for s, n in _SIZES.items() for _ in range(n)), reverse=True):

        def fits(sub: str, size: int = size) -> bool:
            return size <= left[sub] and size <= max(12, wanted[sub] / 3)

        room = {sub: short - size + 1 for sub, short in left.items() if fits(sub)}
        room = room or dict([max(left.items(), key=lambda item: item[1] / wanted[item[0]])])
        (sub,) = rng.choices(list(room), [max(1, short) for short in room.values()])
        left[sub] -= size
        yield sub, size


def _spanning(rng: Random, dealt: list[tuple[str, int]], icb: dict[str, str]) -> set[int]:
    """The PCNs of which one member is commissioned by another sub-ICB of the same ICB."""
    subs = Counter(icb.values())
    fit = [n for n, (sub, size) in enumerate(dealt) if size >= 3 and subs[icb[sub]] > 1]
    here = [number for number in fit if icb[dealt[number][0]] == DEFAULT_ICB]
    return {rng.choice(here), *rng.sample(fit, SPANNING - 1)}


def _other(rng: Random, sub: str, icb: dict[str, str], *, last: bool) -> str:
    if not last:
        return sub
    return rng.choice([each for each in icb if icb[each] == icb[sub] and each != sub])
