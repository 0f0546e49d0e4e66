"""What a run shows while it works; readable in a log as well as in a terminal."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console
from rich.markup import escape
from rich.status import Status


@dataclass
class Step:
    """Something under way, and afterwards what came of it."""

    name: str
    counts: dict[str, object] = field(default_factory=dict)
    seconds: float = 0.0
    _status: Status | None = None

    def show(self, doing: str) -> None:
        """Say what is being done now, where somebody watches."""
        if self._status:
            self._status.update(escape(f"{self.name}: {doing}"))

    def add(self, name: str, count: int) -> None:
        self.counts[name] = int(str(self.counts.get(name, 0))) + count

    def __str__(self) -> str:
        told = ", ".join(f"{shown(value)} {name}" for name, value in self.counts.items())
        return f"{self.name}: {told}" if told else self.name


class Progress:
    """Prints a line for each step done; a terminal shows the step under way as well."""

    def __init__(self, console: Console | None = None) -> None:
        self.console = console or _console()
        self.steps: list[Step] = []
        self._errors = Console(stderr=True, highlight=False, soft_wrap=True)

    @contextmanager
    def step(self, name: str) -> Iterator[Step]:
        began = time.monotonic()
        with self.console.status(escape(name)) as status:
            step = Step(name, _status=status)
            yield step
        step.seconds = time.monotonic() - began
        self.steps.append(step)
        self.say(f"[green]✓[/green] {escape(str(step))} [dim]({step.seconds:.1f} s)[/dim]")

    def say(self, line: str = "") -> None:
        self.console.print(line)

    def fail(self, failure: BaseException) -> None:
        """Say why it ended, on standard error."""
        self._errors.print(f"[red]✗[/red] {escape(str(failure) or type(failure).__name__)}")

    def complain(self, logged: str) -> None:
        """Show what others said of a failure."""
        if logged:
            self._errors.print(escape(logged))


def _console() -> Console:
    """As wide as the terminal; where there is none, wide enough for the tables."""
    console = Console(highlight=False, soft_wrap=True)
    return console if console.is_terminal else Console(highlight=False, soft_wrap=True, width=110)


def shown(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else str(value)
