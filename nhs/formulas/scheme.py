"""A local scheme, as published: what may be claimed, for how much, when, and who approves it.

Amounts are pounds. Limits that make no sense together are let in here, so that a draft can hold
them, and found by `nhs.formulas.scheme_soundness` before anybody claims by them (DOMAIN 10.8).
"""

from datetime import date
from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints

from nhs.formulas.part import Code, Part, Source

Money = Annotated[Decimal, Field(max_digits=14, decimal_places=2)]
OdsCode = Annotated[str, StringConstraints(pattern=r"^[A-Z0-9]{3,8}$")]
Quantity = Annotated[int, Field(ge=0, le=1_000_000)]


class Tariff(Source):
    """What one unit of a component pays from one day to another, both included."""

    provider: OdsCode | None = None
    """None for whoever has no tariff of its own."""
    amount: Money
    valid_from: date
    valid_to: date | None = None


class Evidence(Part):
    """A file that is attached to a claim."""

    code: Code
    name: str
    required: bool
    accepts: tuple[str, ...] = Field(min_length=1)
    """File name endings: pdf, xlsx."""


class Component(Part):
    """One thing that is claimed for, by quantity."""

    code: Code
    name: str
    unit: str
    tariffs: tuple[Tariff, ...] = ()
    evidence: tuple[Code, ...] = ()
    most_per_claim: Quantity | None = None
    most_per_year: Quantity | None = None


class Window(Part):
    """When a period may be claimed for, and how many claims a provider may make of it."""

    period_start: date
    period_end: date
    opens_on: date
    closes_on: date
    claims: int = Field(default=1, ge=1)


class Band(Part):
    """The risk of a claim by its amount: from `at_least`, and under `below`."""

    code: Code
    name: str
    at_least: Money
    below: Money | None = None


class ApprovalStep(Part):
    """Who must approve, in this order; `above` lets smaller claims pass the step by."""

    step: Code
    above: Money | None = None


class Scheme(Part):
    components: tuple[Component, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    windows: tuple[Window, ...] = ()
    bands: tuple[Band, ...] = ()
    approval: tuple[ApprovalStep, ...] = ()
    budget: Money
    """For all providers together, over the whole service."""
    most_per_provider: Money | None = None
    claimed_with: Code | None = None
    """Services with the same word here share one claim; None: a claim is for this one alone."""
    limits: Source
    """Where budget and caps come from."""

    @property
    def provisional(self) -> bool:
        tariffs = (tariff for component in self.components for tariff in component.tariffs)
        return any(source.status == "provisional" for source in (self.limits, *tariffs))
