"""What a formula is: named steps over names, and the outcome that is not a number."""

from collections.abc import Mapping
from enum import Enum
from fractions import Fraction
from typing import Annotated, Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, StringConstraints, model_validator

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
FormulaId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*@[0-9]+$")]


class Outcome(Enum):
    """A named result that no arithmetic may hide: a ratio whose denominator is 0."""

    NOT_EARNABLE = "NOT_EARNABLE"


NOT_EARNABLE: Final = Outcome.NOT_EARNABLE
Value = Fraction | Literal[Outcome.NOT_EARNABLE]

#: operator → least and greatest number of arguments (None: as many as you like)
ARITY: Final[Mapping[str, tuple[int, int | None]]] = {
    "ratio": (2, 2),
    "product": (1, None),
    "sum": (1, None),
    "difference": (2, 2),
    "min": (1, None),
    "max": (1, None),
    "linear": (4, 4),  # achievement, lower, upper, points
    "steps": (3, None),  # value, then pairs of threshold and what reaching it gives
    "choose": (3, 3),  # condition, what holds above 0, what holds otherwise
    "round2": (1, 1),  # half up, away from zero
    "round0": (1, 1),
    "floor": (1, 1),
}


class Step(NamedTuple):
    """One row: its name, its operator, and the names it takes."""

    name: Name
    operator: str
    arguments: tuple[Name, ...]


class Formula(BaseModel):
    """Steps in order; each takes inputs or earlier steps."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    formula: FormulaId
    steps: tuple[Step, ...]

    @model_validator(mode="after")
    def _well_formed(self) -> "Formula":
        known: set[str] = set()
        for step in self.steps:
            _check_arity(step)
            if step.name in known:
                raise ValueError(f"{self.formula}: step {step.name} is defined twice")
            known.add(step.name)
        self._check_order(known)
        return self

    def _check_order(self, steps: set[str]) -> None:
        done: set[str] = set()
        for step in self.steps:
            late = [a for a in step.arguments if a in steps and a not in done]
            if late:
                raise ValueError(f"{self.formula}: step {step.name} takes {late[0]} before it is")
            done.add(step.name)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names the steps take and do not make, in the order they are first taken."""
        made = {step.name for step in self.steps}
        return tuple(dict.fromkeys(a for s in self.steps for a in s.arguments if a not in made))


def _check_arity(step: Step) -> None:
    if step.operator not in ARITY:
        raise ValueError(f"step {step.name}: there is no operator {step.operator}")
    least, most = ARITY[step.operator]
    count = len(step.arguments)
    if count < least or (most is not None and count > most):
        raise ValueError(f"step {step.name}: {step.operator} does not take {count} arguments")
    if step.operator == "steps" and count % 2 == 0:
        raise ValueError(f"step {step.name}: steps takes a value, then pairs")
