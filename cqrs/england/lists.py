"""Registered patients per practice and quarter.

On 1 January 2025 the mean is the national average of QOF 2025/26, 10,184 (DOMAIN.md 3.3); the
spread is that of the published lists, and a network of few practices has large ones.
"""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from random import Random

from cqrs.england.history import History
from cqrs.england.seeded import stream

QUARTERS = (
    date(2025, 1, 1),
    date(2025, 4, 1),
    date(2025, 7, 1),
    date(2025, 10, 1),
    date(2026, 1, 1),
)
MEAN = 10_184
MISSING_IN_LAST = 0.004
"""The latest file lacks a few practices: the one before it stands in for them."""


def build(seed: int, history: History) -> dict[str, dict[date, int]]:
    sizes = _first_sizes(stream(seed, "list sizes"), history)
    rng = stream(seed, "quarters")
    return {code: _quarters(rng, history, code, size) for code, size in sizes.items()}


def _first_sizes(rng: Random, history: History) -> dict[str, float]:
    today = Counter(each.pcn for each in history.places if each.practice not in history.closed)
    raw = {
        each.practice: rng.lognormvariate(0, 0.5) * _network_factor(today[each.pcn], each.pcn)
        for each in history.places
    }
    there = [size for code, size in raw.items() if _lists_it(history, code, QUARTERS[0])]
    scale = MEAN * len(there) / sum(there)
    return {code: size * scale for code, size in raw.items()}


def _network_factor(practices: int, pcn: str | None) -> float:
    """A network has 30,000 to 50,000 patients, so the fewer its practices the larger."""
    if pcn is None:
        return 0.6
    return 3.4 if practices == 1 else (4.87 / max(practices, 2)) ** 0.35


def _lists_it(history: History, code: str, on: date) -> bool:
    opened, closed = history.opened.get(code), history.closed.get(code)
    return (opened is None or opened <= on) and (closed is None or closed >= on)


def _quarters(rng: Random, history: History, code: str, size: float) -> dict[date, int]:
    steps: Mapping[date, float] = {on: rng.gauss(1.0025, 0.008) for on in QUARTERS[1:]}
    missing = rng.random() < MISSING_IN_LAST
    sizes: dict[date, int] = {}
    for on in QUARTERS:
        size *= steps.get(on, 1)
        if _lists_it(history, code, on) and not (missing and on == QUARTERS[-1]):
            sizes[on] = max(50, round(size))
    return sizes
