"""The interpreter: every value of a formula, as the tree that is the receipt."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from nhs.formulas.formula import Formula, Outcome, Value
from nhs.formulas.operators import apply


@dataclass(frozen=True, slots=True)
class Explained:
    """A value and, unless it is an input, the operator and the values it came from."""

    name: str
    value: Value
    operator: str | None = None
    arguments: tuple["Explained", ...] = ()

    def find(self, name: str) -> "Explained":
        """The value of that name in this tree; KeyError if it is not part of it."""
        if self.name == name:
            return self
        for argument in self.arguments:
            try:
                return argument.find(name)
            except KeyError:
                continue
        raise KeyError(name)

    def as_json(self) -> dict[str, Any]:
        """Exact: fractions are written `n/d`, the unearnable by its name."""
        leaf: dict[str, Any] = {"name": self.name, "value": exact(self.value)}
        if self.operator is None:
            return leaf
        return leaf | {
            "operator": self.operator,
            "arguments": [argument.as_json() for argument in self.arguments],
        }


def explain(formula: Formula, inputs: Mapping[str, Fraction]) -> dict[str, Explained]:
    """Every step of the formula by name, each over the tree of its arguments."""
    known = {name: Explained(name, inputs[name]) for name in formula.inputs}
    for step in formula.steps:
        arguments = tuple(known[name] for name in step.arguments)
        value = apply(step.operator, [argument.value for argument in arguments])
        known[step.name] = Explained(step.name, value, step.operator, arguments)
    return known


def exact(value: Value) -> str:
    return value.value if isinstance(value, Outcome) else str(value)
