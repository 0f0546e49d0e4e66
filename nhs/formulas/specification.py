"""The specification of a quality service, as published: frozen, and hashed over canonical JSON."""

import hashlib
import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field

from nhs.formulas.formula import Formula, FormulaId, Name
from nhs.formulas.part import Code, Part, Source, Status
from nhs.formulas.scheme import Scheme

Amount = Annotated[Decimal, Field(ge=0, max_digits=20, decimal_places=10)]
Points = Annotated[Decimal, Field(ge=0, max_digits=12, decimal_places=2)]
Percent = Annotated[Decimal, Field(max_digits=9, decimal_places=6)]
Kind = Literal["ACHIEVEMENT", "PARTICIPATION_ONLY", "CLAIM"]


def _later(default: Any) -> Any:
    """A field that came after specifications had been published.

    It is written only where it says something: what was published before keeps its digest.
    """
    return Field(default, exclude_if=lambda value: value == default)


class Constant(Part):
    """A national figure that is part of the published version."""

    name: Name
    value: Amount
    source: str = Field(min_length=1)
    status: Status
    effective: date


class Parameters(Part):
    """The dates and lists the calculation stands on."""

    provider_list_on: date | None = None
    national_list_on: date | None = None
    prevalence_basis: str | None = None
    previous_service: Code | None = _later(None)
    """The line of the year before, whose points are paid again: income protection."""
    payment_of: Code | None = _later(None)
    """The line of whose payment a part is paid or taken back."""


class Indicator(Part):
    """What is measured, what it is worth, and how its payment is calculated.

    Thresholds are percentages. `numerator`, `denominator` and `register` name the fields of an
    extract that carry them: what is only counted, doses, checks or a yes, has a numerator alone.
    `prevalence_group` is the key of the national prevalence.
    """

    code: Code
    name: str
    points: Points
    lower: Percent | None = None
    upper: Percent | None = None
    numerator: str | None = None
    denominator: str | None = None
    register_field: str | None = Field(default=None, alias="register")
    prevalence_adjusted: bool = False
    prevalence_group: Code | None = None
    prevalence_basis: str | None = None
    formula: FormulaId
    bindings: dict[Name, str]
    sources: dict[Literal["points", "lower", "upper", "fields"], Source]
    pays_less_because: str | None = _later(None)
    """Why more achievement may pay less, where that is meant."""
    adjustments: tuple[str, ...] = _later(())
    """Further fields, which no rule counts: exclusions and adjustments of care. Extracts bring
    them, and people may submit them; any field that is not named is refused to both."""
    entered_by: Literal["PROVIDER", "COMMISSIONER"] = _later("PROVIDER")
    """Who submits its values where no extract brings them."""

    @property
    def provisional(self) -> bool:
        """Whether a figure is unconfirmed; the name of a field is none."""
        figures = (source for figure, source in self.sources.items() if figure != "fields")
        return any(source.status == "provisional" for source in figures)

    @property
    def adjusted_by(self) -> str | None:
        """The group whose national prevalence it is adjusted by, if it is."""
        return self.prevalence_group if self.prevalence_adjusted else None

    @property
    def yes_no(self) -> bool:
        """Whether it is answered Y or N."""
        return self.formula.partition("@")[0] == "yes-no"

    @property
    def fields(self) -> dict[str, str]:
        """Extract field by the part it plays: numerator, denominator, register."""
        named = {
            "numerator": self.numerator,
            "denominator": self.denominator,
            "register": self.register_field,
        }
        return {part: field for part, field in named.items() if field is not None}


class Group(Part):
    code: Code
    name: str
    points: Points
    indicators: tuple[Indicator, ...]


class Domain(Part):
    code: Code
    name: str
    points: Points
    groups: tuple[Group, ...]


class QualityServiceSpecification(Part):
    """One service of one period, which need not be a financial year.

    What is measured is paid by the formulas of its domains; what is claimed, by its scheme; what
    is only taken part in, not at all.
    """

    code: Code
    name: str
    payment_type: str | None
    provider_kind: Literal["PRACTICE", "PCN"]
    payment_period: Literal["MONTHLY", "QUARTERLY", "ANNUALLY", "NONE"]
    starts_on: date
    ends_on: date
    collection: Literal["AUTOMATIC", "MANUAL", "BOTH", "NONE"]
    no_declaration_required: bool = False
    no_approval_required: bool = False
    requires_pcn_membership: bool = False
    rounding_policy: str | None = None
    points: Points = Decimal(0)
    parameters: Parameters = Parameters()
    constants: tuple[Constant, ...] = ()
    formulas: tuple[Formula, ...] = ()
    domains: tuple[Domain, ...] = ()
    kind: Kind = _later("ACHIEVEMENT")
    accepted_on_behalf: bool = _later(default=False)
    """Whether an offer counts as accepted at once, for a provider that may take part."""
    values_from: Literal["PROVIDER", "MEMBERS"] = _later("PROVIDER")
    """Whose values a network is paid by: its own, or the sums over its members."""
    members_take_part_in: Code | None = _later(None)
    """The line that a member must take part in for its values to be counted."""
    declared_per: Literal["SERVICE", "INDICATOR"] = _later("SERVICE")
    recovers: Code | None = _later(None)
    """The line whose payments were advances on this one: they are deducted from it."""
    scheme: Scheme | None = _later(None)
    source: Source | None = _later(None)
    """Where its code, dates and period come from."""

    @property
    def indicators(self) -> tuple[Indicator, ...]:
        return tuple(indicator for _, indicator in self.grouped())

    def grouped(self) -> Iterator[tuple[Group, Indicator]]:
        """Every indicator with its group, in the published order."""
        for domain in self.domains:
            for group in domain.groups:
                for indicator in group.indicators:
                    yield group, indicator

    def formula(self, identity: str) -> Formula:
        """The formula of that id; KeyError if the service has none such."""
        for formula in self.formulas:
            if formula.formula == identity:
                return formula
        raise KeyError(identity)

    @property
    def provisional(self) -> bool:
        """Whether any figure a payment rests on is unconfirmed."""
        return (
            any(indicator.provisional for indicator in self.indicators)
            or any(constant.status == "provisional" for constant in self.constants)
            or (self.scheme is not None and self.scheme.provisional)
        )

    @property
    def not_in_force(self) -> tuple[Constant, ...]:
        """Constants that hold only from a later day than its first: periods before would lack them.

        A constant holds until another version of the service has another.
        """
        return tuple(one for one in self.constants if one.effective > self.starts_on)

    @property
    def prevalence_groups(self) -> tuple[str, ...]:
        """Every group a national prevalence is needed for, once."""
        named = (indicator.adjusted_by for indicator in self.indicators)
        return tuple(dict.fromkeys(group for group in named if group is not None))

    @property
    def needs_average_list(self) -> bool:
        """Whether a payment rests on the mean list of England's networks, a dated figure."""
        return any("national.average_list" in i.bindings.values() for i in self.indicators)

    def as_json(self) -> dict[str, object]:
        return self.model_dump(mode="json", by_alias=True)

    @property
    def digest(self) -> str:
        """SHA-256 over canonical JSON: sorted keys, no spaces, UTF-8."""
        text = json.dumps(self.as_json(), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(text.encode()).hexdigest()
