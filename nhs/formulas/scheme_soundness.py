"""What must hold of a local scheme before anybody claims by it (DOMAIN 10.8)."""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Final

from nhs.formulas.problem import Problem, twice
from nhs.formulas.scheme import Component, Evidence, Scheme, Tariff

STEPS: Final = ("PROVIDER", "TIER_1", "TIER_2", "FINANCE")
"""Who may approve a claim, in their order."""
NEVER_LEFT_OUT: Final = ("TIER_1", "TIER_2")
READABLE: Final = ("csv", "docx", "pdf", "txt", "xlsx")
"""Endings of the files that are read before they are kept: no other can be attached."""


def check_scheme(code: str, scheme: Scheme, starts_on: date, ends_on: date) -> Iterator[Problem]:
    """Everything found in a scheme of a service that runs between these days."""
    yield from twice("component", [component.code for component in scheme.components])
    yield from twice("evidence", [evidence.code for evidence in scheme.evidence])
    yield from twice("band", [band.code for band in scheme.bands])
    if not scheme.components:
        yield Problem("NOTHING_CLAIMED", code, "it has no component to claim for")
    for component in scheme.components:
        yield from _component(scheme, component)
    for evidence in scheme.evidence:
        yield from _evidence(evidence)
    yield from _windows(code, scheme, starts_on, ends_on)
    yield from _bands(code, scheme)
    yield from _path(code, scheme)
    yield from _money(code, scheme)


def _component(scheme: Scheme, component: Component) -> Iterator[Problem]:
    where = component.code
    known = {evidence.code for evidence in scheme.evidence}
    for name in component.evidence:
        if name not in known:
            yield Problem("NAME_UNBOUND", where, f"there is no evidence {name}")
    if not component.tariffs:
        yield Problem("TARIFF_MISSING", where, "it has no tariff, for anybody")
    for tariff in component.tariffs:
        if tariff.amount < 0:
            message = f"its tariff from {tariff.valid_from} is {tariff.amount}"
            yield Problem("TARIFF_NEGATIVE", where, message)
        if tariff.valid_to and tariff.valid_to < tariff.valid_from:
            message = f"its tariff from {tariff.valid_from} ends on {tariff.valid_to}"
            yield Problem("DATES_REVERSED", where, message)
    yield from _overlaps(component)


def _evidence(evidence: Evidence) -> Iterator[Problem]:
    for ending in evidence.accepts:
        if ending not in READABLE:
            message = f"no file {ending} can be attached; there are {', '.join(READABLE)}"
            yield Problem("EVIDENCE_TYPE_UNKNOWN", evidence.code, message)


def _overlaps(component: Component) -> Iterator[Problem]:
    """No two tariffs of a provider, or of all others, share a day."""
    by_provider: dict[str | None, list[Tariff]] = {}
    for tariff in sorted(component.tariffs, key=lambda tariff: tariff.valid_from):
        by_provider.setdefault(tariff.provider, []).append(tariff)
    for provider, tariffs in by_provider.items():
        for before, after in pairwise(tariffs):
            if before.valid_to is None or after.valid_from <= before.valid_to:
                whose = f" of {provider}" if provider else ""
                message = f"two tariffs{whose} hold on {after.valid_from}"
                yield Problem("TARIFFS_OVERLAP", component.code, message)


def _windows(code: str, scheme: Scheme, starts_on: date, ends_on: date) -> Iterator[Problem]:
    if not scheme.windows:
        yield Problem("NOTHING_CLAIMED", code, "it has no window to claim in")
    for window in scheme.windows:
        where = f"{code} {window.period_start}"
        if window.period_end < window.period_start or window.closes_on < window.opens_on:
            yield Problem("DATES_REVERSED", where, "a window's period or claiming ends first")
        if window.period_start < starts_on or window.period_end > ends_on:
            message = f"the period ends on {window.period_end}, the service on {ends_on}"
            yield Problem("WINDOW_OUTSIDE_SERVICE", where, message)
    for before, after in pairwise(scheme.windows):
        if after.period_start <= before.period_end or after.opens_on < before.opens_on:
            message = f"it does not follow the window of {before.period_start}"
            yield Problem("WINDOWS_OUT_OF_ORDER", f"{code} {after.period_start}", message)


def _bands(code: str, scheme: Scheme) -> Iterator[Problem]:
    """Every amount lies in exactly one band."""
    reached: Decimal | None = Decimal(0)
    for band in scheme.bands:
        if reached is None or band.at_least < reached:
            message = f"{band.code} starts at {band.at_least}, where another band still holds"
            yield Problem("BANDS_OVERLAP", code, message)
        elif band.at_least > reached:
            message = f"no band holds from {reached} to {band.at_least}"
            yield Problem("BANDS_LEAVE_A_GAP", code, message)
        if band.below is not None and band.below <= band.at_least:
            yield Problem("BANDS_OVERLAP", code, f"{band.code} ends before it starts")
        reached = band.below
    if reached is not None:
        yield Problem("BANDS_LEAVE_A_GAP", code, f"no band holds from {reached} upwards")


def _path(code: str, scheme: Scheme) -> Iterator[Problem]:
    steps = [step.step for step in scheme.approval]
    for step in steps:
        if step not in STEPS:
            message = f"nobody approves as {step}; there are {', '.join(STEPS)}"
            yield Problem("APPROVAL_PATH_UNKNOWN", code, message)
    if [step for step in STEPS if step in steps] != [step for step in steps if step in STEPS]:
        message = f"{' → '.join(steps)} is not in the order {' → '.join(STEPS)}"
        yield Problem("APPROVAL_PATH_OUT_OF_ORDER", code, message)
    for step in NEVER_LEFT_OUT:
        always = any(one.step == step and one.above is None for one in scheme.approval)
        if not always:
            yield Problem("APPROVAL_PATH_INCOMPLETE", code, f"not every claim passes {step}")


def _money(code: str, scheme: Scheme) -> Iterator[Problem]:
    if scheme.budget <= 0:
        yield Problem("BUDGET_NOT_POSITIVE", code, f"its budget is {scheme.budget}")
    if scheme.most_per_provider is not None and scheme.most_per_provider <= 0:
        yield Problem("CAP_NOT_POSITIVE", code, f"a provider may claim {scheme.most_per_provider}")
    yield from _negative(code, (step.above for step in scheme.approval))


def _negative(code: str, amounts: Iterable[Decimal | None]) -> Iterator[Problem]:
    for amount in amounts:
        if amount is not None and amount < 0:
            yield Problem("AMOUNT_NEGATIVE", code, f"a step of its approval starts at {amount}")
