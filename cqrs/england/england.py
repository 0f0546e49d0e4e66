"""The generated England, whole or one ICB of it, the same for the same seed."""

from collections.abc import Mapping
from datetime import date
from functools import cached_property
from random import Random

from cqrs.england import hierarchy, history, lists, networks, words
from cqrs.england.codes import Codes
from cqrs.england.hierarchy import DEFAULT_ICB, Hierarchy
from cqrs.england.history import NHS_PRACTICES_OPENED, History
from cqrs.england.land import Land, Practice
from cqrs.england.networks import Place
from cqrs.england.seeded import stream

SEED = 2025
GP_PRACTICE = "4"
_ELSEWHERE = 0.25
"""Other prescribing cost centres for each GP practice."""


class England:
    def __init__(self, seed: int = SEED) -> None:
        self.seed = seed

    @cached_property
    def whole(self) -> Land:
        return _build(self.seed)

    def icb(self, code: str = DEFAULT_ICB) -> Land:
        return self.whole.cut(code)


def _build(seed: int) -> Land:
    codes = Codes(stream(seed, "codes"))
    top = hierarchy.build(seed, networks.practices_in_all())
    past = history.build(seed, top, networks.build(seed, top, codes), codes)
    return Land(
        regions=top.regions,
        icbs=top.icbs,
        sub_icbs=top.sub_icbs,
        pcns=tuple(sorted(past.pcns, key=lambda each: each.code)),
        practices=_practices(seed, top, past),
        elsewhere=_elsewhere(seed, top, codes, len(past.places)),
        memberships=tuple(past.memberships),
        mergers=top.mergers,
    )


def _practices(seed: int, top: Hierarchy, past: History) -> tuple[Practice, ...]:
    rng = stream(seed, "practices")
    sizes = lists.build(seed, past)
    area = _areas(top)
    return tuple(
        _practice(rng, each, past, sizes[each.practice], area[each.sub_icb])
        for each in sorted(past.places, key=lambda each: each.practice)
    )


def _areas(top: Hierarchy) -> dict[str, int]:
    number = {each.code: number for number, each in enumerate(top.icbs)}
    return {each.code: number[each.icb] for each in top.sub_icbs}


def _practice(
    rng: Random, place: Place, past: History, sizes: Mapping[date, int], area: int
) -> Practice:
    name = words.practice_name(rng)
    closed = past.closed.get(place.practice)
    return Practice(
        code=place.practice,
        name=name,
        sub_icb=place.sub_icb,
        opened=past.opened.get(place.practice, NHS_PRACTICES_OPENED),
        closed=closed,
        status=_status(rng, closed),
        address=words.address(rng, name, area),
        phone=words.phone(rng),
        setting=GP_PRACTICE,
        lists=sizes,
    )


def _status(rng: Random, closed: date | None) -> str:
    """Of the practices that are gone ODS has a few as dormant."""
    if closed is None:
        return "A"
    return "D" if rng.random() < 0.08 else "C"


def _elsewhere(seed: int, top: Hierarchy, codes: Codes, practices: int) -> tuple[Practice, ...]:
    rng = stream(seed, "elsewhere")
    area = _areas(top)
    subs = rng.choices(list(top.wanted), list(top.wanted.values()), k=int(practices * _ELSEWHERE))
    return tuple(_clinic(rng, codes.recent_practice(), sub, area[sub]) for sub in sorted(subs))


def _clinic(rng: Random, code: str, sub: str, area: int) -> Practice:
    name = words.clinic_name(rng)
    return Practice(
        code=code,
        name=name,
        sub_icb=sub,
        opened=date(rng.randint(1998, 2024), rng.randint(1, 12), 1),
        closed=None,
        status=rng.choices("AD", (95, 5))[0],
        address=words.address(rng, name, area),
        phone=words.phone(rng),
        setting=rng.choices(("0", "9", "10", "2", "8"), (42, 26, 9, 5, 5))[0],
        lists={},
    )
