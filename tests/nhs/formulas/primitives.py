"""Formulas of every kind that DOMAIN.md 3.8 names, as data, with the rule that binds each."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from nhs.formulas import binding
from nhs.formulas.compilation import compile_formula
from nhs.formulas.explain import Explained, explain
from nhs.formulas.specification import Indicator, QualityServiceSpecification
from tests.nhs.formulas.shipped import shipped

Number = int | str
SOURCE = {"source": "made up for a test", "status": "verified"}


def service(
    steps: Sequence[Any],
    bindings: Mapping[str, str],
    constants: Mapping[str, str] | None = None,
    **changes: Any,
) -> QualityServiceSpecification:
    """A service of one indicator, IND001, that is paid by these steps."""
    measured = {
        "code": "IND001",
        "name": "What is paid",
        "points": "0",
        "numerator": "Numerator",
        "denominator": "Denominator",
        "register": "Register",
        "prevalence_adjusted": (adjusted := "national.prevalence" in bindings.values()),
        "prevalence_group": "IND" if adjusted else None,
        "formula": "tested@1",
        "bindings": {**bindings, "points": "indicator.points"},
        "sources": dict.fromkeys(("points", "lower", "upper"), SOURCE),
    } | changes.pop("indicator", {})
    tree: dict[str, Any] = {"code": "IND", "name": "Tested", "points": measured["points"]}
    known = [
        {"name": name, "value": value, "effective": "2025-04-01", **SOURCE}
        for name, value in (constants or {}).items()
    ]
    document = {
        "code": "TEST2526",
        "name": "Tested 2025/26",
        "payment_type": "DES",
        "provider_kind": "PRACTICE",
        "payment_period": "MONTHLY",
        "starts_on": "2025-04-01",
        "ends_on": "2026-03-31",
        "collection": "BOTH",
        "rounding_policy": "points-2-pounds-2-half-up@1",
        "points": measured["points"],
        "constants": known,
        "formulas": [{"formula": "tested@1", "steps": steps}],
        "domains": [tree | {"groups": [tree | {"indicators": [measured]}]}],
    }
    return QualityServiceSpecification.model_validate(document | changes)


class Given(NamedTuple):
    """What one provider's payment is calculated from, by binding target."""

    service: QualityServiceSpecification
    known: Mapping[str, Number]
    national: Mapping[str, Number]
    indicator: str


def given(
    service: QualityServiceSpecification | str,
    known: Mapping[str, Number],
    national: Mapping[str, Number] | None = None,
    indicator: str = "IND001",
) -> Given:
    found = shipped(service) if isinstance(service, str) else service
    return Given(found, known, national or {}, indicator)


def indicator_of(what: Given) -> Indicator:
    return next(one for one in what.service.indicators if one.code == what.indicator)


def fixed(what: Given) -> dict[str, Fraction]:
    national = {name: Fraction(number) for name, number in what.national.items()}
    return binding.constants(what.service, indicator_of(what), national)


def varying(what: Given) -> dict[str, Fraction]:
    indicator = indicator_of(what)
    targets = binding.variables(indicator) | {
        name: indicator.bindings[name] for name in binding.figures(indicator)
    }
    return {name: Fraction(what.known[to]) for name, to in targets.items()}


def explained(what: Given) -> dict[str, Explained]:
    formula = what.service.formula(indicator_of(what).formula)
    return explain(formula, fixed(what) | varying(what))


def compiled(what: Given) -> tuple[int, ...]:
    """n, d of the points and of the pounds, by the compiled function."""
    indicator, numbers = indicator_of(what), varying(what)
    counts, figures = tuple(binding.variables(indicator)), tuple(binding.figures(indicator))
    calculate = compile_formula(
        what.service.formula(indicator.formula),
        constants=fixed(what),
        counts=counts,
        figures=figures,
        outputs=("points_paid", "pounds"),
    )
    pairs = [n for name in figures for n in numbers[name].as_integer_ratio()]
    return calculate(*(int(numbers[name]) for name in counts), *pairs)


EARNED = (
    ["achievement", "ratio", ["numerator", "denominator"]],
    ["earned", "linear", ["achievement", "lower", "upper", "points"]],
    ["points_paid", "round2", ["earned"]],
)
THRESHOLDS = {"lower": "indicator.lower", "upper": "indicator.upper"}
PROPORTION = {"numerator": "values.numerator", "denominator": "values.denominator"}
PAID = (
    ["payment", "product", ["points_paid", "pounds_per_point"]],
    ["pounds", "round2", ["payment"]],
)
PER_POINT = {"pounds_per_point": "constants.pounds_per_point"}
POINTS = ["points_paid", "round2", ["points"]]

