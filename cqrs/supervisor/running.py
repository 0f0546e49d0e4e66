"""What is known about a running system, so that other commands find it. No secrets."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from cqrs.supervisor.folder import living

_FILE = "system.json"


class NotFound(LookupError):  # noqa: N818 - it is what happened, and reads so
    """No running system answers to what was asked."""


@dataclass(frozen=True)
class Running:
    pid: int
    """The supervisor's."""
    gateway: str
    issuer: str
    audience: str
    kafka: str
    folder: Path
    clock: Path
    """The file that holds the business clock."""
    people: Path
    """The file that lists who may sign in."""
    services: Mapping[str, str]
    mail: str = ""
    """Where the mails that were sent can be looked at, if anywhere."""

    def write(self) -> None:
        """Make it known, whole or not at all."""
        told = orjson.dumps(
            {k: str(v) if isinstance(v, Path) else v for k, v in asdict(self).items()}
        )
        unnamed = self.folder / f"{_FILE}.new"
        unnamed.touch(mode=0o600)
        unnamed.write_bytes(told)
        unnamed.rename(self.folder / _FILE)


def read(folder: Path) -> Running:
    told = orjson.loads((folder / _FILE).read_bytes())
    paths = {name: Path(told[name]) for name in ("folder", "clock", "people")}
    return Running(**{**told, **paths})


def find(pid: int | None = None) -> Running:
    """The running system, or the one whose supervisor has this process number."""
    found = [read(folder) for folder in living() if (folder / _FILE).exists()]
    chosen = [system for system in found if pid in (None, system.pid)]
    if len(chosen) == 1:
        return chosen[0]
    if not chosen:
        raise NotFound("no system is running here: start one with `cqrs run`")
    listed = ", ".join(f"{system.pid} ({system.gateway})" for system in chosen)
    raise NotFound(f"several systems are running; choose one with --system: {listed}")
