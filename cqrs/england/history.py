"""How practices and networks came to stand as they do: moves, openings, closures.

Yearly numbers follow DOMAIN.md 4.4 to 2022/23 and go on like its last years. History is drawn
backwards from today's members, so that today's proportions hold whatever the past was.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from cqrs.england.codes import Codes
from cqrs.england.hierarchy import DEFAULT_ICB, Hierarchy
from cqrs.england.land import Membership, Pcn
from cqrs.england.networks import FIRST_DAY, Networks, Place, new_pcn
from cqrs.england.seeded import stream

LAST_YEAR = 2025
SHOWN = 2
"""Practices of the default ICB that close, and that move, in the year the demonstration plays."""
NHS_PRACTICES_OPENED = date(1974, 4, 1)
# By financial year (its first April).
MOVES = {2019: 60, 2020: 300, 2021: 200, 2022: 119, 2023: 110, 2024: 100, 2025: 93}
CLOSED = {
    2013: 120, 2014: 160, 2015: 170, 2016: 180, 2017: 190, 2018: 190, 2019: 157, 2020: 111,
    2021: 100, 2022: 115, 2023: 110, 2024: 105, 2025: 75,
}  # fmt: skip
OPENED = {2019: 8, 2020: 10, 2021: 8, 2022: 4, 2023: 5, 2024: 5, 2025: 4}
NEW_PCNS = {2020: 30, 2021: 15, 2022: 19, 2023: 8, 2024: 7, 2025: 6}
"""Each takes over, on its first day, all members of one that closes the day before."""


@dataclass(frozen=True)
class History:
    pcns: list[Pcn]
    places: list[Place]
    opened: dict[str, date]
    closed: dict[str, date]
    memberships: list[Membership]


class _Draw:
    """What is known so far while history is drawn."""

    def __init__(self, seed: int, hierarchy: Hierarchy, networks: Networks, codes: Codes) -> None:
        self.rng = stream(seed, "history")
        self.codes = codes
        self.letters = hierarchy.letters
        self.icb = {each.code: each.icb for each in hierarchy.sub_icbs}
        self.area = {each.code: number for number, each in enumerate(hierarchy.icbs)}
        self.pcn = {each.code: each for each in networks.pcns}
        self.places = {each.practice: each for each in networks.places}
        self.opened: dict[str, date] = {}
        self.closed: dict[str, date] = {}
        self.chains: dict[str, list[Membership]] = {
            each.practice: [Membership(each.practice, each.pcn, FIRST_DAY, None)]
            for each in networks.places
            if each.pcn
        }

    def history(self) -> History:
        chains = (each for code in sorted(self.chains) for each in self.chains[code])
        return History(
            list(self.pcn.values()),
            list(self.places.values()),
            self.opened,
            self.closed,
            list(chains),
        )


def build(seed: int, hierarchy: Hierarchy, networks: Networks, codes: Codes) -> History:
    draw = _Draw(seed, hierarchy, networks, codes)
    _close_practices(draw)
    _open_practices(draw)
    moved = _replace_pcns(draw)
    _move_practices(draw, moved)
    _overlap(draw)
    return draw.history()


def _close_practices(draw: _Draw) -> None:
    today = [each for each in draw.places.values() if each.pcn]
    here = [each for each in today if draw.icb[each.sub_icb] == DEFAULT_ICB]
    for year, number in CLOSED.items():
        shown = draw.rng.sample(here, SHOWN) if year == LAST_YEAR else []
        for model in shown + draw.rng.choices(today, k=number - len(shown)):
            code = draw.codes.practice(draw.letters[model.sub_icb])
            draw.closed[code] = _last_day(draw.rng, year)
            member = draw.closed[code] > FIRST_DAY and draw.rng.random() > 0.01
            draw.places[code] = replace(model, practice=code, pcn=model.pcn if member else None)
            if member and model.pcn:
                end = draw.closed[code]
                draw.chains[code] = [Membership(code, model.pcn, FIRST_DAY, end)]


def _open_practices(draw: _Draw) -> None:
    """A few of today's practices are new: they have a recent code, and join on opening."""
    sizes = _sizes(draw)
    fit = [code for code, each in draw.places.items() if each.pcn and sizes[each.pcn] > 1]
    new = draw.rng.sample([code for code in fit if code not in draw.closed], sum(OPENED.values()))
    days = [_first_day(draw.rng, year) for year, number in OPENED.items() for _ in range(number)]
    for old, day in zip(new, days, strict=True):
        code = draw.codes.recent_practice()
        draw.places[code] = replace(draw.places.pop(old), practice=code)
        (only,) = draw.chains.pop(old)
        draw.opened[code] = day
        draw.chains[code] = [replace(only, practice=code, start=day)]


