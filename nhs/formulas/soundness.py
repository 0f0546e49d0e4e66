"""The check at publication: what must hold of a specification before anybody is paid by it."""

from collections.abc import Iterator
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import floor
from typing import Final

from nhs.formulas import binding
from nhs.formulas.explain import explain
from nhs.formulas.formula import Formula
from nhs.formulas.problem import Problem, twice
from nhs.formulas.rounding import POLICIES
from nhs.formulas.scheme_soundness import check_scheme
from nhs.formulas.specification import Indicator, QualityServiceSpecification

#: pounds per point and patient, unchanged from 2016 to 2025 (DOMAIN.md 3.3)
POUNDS_PER_POINT_AND_PATIENT: Final = Fraction(22142, 1_000_000)
TOLERANCE: Final = Fraction(5, 1000)
ROUNDINGS: Final = frozenset({"round2", "round0", "floor"})
COHORT: Final = 100_000  # large enough that a percentage with three decimals is a whole patient


LOCAL_SCHEMES: Final = ("LES", "LIS")


def check(service: QualityServiceSpecification) -> list[Problem]:
    """Everything found, in the order of the specification; empty if it is sound."""
    problems = [*_dates(service), *_kind(service), *_uniqueness(service), *_points(service)]
    problems += [*_in_force(service), *_lists(service)]
    problems += [*_rounding(service), *_other_lines(service)]
    if service.scheme:
        dates = service.starts_on, service.ends_on
        problems += check_scheme(service.code, service.scheme, *dates)
    for indicator in service.indicators:
        found = [*_thresholds(indicator), *_names(service, indicator)]
        problems += found or [*_steps(service, indicator), *_monotonic(service, indicator)]
    return [*problems, *_price_of_a_patient(service)]


def _dates(service: QualityServiceSpecification) -> Iterator[Problem]:
    if service.ends_on < service.starts_on:
        yield Problem("DATES_REVERSED", service.code, "the service ends before it starts")


def _kind(service: QualityServiceSpecification) -> Iterator[Problem]:
    """Each kind has what pays it, and nothing of the others."""
    claimed, measured = service.kind == "CLAIM", service.kind == "ACHIEVEMENT"
    if claimed != (service.scheme is not None):
        message = f"it is {service.kind} and has {'no' if claimed else 'a'} scheme"
        yield Problem("KIND_MISMATCH", service.code, message)
    if measured != bool(service.domains):
        message = f"it is {service.kind} and measures {'nothing' if measured else 'indicators'}"
        yield Problem("KIND_MISMATCH", service.code, message)
    if measured == (service.payment_period == "NONE"):
        message = f"it is {service.kind} and its payment period is {service.payment_period}"
        yield Problem("KIND_MISMATCH", service.code, message)
    of_members = service.values_from == "MEMBERS" or service.members_take_part_in is not None
    if of_members and service.provider_kind != "PCN":
        message = f"it stands on members' values, which a {service.provider_kind} has not"
        yield Problem("KIND_MISMATCH", service.code, message)
    if "," in (service.payment_type or ""):
        message = (
            f"the payment type {service.payment_type} holds a comma, which cells are joined by"
        )
        yield Problem("PAYMENT_TYPE_NOT_VALID", service.code, message)
    if claimed and service.payment_type not in LOCAL_SCHEMES:
        message = f"what is claimed is {' or '.join(LOCAL_SCHEMES)}, not {service.payment_type}"
        yield Problem("PAYMENT_TYPE_UNKNOWN", service.code, message)


def _uniqueness(service: QualityServiceSpecification) -> Iterator[Problem]:
    groups = [group for domain in service.domains for group in domain.groups]
    yield from twice("domain", [domain.code for domain in service.domains])
    yield from twice("group", [group.code for group in groups])
    yield from twice("indicator", [indicator.code for indicator in service.indicators])
    yield from twice("constant", [constant.name for constant in service.constants])
    yield from twice("formula", [formula.formula for formula in service.formulas])


def _points(service: QualityServiceSpecification) -> Iterator[Problem]:
    yield from _sum(service.code, service.points, [d.points for d in service.domains])
    for domain in service.domains:
        yield from _sum(domain.code, domain.points, [g.points for g in domain.groups])
        for group in domain.groups:
            yield from _sum(group.code, group.points, [i.points for i in group.indicators])


def _sum(where: str, stated: Decimal, parts: list[Decimal]) -> Iterator[Problem]:
    total = sum(parts, start=Decimal(0))
    if total != stated:
        message = f"{where} states {stated} points, its parts add up to {total}"
        yield Problem("POINTS_DO_NOT_ADD_UP", where, message)


def _in_force(service: QualityServiceSpecification) -> Iterator[Problem]:
    starts = f"{service.code} starts on {service.starts_on}"
    for constant in service.not_in_force:
        message = f"it holds from {constant.effective}; {starts}"
        yield Problem("CONSTANT_NOT_IN_FORCE", constant.name, message)


