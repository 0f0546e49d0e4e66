"""What is wrong with a specification, and where."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong and where. A warning may be overruled with a reason; nothing else may."""

    code: str
    where: str
    message: str
    warning: bool = False


def twice(kind: str, names: Sequence[str]) -> Iterator[Problem]:
    """Each name that stands for two things of one kind."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Problem("DEFINED_TWICE", name, f"the {kind} {name} is defined twice")
