"""Achievement drawn for practices: synthetic, plausible, the same for the same seed.

Registers follow the published spread of prevalence (older practices have more of nearly all of
them), rates lie about the thresholds. Each practice draws from a stream of its own, so that its
values do not depend on which others take part.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import exp
from random import Random
from typing import NamedTuple

from cqrs.england.england import England
from cqrs.england.indicators import Indicator
from cqrs.england.roster import roster
from cqrs.england.seeded import stream

LISTS_ON = date(2026, 1, 1)
ACHIEVEMENT_DATE = date(2026, 3, 31)


class _Spread(NamedTuple):
    prevalence: float
    variation: float
    by_age: float = 0.8
    """How far the practice's share of old people explains it."""


# National prevalence and its variation between practices, after QOF 2020/21 and 2023/24.
_GROUPS = {
    "AF": _Spread(0.0214, 0.45),
    "AST": _Spread(0.065, 0.22, 0.2),
    "CHD": _Spread(0.0307, 0.36),
    "CHOL": _Spread(0.060, 0.35),
    "COPD": _Spread(0.019, 0.48, 0.6),
    "DEM": _Spread(0.0078, 0.55),
    "DM": _Spread(0.064, 0.29, 0.4),
    "HF": _Spread(0.010, 0.5),
    "HYP": _Spread(0.148, 0.26),
    "MH": _Spread(0.0095, 0.45, 0.0),
    "NDH": _Spread(0.079, 0.5, 0.4),
    "SMOK": _Spread(0.25, 0.15, 0.3),
    "STIA": _Spread(0.0188, 0.44),
}
_PARTS = {"HF_LVSD": ("HF", 0.56)}
"""Registers that are part of another: never larger than it."""
_ANY_GROUP = _Spread(0.02, 0.4)
# Eligible patients as a share of the register; of the whole list where there is no register.
_OF_REGISTER = {
    "AST012": 0.03, "CHD015": 0.6, "CHD016": 0.33, "DM006": 0.12, "DM014": 0.05, "DM020": 0.7,
    "DM021": 0.22, "DM034": 0.6, "DM035": 0.24, "DM036": 0.75, "HF008": 0.1, "HYP008": 0.74,
    "HYP009": 0.24, "STIA014": 0.55, "STIA015": 0.36,
}  # fmt: skip
_OF_LIST = {
    "BP002": 0.42, "CS005": 0.16, "CS006": 0.085, "SMOK004": 0.13, "VI001": 0.0105,
    "VI002": 0.0105, "VI003": 0.012, "VI004": 0.007,
}  # fmt: skip


class Value(NamedTuple):
    indicator: Indicator
    numerator: int
    denominator: int
    adjusted: int
    """Patients left out by personalised care adjustment: already out of the denominator."""
    register: int | None


@dataclass(frozen=True)
class _Character:
    """What a practice's values have in common."""

    rng: Random
    age: float
    quality: float


def values(seed: int, practice: str, patients: int, chosen: Sequence[Indicator]) -> Iterator[Value]:
    """One value for each indicator. Registers are drawn first, in an order of their own."""
    rng = stream(seed, "achievement", practice)
    character = _Character(rng, rng.gauss(0, 1), rng.gauss(0, 1))
    registers = _registers(character, patients)
    for each in chosen:
        register = _register(each.group, registers, patients) if each.group else None
        yield _value(character, each, patients, register)


def _registers(character: _Character, patients: int) -> dict[str, int]:
    registers = {
        group: round(patients * spread.prevalence * _factor(character, spread))
        for group, spread in _GROUPS.items()
    }
    for part, (whole, share) in _PARTS.items():
        registers[part] = round(registers[whole] * character.rng.uniform(share - 0.2, share + 0.2))
    return registers


def _factor(character: _Character, spread: _Spread) -> float:
    """Log-normal with mean 1."""
    own = (1 - spread.by_age**2) ** 0.5
    z = spread.by_age * character.age + own * character.rng.gauss(0, 1)
    return exp(spread.variation * z - spread.variation**2 / 2)


def _register(group: str, registers: Mapping[str, int], patients: int) -> int:
    return registers.get(group, round(patients * _ANY_GROUP.prevalence))


def _value(
    character: _Character, indicator: Indicator, patients: int, register: int | None
) -> Value:
    if register is None:
        eligible = round(patients * _OF_LIST.get(indicator.code, 0.05))
    else:
        eligible = round(register * _OF_REGISTER.get(indicator.code, 0.9))
    adjusted = round(eligible * character.rng.uniform(0.01, 0.1))
    denominator = eligible - adjusted
    numerator = round(denominator * _rate(character, indicator))
    return Value(indicator, numerator, denominator, adjusted, register)


def _rate(character: _Character, indicator: Indicator) -> float:
    """Mostly in the upper part between the thresholds; a few far below, many above."""
    width = indicator.upper - indicator.lower
    z = 0.6 * character.quality + 0.8 * character.rng.gauss(0, 1)
    rate = indicator.lower + width * (0.88 + 0.22 * z)
    if character.rng.random() < 0.03:
        rate *= 0.6
    return min(max(rate, 0.02), 0.998)


def prevalence(
    seed: int, lists: Mapping[str, int], chosen: Sequence[Indicator]
) -> dict[str, Decimal]:
    """Σ registers ÷ Σ list sizes by group, to six places."""
    one_each = list({each.group: each for each in chosen if each.group}.values())
    sums: Counter[str] = Counter()
    for practice, patients in lists.items():
        for value in values(seed, practice, patients, one_each):
            sums[str(value.indicator.group)] += value.register or 0
    total = Decimal(sum(lists.values()))
    return {group: round(Decimal(sums[group]) / total, 6) for group in sums}


def national_prevalence(seed: int, chosen: Sequence[Indicator]) -> dict[str, Decimal]:
    """Prevalence in the whole generated England, whichever part of it plays."""
    return prevalence(seed, roster(England(seed).whole, on=LISTS_ON).lists, chosen)