_SUPPLIED: Final = {"PRACTICE": "TOTAL_LIST", "PCN": "NETWORK_LIST"}
"""The list that prevalence is a part of, by who is paid: nothing supplies any other."""


def _lists(service: QualityServiceSpecification) -> Iterator[Problem]:
    """The lists that are named are those that are taken; QOF 2013/14 took another year's."""
    named = [(service.code, service.parameters.prevalence_basis)]
    named += [(one.code, one.prevalence_basis) for one in service.indicators]
    supplied, day = _SUPPLIED[service.provider_kind], service.parameters.national_list_on
    for where, basis in named:
        if basis not in {None, supplied}:
            message = f"prevalence is a part of the {supplied}: nothing supplies {basis}"
            yield Problem("PREVALENCE_BASIS_NOT_SUPPLIED", where, message)
    for constant in service.constants:
        if constant.name == binding.AVERAGE_LIST and day not in {None, constant.effective}:
            message = f"it is of {constant.effective}; the parameters name the list of {day}"
            yield Problem("AVERAGE_LIST_OF_ANOTHER_DAY", constant.name, message)


def _rounding(service: QualityServiceSpecification) -> Iterator[Problem]:
    policy = service.rounding_policy
    if policy not in POLICIES and (service.kind == "ACHIEVEMENT" or policy is not None):
        message = f"there is no rounding policy {policy}, only {', '.join(POLICIES)}"
        yield Problem("ROUNDING_POLICY_UNKNOWN", service.code, message)


def _other_lines(service: QualityServiceSpecification) -> Iterator[Problem]:
    """A line stands on others, and takes back what others advanced; never on itself."""
    parameters = service.parameters
    named = {
        "previous_service": parameters.previous_service,
        "payment_of": parameters.payment_of,
        "recovers": service.recovers,
    }
    for name, line in named.items():
        if line == service.code:
            yield Problem("LINE_STANDS_ON_ITSELF", service.code, f"its {name} is itself")
    if service.recovers and service.kind != "ACHIEVEMENT":
        message = f"it is {service.kind} and recovers {service.recovers}"
        yield Problem("KIND_MISMATCH", service.code, message)


def _thresholds(indicator: Indicator) -> Iterator[Problem]:
    low, high = indicator.lower, indicator.upper
    if (low is None) != (high is None):
        yield Problem(
            "THRESHOLD_MISSING", indicator.code, "one threshold is given without the other"
        )
    elif low is not None and high is not None and not 0 <= low < high <= 100:
        message = f"thresholds {low} and {high} are not in order within 0 to 100"
        yield Problem("THRESHOLDS_OUT_OF_ORDER", indicator.code, message)
    for figure in ("points", "lower", "upper"):
        # Nought points are no figure: what is paid by the item earns none.
        if getattr(indicator, figure) not in (None, Decimal(0)) and figure not in indicator.sources:
            yield Problem("SOURCE_MISSING", indicator.code, f"its {figure} name no source")


def _names(service: QualityServiceSpecification, indicator: Indicator) -> Iterator[Problem]:
    formula = _formula(service, indicator)
    if formula is None:
        message = f"there is no formula {indicator.formula}"
        yield Problem("FORMULA_UNKNOWN", indicator.code, message)
        return
    for name in formula.inputs:
        if name not in indicator.bindings:
            message = f"{formula.formula} takes {name}, which is bound to nothing"
            yield Problem("NAME_UNBOUND", indicator.code, message)
    yield from _results(service, indicator, formula)
    for name, target in indicator.bindings.items():
        yield from _target(service, indicator, name, target)


def _results(
    service: QualityServiceSpecification, indicator: Indicator, formula: Formula
) -> Iterator[Problem]:
    """A payment needs points and pounds, each rounded by a step that says so, as is the policy."""
    made = {step.name: step.operator for step in formula.steps}
    policy = POLICIES.get(service.rounding_policy or "", {})
    for result in ("points_paid", "pounds"):
        if result not in made:
            message = f"{formula.formula} makes no {result}"
            yield Problem("RESULT_MISSING", indicator.code, message)
        elif made[result] not in ROUNDINGS:
            message = f"{formula.formula} does not round {result}"
            yield Problem("RESULT_NOT_ROUNDED", indicator.code, message)
        elif policy and made[result] != policy[result]:
            message = (
                f"{formula.formula} makes {result} by {made[result]}; "
                f"{service.rounding_policy} takes {policy[result]}"
            )
            yield Problem("ROUNDED_OTHERWISE", indicator.code, message)


