"""Regions, ICBs, sub-ICBs, and how many practices each is to have.

Proportions: DOMAIN.md 1.5 and 4.4 (7 regions, 42 ICBs, 106 sub-ICBs in 2023/24). The codes are
invented, keep the patterns of ODS, and are the same for every seed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count
from random import Random
from statistics import NormalDist
from typing import NamedTuple

from cqrs.england import words
from cqrs.england.land import Icb, Merger, Region, SubIcb
from cqrs.england.seeded import stream

DEFAULT_ICB = "QC3"
"""About 150 practices under four sub-ICBs; outside the mergers of 1 April 2026."""
DEFAULT_PRACTICES = 150
MERGED_ON = date(2026, 4, 1)


class _RegionPlan(NamedTuple):
    code: str
    name: str
    letter: str
    icbs: int
    practice_letters: str


_REGIONS = (
    _RegionPlan("Y71", "Northern Fells", "A", 4, "AB"),
    _RegionPlan("Y72", "Western Shores", "B", 3, "NP"),
    _RegionPlan("Y73", "Midland Vales", "C", 11, "CKM"),
    _RegionPlan("Y74", "Eastern Levels", "D", 6, "DF"),
    _RegionPlan("Y75", "Capital Wards", "I", 5, "EG"),
    _RegionPlan("Y76", "Southern Downs", "Q", 6, "HJ"),
    _RegionPlan("Y77", "Western Combes", "Z", 7, "L"),
)
# Sub-ICBs of an ICB: 26 have one, the others two to ten (counted from the mapping of 2023/24).
_SUBS = (10, 9, 8, 8, 6, 6, 5, 5, 4, 3, 3, 3, 3, 3, 2, 2) + (1,) * 26
# The new ICB and the two it is made of.
_MERGED = (
    ("QAM", "QA1", "QA2"),
    ("QCM", "QC1", "QC2"),
    ("QCN", "QC8", "QC9"),
    ("QDM", "QD1", "QD2"),
    ("QQM", "QQ1", "QQ2"),
    ("QZM", "QZ1", "QZ2"),
)


@dataclass(frozen=True)
class Hierarchy:
    regions: tuple[Region, ...]
    icbs: tuple[Icb, ...]
    sub_icbs: tuple[SubIcb, ...]
    mergers: tuple[Merger, ...]
    wanted: dict[str, int]
    """Practices each sub-ICB is to have."""
    letters: dict[str, str]
    """First letters of practice codes by sub-ICB."""


def build(seed: int, practices: int) -> Hierarchy:
    rng = stream(seed, "hierarchy")
    icbs = _icbs(rng)
    sizes = _sizes(rng, icbs, practices)
    subs = tuple(_sub_icbs(icbs, _shares(rng, sizes)))
    region_letters = {plan.code: plan.practice_letters for plan in _REGIONS}
    region = {each.code: each.region for each in icbs}
    return Hierarchy(
        regions=tuple(
            Region(plan.code, f"E4090000{number}", plan.name)
            for number, plan in enumerate(_REGIONS, 1)
        ),
        icbs=icbs,
        sub_icbs=subs,
        mergers=tuple(_mergers(rng, icbs)),
        wanted=_wanted(rng, subs, sizes),
        letters={each.code: region_letters[region[each.icb]] for each in subs},
    )


def _icbs(rng: Random) -> tuple[Icb, ...]:
    numbers = count(1)
    return tuple(
        Icb(_code(plan, index), f"E5490{next(numbers):04d}", words.icb_name(rng), plan.code)
        for plan in _REGIONS
        for index in range(1, plan.icbs + 1)
    )


def _code(plan: _RegionPlan, index: int) -> str:
    return f"Q{plan.letter}{'123456789AB'[index - 1]}"


def _sizes(rng: Random, icbs: Sequence[Icb], practices: int) -> dict[str, float]:
    """Practices by ICB: about 50 in the smallest, 400 in the largest, half below 134."""
    others = [each.code for each in icbs if each.code != DEFAULT_ICB]
    shape = NormalDist(0, 0.55)
    raw = [2.718281828 ** shape.inv_cdf((i + 0.5) / len(others)) for i in range(len(others))]
    rng.shuffle(raw)
    scale = (practices - DEFAULT_PRACTICES) / sum(raw)
    return {DEFAULT_ICB: DEFAULT_PRACTICES} | {
        code: size * scale for code, size in zip(others, raw, strict=True)
    }


def _shares(rng: Random, sizes: dict[str, float]) -> dict[str, int]:
    """Sub-ICBs by ICB; only a large ICB has many."""
    shares = {DEFAULT_ICB: 4}
    counts = list(_SUBS)
    counts.remove(4)
    for number in counts:
        left = [code for code in sizes if code not in shares]
        large = [code for code in left if sizes[code] >= 13 * number]
        shares[rng.choice(large or left)] = number
    return shares


def _sub_icbs(icbs: Sequence[Icb], shares: dict[str, int]) -> list[SubIcb]:
    owners = [icb.code for icb in icbs for _ in range(shares[icb.code])]
    return [
        SubIcb(_sub_code(number, alone=shares[icb] == 1), f"E389{number:05d}", icb)
        for number, icb in enumerate(owners, 1)
    ]


def _sub_code(number: int, *, alone: bool) -> str:
    """Two patterns: 99A, and A9A9A for some of the larger, merged ones."""
    letter = "ABCDEFGHJKLMNPQRSTUVWXYZ"[number % 24]
    if alone and number % 3 == 0:
        return f"Z{number % 10}{letter}{number // 20}Z"
    return f"{10 + number % 90}{letter}"


def _wanted(rng: Random, subs: Sequence[SubIcb], sizes: dict[str, float]) -> dict[str, int]:
    weights = {each.code: rng.uniform(0.6, 1.8) for each in subs}
    totals: dict[str, float] = {}
    for each in subs:
        totals[each.icb] = totals.get(each.icb, 0) + weights[each.code]
    return {
        each.code: max(8, round(sizes[each.icb] * weights[each.code] / totals[each.icb]))
        for each in subs
    }


def _mergers(rng: Random, icbs: Sequence[Icb]) -> list[Merger]:
    """Twelve ICBs become six, so that 42 become 36 (DOMAIN.md 4.2)."""
    region = {each.code: each.region for each in icbs}
    return [
        Merger(
            MERGED_ON,
            Icb(code, f"E5490{500 + number}", words.icb_name(rng), region[one]),
            (one, other),
        )
        for number, (code, one, other) in enumerate(_MERGED, 1)
    ]