LINEAR = service(
    [*EARNED, *PAID],
    PROPORTION | THRESHOLDS | PER_POINT,
    {"pounds_per_point": "100"},
    indicator={"points": "18", "lower": "89", "upper": "96"},
)
STEP_AND_SLOPE = service(
    [
        EARNED[0],
        ["at_once", "steps", ["achievement", "lower", "step_points"]],
        ["slope_points", "difference", ["points", "step_points"]],
        ["sliding", "linear", ["achievement", "lower", "upper", "slope_points"]],
        ["earned", "sum", ["at_once", "sliding"]],
        EARNED[2],
        *PAID,
    ],
    PROPORTION | THRESHOLDS | PER_POINT | {"step_points": "constants.step_points"},
    {"pounds_per_point": "201.16", "step_points": "3"},
    indicator={"points": "18", "lower": "90", "upper": "95"},
)
YES_OR_NO = service(
    [
        ["nothing", "difference", ["points", "points"]],
        ["earned", "choose", ["answer", "points", "nothing"]],
        EARNED[2],
        *PAID,
    ],
    PER_POINT | {"answer": "values.numerator"},
    {"pounds_per_point": "213.43"},
    indicator={"points": "27"},
)
REGISTER = service(
    [
        ["nothing", "difference", ["points", "points"]],
        ["earned", "choose", ["register", "points", "nothing"]],
        EARNED[2],
        *PAID,
    ],
    PER_POINT | {"register": "values.register"},
    {"pounds_per_point": "213.43"},
    indicator={"points": "5"},
)
HALF_YEAR = service(
    [
        POINTS,
        ["whole", "product", ["population", "rate", "share"]],
        ["pounds", "round2", ["whole"]],
    ],
    {
        "population": "provider.adjusted_population",
        "rate": "constants.rate",
        "share": "constants.half",
    },
    {"rate": "7.674", "half": "0.5"},
    payment_period="ANNUALLY",
)
BEDS = service(
    [
        POINTS,
        ["counted", "max", ["beds", "least"]],
        ["paid_for", "min", ["counted", "most"]],
        ["payment", "product", ["paid_for", "rate"]],
        ["pounds", "round2", ["payment"]],
    ],
    {
        "beds": "values.numerator",
        "rate": "constants.rate",
        "least": "constants.least",
        "most": "values.register",
    },
    {"rate": "10", "least": "5"},
)
CLAWBACK = service(
    [
        POINTS,
        ["coverage", "ratio", ["numerator", "denominator"]],
        ["short_of", "difference", ["least_coverage", "coverage"]],
        ["part", "product", ["fees", "share"]],
        ["nothing", "difference", ["part", "part"]],
        ["taken_back", "difference", ["nothing", "part"]],
        ["payment", "choose", ["short_of", "taken_back", "nothing"]],
        ["pounds", "round2", ["payment"]],
    ],
    PROPORTION
    | {
        "fees": "payment.pounds",
        "share": "constants.share",
        "least_coverage": "constants.least_coverage",
    },
    {"share": "0.5", "least_coverage": "0.8"},
    parameters={"payment_of": "FEES2526"},
    payment_period="ANNUALLY",
)
PROTECTED = service(
    [
        ["points_paid", "round2", ["earned_before"]],
        ["cpi", "ratio", ["list_size", "average_list"]],
        ["payment", "product", ["points_paid", "pounds_per_point", "cpi"]],
        ["pounds", "round2", ["payment"]],
    ],
    PER_POINT
    | {
        "earned_before": "previous.points",
        "list_size": "provider.list_size",
        "average_list": "constants.average_list",
    },
    {"pounds_per_point": "220.62", "average_list": "9964"},
    parameters={"previous_service": "TEST2425"},
    payment_period="ANNUALLY",
)
SUM_OF_ROUNDED = service(
    [
        POINTS,
        ["adults", "product", ["numerator", "adult_fee"]],
        ["adults_paid", "round2", ["adults"]],
        ["children", "product", ["register", "child_fee"]],
        ["children_paid", "round2", ["children"]],
        ["payment", "sum", ["adults_paid", "children_paid"]],
        ["pounds", "round2", ["payment"]],
    ],
    {
        "numerator": "values.numerator",
        "register": "values.register",
        "adult_fee": "constants.adult_fee",
        "child_fee": "constants.child_fee",
    },
    {"adult_fee": "0.335", "child_fee": "0.335"},
)
