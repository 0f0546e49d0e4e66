"""Owns a run's folder and processes, and leaves neither behind."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from cqrs.supervisor.children import Children
from cqrs.supervisor.folder import RunFolder, sweep

_ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Supervisor:
    """`with Supervisor() as supervisor:` start children; at the end all are gone."""

    def __init__(self) -> None:
        sweep()
        self._folder = RunFolder.make()
        self.children = Children(self._folder.below("logs"))

    @property
    def folder(self) -> Path:
        return self._folder.path

    def below(self, name: str) -> Path:
        return self._folder.below(name)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with _undisturbed():
            self.children.stop_all()
            self._folder.remove()


def end_on_signals() -> None:
    """Let SIGTERM and a closed terminal end this process as Ctrl-C does, asyncio included.

    A shell starts background jobs with SIGINT ignored, so it is set here as well.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for ending in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(ending, lambda *_: signal.raise_signal(signal.SIGINT))


@contextmanager
def _undisturbed() -> Iterator[None]:
    """An impatient second Ctrl-C must not leave anything behind."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {ending: signal.signal(ending, signal.SIG_IGN) for ending in _ENDINGS}
    yield
    for ending, handler in before.items():
        signal.signal(ending, handler)