def _target(
    service: QualityServiceSpecification, indicator: Indicator, name: str, target: str
) -> Iterator[Problem]:
    if not binding.resolvable(service, target):
        message = f"{name} is bound to {target}, which nothing supplies"
        yield Problem("NAME_UNBOUND", indicator.code, message)
    kind, _, part = target.partition(".")
    yield from _line_named(service, indicator, name, target)
    if kind == "values" and part not in indicator.fields:
        yield Problem("FIELD_MISSING", indicator.code, f"no extract field is named for its {part}")
    if kind == "indicator" and getattr(indicator, part, None) is None:
        yield Problem("NAME_UNBOUND", indicator.code, f"{name} is bound to its {part}; it has none")
    if target == binding.PREVALENCE and not indicator.adjusted_by:
        message = "it is not said to be adjusted by the prevalence of a group"
        yield Problem("PREVALENCE_GROUP_MISSING", indicator.code, message)


def _line_named(
    service: QualityServiceSpecification, indicator: Indicator, name: str, target: str
) -> Iterator[Problem]:
    """What was earned or paid for another line is supplied only where the line is named."""
    parameter = {binding.PREVIOUS_POINTS: "previous_service", binding.PAYMENT: "payment_of"}
    wanted = parameter.get(target)
    if wanted and getattr(service.parameters, wanted) is None:
        message = f"{name} is bound to {target}, but the parameters name no {wanted}"
        yield Problem("LINE_NOT_NAMED", indicator.code, message)


def _formula(service: QualityServiceSpecification, indicator: Indicator) -> Formula | None:
    return next((f for f in service.formulas if f.formula == indicator.formula), None)


def _steps(service: QualityServiceSpecification, indicator: Indicator) -> Iterator[Problem]:
    """Thresholds of steps that are the same for everybody follow one another."""
    values = _sample(service, indicator, 0)
    for step in service.formula(indicator.formula).steps:
        thresholds = step.arguments[1::2] if step.operator == "steps" else ()
        known = [values[name] for name in thresholds if name in values]
        if any(after <= before for before, after in pairwise(known)):
            message = f"the thresholds {', '.join(thresholds)} of {step.name} overlap"
            yield Problem("THRESHOLDS_OUT_OF_ORDER", indicator.code, message)


def _monotonic(service: QualityServiceSpecification, indicator: Indicator) -> list[Problem]:
    """More achievement never pays less: steps are piecewise linear, so break-points suffice."""
    if indicator.pays_less_because is not None:
        return []
    formula = service.formula(indicator.formula)
    before: Fraction | None = None
    for numerator in _break_points(service, indicator, formula):
        value = explain(formula, _sample(service, indicator, numerator))["pounds"].value
        paid = value if isinstance(value, Fraction) else Fraction(0)
        if before is not None and paid < before:
            message = f"a numerator of {numerator} in {COHORT} pays less than a smaller one"
            return [Problem("PAYS_LESS_FOR_MORE", indicator.code, message)]
        before = paid
    return []


def _break_points(
    service: QualityServiceSpecification, indicator: Indicator, formula: Formula
) -> list[int]:
    """Numerators at, just below and just above wherever a step may bend."""
    values = explain(formula, _sample(service, indicator, 0))
    bending = [
        s for s in formula.steps if s.operator in {"linear", "steps", "min", "max", "choose"}
    ]
    bends = [values[name].value for step in bending for name in step.arguments]
    known = [bend for bend in bends if isinstance(bend, Fraction)]
    near = {floor(b * scale) + d for b in known for scale in (1, COHORT) for d in (-1, 0, 1)}
    return sorted(n for n in near | {0, 1, COHORT // 2, COHORT} if 0 <= n <= COHORT)


def _sample(
    service: QualityServiceSpecification, indicator: Indicator, numerator: int
) -> dict[str, Fraction]:
    """A provider of a made-up cohort: only the numerator matters here."""
    assumed = dict.fromkeys(service.prevalence_groups, Fraction(1, 10))
    assumed[binding.AVERAGE_LIST] = Fraction(COHORT)
    fixed = binding.constants(service, indicator, assumed)
    varying = binding.variables(indicator)
    numbers = dict.fromkeys([*varying, *binding.figures(indicator)], COHORT)
    numbers |= {name: 0 for name, to in indicator.bindings.items() if to == binding.COUNTED_IN_YEAR}
    numbers |= {name: numerator for name, to in varying.items() if to == "values.numerator"}
    return fixed | {name: Fraction(number) for name, number in numbers.items()}


def _price_of_a_patient(service: QualityServiceSpecification) -> Iterator[Problem]:
    known = {constant.name: Fraction(constant.value) for constant in service.constants}
    price, average = known.get("pounds_per_point"), known.get("average_list")
    if price is None or not average:
        return
    drift = abs(price / average / POUNDS_PER_POINT_AND_PATIENT - 1)
    if drift > TOLERANCE:
        message = (
            f"pounds per point ÷ average list is {float(price / average):.6f}, "
            f"{float(drift):.1%} away from 0.022142: publishing takes a reason"
        )
        yield Problem("UNUSUAL_PRICE", service.code, message, warning=True)
