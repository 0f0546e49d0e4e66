"""The compiler: a formula becomes a plain Python function over integers.

Every value is a pair of integers `n/d` with `d > 0`; what cannot be earned is `0/0`, which
products, sums and differences keep by themselves. Constants are written into the code.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from nhs.formulas.formula import Formula

Compiled = Callable[..., tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Pair:
    """Two expressions; `sure` where the denominator cannot be 0."""

    n: str
    d: str
    sure: bool


@dataclass(slots=True)
class _Writer:
    lines: list[str] = field(default_factory=list)

    def keep(self, name: str, n: str, d: str, *, sure: bool) -> Pair:
        """Assign a value that is what the two expressions say."""
        self.lines.append(f" {name}_n = {n}")
        if d.isdigit():
            return Pair(f"{name}_n", d, sure)
        self.lines.append(f" {name}_d = {d}")
        return Pair(f"{name}_n", f"{name}_d", sure)

    def branch(self, name: str, cases: Sequence[tuple[str, str, str]], *, sure: bool) -> Pair:
        """Assign by the first condition that holds; the last case has none."""
        for position, (condition, n, d) in enumerate(cases):
            last = position == len(cases) - 1
            word = "if True" if last and not position else "else" if last else "elif"
            head = word if last else f"{'elif' if position else 'if'} {condition}"
            self.lines.append(f" {head}: {name}_n = {n}; {name}_d = {d}")
        return Pair(f"{name}_n", f"{name}_d", sure)


def compile_formula(
    formula: Formula,
    *,
    constants: Mapping[str, Fraction],
    counts: Sequence[str],
    outputs: Sequence[str],
    figures: Sequence[str] = (),
) -> Compiled:
    """A function of the counts (integers) and then of the figures (n, d of each), in that order.

    It gives n, d of each output in turn.
    """
    source = write(formula, constants=constants, counts=counts, outputs=outputs, figures=figures)
    scope: dict[str, Compiled] = {}
    exec(compile(source, f"<{formula.formula}>", "exec"), {"__builtins__": {}}, scope)  # noqa: S102 - names are checked identifiers, numbers are ours
    return scope["calculate"]


def write(
    formula: Formula,
    *,
    constants: Mapping[str, Fraction],
    counts: Sequence[str],
    outputs: Sequence[str],
    figures: Sequence[str] = (),
) -> str:
    """The function's source."""
    known = {name: _literal(value) for name, value in constants.items()}
    known |= {name: Pair(f"{name}_c", "1", sure=True) for name in counts}
    known |= {name: Pair(f"{name}_n", f"{name}_d", sure=True) for name in figures}
    takes = [f"{name}_c" for name in counts] + [f"{name}_n, {name}_d" for name in figures]
    writer = _Writer([f"def calculate({', '.join(takes)}):"])
    for step in formula.steps:
        arguments = [known[name] for name in step.arguments]
        known[step.name] = _WRITE[step.operator](writer, step.name, arguments)
    results = ", ".join(f"{known[name].n}, {known[name].d}" for name in outputs)
    writer.lines.append(f" return ({results})")
    return "\n".join(writer.lines)


def _literal(value: Fraction) -> Pair:
    n = str(value.numerator) if value >= 0 else f"({value.numerator})"
    return Pair(n, str(value.denominator), sure=True)


def _times(*factors: str) -> str:
    return "*".join(f for f in factors if f != "1") or "1"


def _missing(arguments: Sequence[Pair]) -> list[tuple[str, str, str]]:
    """The case that something needed cannot be earned, if that can be."""
    doubtful = [a.d for a in arguments if not a.sure]
    return [(f"not ({' and '.join(doubtful)})", "0", "0")] if doubtful else []


def _sure(arguments: Sequence[Pair]) -> bool:
    return all(argument.sure for argument in arguments)