def _replace_pcns(draw: _Draw) -> dict[int, int]:
    """The year's new PCNs, each with the members of one that closed; answers moves by year."""
    moved: dict[int, int] = defaultdict(int)
    members = _members(draw)
    fit = [code for code in draw.pcn if not any(each in draw.opened for each in members[code])]
    chosen = draw.rng.sample(fit, sum(NEW_PCNS.values()))
    years = [year for year, number in NEW_PCNS.items() for _ in range(number)]
    for code, year in zip(chosen, years, strict=True):
        day = _first_day(draw.rng, year)
        sub = draw.pcn[code].sub_icb
        old = new_pcn(draw.rng, draw.codes, sub, draw.area[draw.icb[sub]], FIRST_DAY)
        draw.pcn[old.code] = replace(old, closed=day - timedelta(1))
        draw.pcn[code] = replace(draw.pcn[code], opened=day)
        for practice in members[code]:
            moved[year] += _hand_over(draw, practice, old.code, day)
    return moved


def _hand_over(draw: _Draw, practice: str, old: str, day: date) -> bool:
    """Whether the practice lived to see its new PCN."""
    (only,) = draw.chains[practice]
    if only.end and only.end < day:
        draw.chains[practice] = [replace(only, pcn=old)]
        return False
    before = replace(only, pcn=old, end=day - timedelta(1))
    draw.chains[practice] = [before, replace(only, start=day)]
    return True


def _move_practices(draw: _Draw, moved: dict[int, int]) -> None:
    """Practices that changed PCN on their own, until each year has its number of moves."""
    steady = [code for code, each in draw.pcn.items() if each.opened == FIRST_DAY]
    steady = [code for code in steady if draw.pcn[code].closed is None]
    near = _near(draw, steady)
    movers = _movers(draw, set(steady))
    here = [each for each in movers if draw.icb[draw.places[each].sub_icb] == DEFAULT_ICB]
    for year, number in reversed(MOVES.items()):
        shown = draw.rng.sample(here, SHOWN) if year == LAST_YEAR else []
        others = draw.rng.sample(movers, max(0, number - moved[year] - len(shown)))
        for practice in shown + [each for each in others if each not in shown]:
            _move(draw, practice, near, _first_day(draw.rng, year))


def _movers(draw: _Draw, steady: set[str]) -> list[str]:
    sizes = _sizes(draw)
    return [
        code
        for code, chain in draw.chains.items()
        if code not in draw.opened
        and code not in draw.closed
        and chain[-1].pcn in steady
        and sizes[chain[-1].pcn] > 1
    ]


def _move(draw: _Draw, practice: str, near: dict[str, list[str]], day: date) -> None:
    """Puts an earlier membership before the first: one in twenty leaves a gap between."""
    first, *later = draw.chains[practice]
    if first.end and first.end <= day + timedelta(31):
        return
    gap = 28 * draw.rng.randint(1, 6) if draw.rng.random() < 0.05 else 0
    end = max(FIRST_DAY, day - timedelta(1 + gap))
    before = Membership(practice, draw.rng.choice(near[first.pcn]), FIRST_DAY, end)
    draw.chains[practice] = [before, replace(first, start=day), *later]


def _near(draw: _Draw, steady: Iterable[str]) -> dict[str, list[str]]:
    """For each PCN those a member may have come from: the same sub-ICB, or the same ICB."""
    by_sub: dict[str, list[str]] = defaultdict(list)
    by_icb: dict[str, list[str]] = defaultdict(list)
    for code in steady:
        by_sub[draw.pcn[code].sub_icb].append(code)
        by_icb[draw.icb[draw.pcn[code].sub_icb]].append(code)
    return {
        code: [each for each in by_sub[draw.pcn[code].sub_icb] if each != code]
        or [each for each in by_icb[draw.icb[draw.pcn[code].sub_icb]] if each != code]
        for each_list in by_sub.values()
        for code in each_list
    }


def _overlap(draw: _Draw) -> None:
    """One practice whose last day in a PCN is its first in the next, as in the real file."""
    for code in sorted(draw.chains):
        chain = draw.chains[code]
        here = draw.icb[draw.places[code].sub_icb] == DEFAULT_ICB
        steady = all(draw.pcn[each.pcn].closed is None for each in chain)
        if here and steady and len(chain) == 2 and chain[0].end == chain[1].start - timedelta(1):
            draw.chains[code] = [replace(chain[0], end=chain[1].start), chain[1]]
            return


def _members(draw: _Draw) -> dict[str, list[str]]:
    members: dict[str, list[str]] = {code: [] for code in draw.pcn}
    for practice, chain in draw.chains.items():
        members[chain[-1].pcn].append(practice)
    return members


def _sizes(draw: _Draw) -> dict[str, int]:
    return {code: len(members) for code, members in _members(draw).items()}


def _first_day(rng: Random, year: int) -> date:
    """Three in five changes fall on 1 April, most others on the first of a month."""
    if year > 2019 and rng.random() < 0.6:
        return date(year, 4, 1)
    month = rng.randint(11, 15) if year == 2019 else rng.randint(5, 12 if year == 2025 else 15)
    day = rng.randint(2, 28) if rng.random() < 0.1 else 1
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, day)


def _last_day(rng: Random, year: int) -> date:
    """Practices close at the end of a month, most often of March."""
    if year < 2025 and rng.random() < 0.3:
        return date(year + 1, 3, 31)
    month = rng.randint(5, 13 if year == 2025 else 15)
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1) - timedelta(1)
