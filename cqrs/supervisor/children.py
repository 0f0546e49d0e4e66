"""Child processes by name: started together, watched, stopped together."""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

from cqrs.embedded.child import ask_to_stop, dying_with_parent, see_it_end, stop

_ROOT = Path(__file__).parents[2]
_PAUSE = 0.02
_SHOWN_LINES = 15
_SHOWN_ERRORS = 3
_ERROR = '"level":"error"'


class ChildDied(RuntimeError):  # noqa: N818 - it is what happened, and reads so
    """A child ended that should not have; the message shows its last lines."""

    def __init__(self, name: str, how: str, last_lines: str) -> None:
        super().__init__(f"{name} {how}. Its last lines:\n{last_lines or '(none)'}")
        self.name = name


@dataclass(frozen=True)
class Plan:
    """How a child is started, and by what it is known to be ready."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = field(repr=False)
    ready: str | None = None
    """An address that answers 200 once the child may be used."""


@dataclass
class Child:
    name: str
    process: subprocess.Popen[bytes]
    log: Path
    plan: Plan | None = None
    """None for a server that was started elsewhere, and cannot be started again."""
    by: signal.Signals = signal.SIGTERM
    expected: bool = False
    """Whether its end is no surprise: it was stopped on purpose."""

    def last_lines(self) -> str:
        if not self.log.exists():
            return ""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-_SHOWN_LINES:])

    def death(self) -> ChildDied | None:
        code = self.process.poll()
        if code is None or self.expected:
            return None
        how = f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"
        return ChildDied(self.name, how, self.last_lines())


class Children:
    """Every process of a system. One thread, the main one, starts and stops them."""

    def __init__(self, logs: Path) -> None:
        self._logs = logs
        self._by_name: dict[str, Child] = {}

    def __getitem__(self, name: str) -> Child:
        return self._by_name[name]

    def __iter__(self) -> Iterator[Child]:
        return iter(self._by_name.values())

    def complaints(self) -> str:
        """The last errors the children logged, each with its child's name."""
        return "\n".join(
            f"{child.name}: {line}"
            for child in self
            if child.log.exists()
            for line in _errors(child.log.read_text(errors="replace"))
        )

    def adopt(
        self, name: str, process: subprocess.Popen[bytes], log: Path, by: signal.Signals
    ) -> None:
        """Watch a server that knows itself how to start."""
        self._by_name[name] = Child(name, process, log, by=by)

    def start(self, plan: Plan) -> Child:
        log = self._logs / f"{plan.name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603 - our own modules
                plan.command,
                cwd=_ROOT,
                env={**_inherited(), **plan.environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                start_new_session=True,  # a Ctrl-C at the terminal is the supervisor's to handle
                preexec_fn=dying_with_parent(),  # noqa: PLW1509 - system calls only
            )
        self._by_name[plan.name] = Child(plan.name, process, log, plan)
        return self._by_name[plan.name]

    def wait_until_ready(
        self, names: Iterable[str], tell: Callable[[str], None], patience: float = 120.0
    ) -> None:
        """Wait for children; one that dies meanwhile is raised."""
        waiting, until = list(names), time.monotonic() + patience
        while waiting:
            self.watch()
            for name in list(waiting):
                if _answers(self._by_name[name].plan):
                    waiting.remove(name)
                    tell(name)
            if waiting and time.monotonic() > until:
                raise ChildDied(waiting[0], "was never ready", self[waiting[0]].last_lines())
            time.sleep(_PAUSE)

    def watch(self) -> None:
        """Raise the death of a child that should be alive."""
        for child in self._by_name.values():
            if death := child.death():
                raise death

    def stop(self, name: str, by: signal.Signals | None = None) -> None:
        """End a child on purpose: it is not missed, and may be started again."""
        child = self._by_name[name]
        child.expected = True
        stop(child.process, by or child.by)

    def start_again(self, name: str) -> None:
        plan = self._by_name[name].plan
        if plan is None:
            raise ValueError(f"{name} cannot be started again: what it knew is gone")
        self.start(plan)

    def stop_all(self, names: Iterable[str] | None = None) -> None:
        """Tell all to end, then see that they do."""
        ending = [self._by_name[name] for name in (names or list(self._by_name))]
        for child in ending:
            child.expected = True
            ask_to_stop(child.process, child.by)
        for child in ending:
            see_it_end(child.process)


def _errors(log: str) -> list[str]:
    lines = [line for line in log.splitlines() if _ERROR in line]
    return [_shortened(line) for line in lines[-_SHOWN_ERRORS:]]


def _shortened(line: str) -> str:
    """Both ends of a traceback say most."""
    return line if len(line) < 1_000 else f"{line[:300]} … {line[-600:]}"


def _inherited() -> dict[str, str]:
    """What children take from our environment: nothing that configures us or a database client."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("CQRS_", "PG"))
    }
    return {**kept, "PYTHONUNBUFFERED": "1"}


def _answers(plan: Plan | None) -> bool:
    if plan is None or plan.ready is None:
        return True
    address = urlsplit(plan.ready)
    connection = HTTPConnection(address.hostname or "", address.port, timeout=2)
    try:
        connection.request("GET", address.path)
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()