def _ratio(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    a, b = arguments
    if b.sure and b.n.isdigit() and int(b.n):
        return w.keep(name, _times(a.n, b.d), _times(a.d, b.n), sure=a.sure)
    w.lines.append(f" {name}_n = {_times(a.n, b.d)}")
    w.lines.append(f" {name}_d = {_times(a.d, b.n)}")
    w.lines.append(f" if {name}_d < 0: {name}_n = -{name}_n; {name}_d = -{name}_d")
    w.lines.append(f" elif not {name}_d: {name}_n = 0")
    if not b.sure:
        w.lines.append(f" if not {b.d}: {name}_n = 0; {name}_d = 0")
    return Pair(f"{name}_n", f"{name}_d", sure=False)


def _product(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    n, d = _times(*(a.n for a in arguments)), _times(*(a.d for a in arguments))
    return w.keep(name, n, d, sure=_sure(arguments))


def _sum(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    return _added(w, name, arguments, "+")


def _difference(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    return _added(w, name, arguments, "-")


def _added(w: _Writer, name: str, arguments: list[Pair], sign: str) -> Pair:
    total = arguments[0]
    for position, term in enumerate(arguments[1:]):
        n = f"{_times(total.n, term.d)} {sign} {_times(term.n, total.d)}"
        kept = w.keep(f"{name}_T{position}", n, _times(total.d, term.d), sure=_sure([total, term]))
        total = kept
    return total


def _least(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    return _extreme(w, name, arguments, "<=")


def _greatest(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    return _extreme(w, name, arguments, ">=")


def _extreme(w: _Writer, name: str, arguments: list[Pair], compare: str) -> Pair:
    best = arguments[0]
    for position, other in enumerate(arguments[1:]):
        cases = [
            *_missing([best, other]),
            (f"{_times(best.n, other.d)} {compare} {_times(other.n, best.d)}", best.n, best.d),
            ("", other.n, other.d),
        ]
        best = w.branch(f"{name}_T{position}", cases, sure=_sure([best, other]))
    return best


def _linear(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    x, low, high, points = arguments
    above = f"({_times(x.n, low.d)} - {_times(low.n, x.d)})"
    width = f"({_times(high.n, low.d)} - {_times(low.n, high.d)})"
    cases = [
        *_missing(arguments),
        (f"{_times(x.n, low.d)} <= {_times(low.n, x.d)}", "0", "1"),
        (f"{_times(x.n, high.d)} >= {_times(high.n, x.d)}", points.n, points.d),
        ("", _times(above, high.d, points.n), _times(x.d, width, points.d)),
    ]
    return w.branch(name, cases, sure=_sure(arguments))


def _steps(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    x = arguments[0]
    reached = [
        (f"{_times(x.n, at.d)} >= {_times(at.n, x.d)}", gives.n, gives.d)
        for at, gives in zip(arguments[1::2], arguments[2::2], strict=True)
    ]
    cases = [*_missing(arguments), *reversed(reached), ("", "0", "1")]
    return w.branch(name, cases, sure=_sure(arguments))


def _choose(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    condition, then, otherwise = arguments
    cases = [
        *_missing([condition]),
        (f"{condition.n} > 0", then.n, then.d),
        ("", otherwise.n, otherwise.d),
    ]
    return w.branch(name, cases, sure=_sure(arguments))


def _rounded(places: int) -> Callable[[_Writer, str, list[Pair]], Pair]:
    def rounding(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
        (a,) = arguments
        scale, twice = str(10**places), str(2 * 10**places)
        up = f"({_times(a.n, twice)} + {a.d})//({_times('2', a.d)})"
        down = f"-(({_times(f'-{a.n}', twice)} + {a.d})//({_times('2', a.d)}))"
        cases = [*_missing(arguments), (f"{a.n} >= 0", up, scale), ("", down, scale)]
        return w.branch(name, cases, sure=a.sure)

    return rounding


def _floor(w: _Writer, name: str, arguments: list[Pair]) -> Pair:
    (a,) = arguments
    return w.branch(name, [*_missing(arguments), ("", f"{a.n}//{a.d}", "1")], sure=a.sure)


_WRITE: Mapping[str, Callable[[_Writer, str, list[Pair]], Pair]] = {
    "ratio": _ratio,
    "product": _product,
    "sum": _sum,
    "difference": _difference,
    "min": _least,
    "max": _greatest,
    "linear": _linear,
    "steps": _steps,
    "choose": _choose,
    "round2": _rounded(2),
    "round0": _rounded(0),
    "floor": _floor,
}
