"""The containers of docker-compose.yml, by Docker's own commands."""

import json
import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqrs.compose.system import ROOT

_PATIENCE = 180.0


class StackError(RuntimeError):
    """Docker would not do it, or the system did not come back."""


@dataclass(frozen=True)
class Stack:
    folder: Path = ROOT

    def compose(self, *arguments: str, given: str | None = None) -> str:
        return _run(("docker", "compose", *arguments), self.folder, given)

    def containers(self, service: str) -> list[str]:
        """Running ones, by id."""
        return self.compose("ps", "-q", service).split()

    def kill(self, container: str) -> None:
        """SIGKILL: no goodbye. Docker starts nothing again that was killed so."""
        self._docker("kill", container)

    def start(self, container: str) -> None:
        self._docker("start", container)

    def cut(self, container: str) -> None:
        """Take it off the network."""
        self._docker("network", "disconnect", self.network(container), container)

    def mend(self, container: str, network: str, name: str) -> None:
        self._docker("network", "connect", "--alias", name, network, container)

    def network(self, container: str) -> str:
        form = "{{range $name, $_ := .NetworkSettings.Networks}}{{$name}}{{end}}"
        return self._told(container, form)

    def address(self, container: str) -> str:
        """Its own, on the network of the stack."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self._told(container, form)

    def wait(self, healthy: Sequence[str]) -> None:
        """Until the containers say that they are healthy."""
        ends = time.monotonic() + _PATIENCE
        while sick := [one for one in healthy if self._health(one) != "healthy"]:
            if time.monotonic() > ends:
                raise StackError(f"{sick} did not come back in {_PATIENCE:.0f} seconds")
            time.sleep(0.25)

    def rows(self, database: str, statement: str) -> list[tuple[Any, ...]]:
        """What a statement answers, column by column."""
        asked = f"select coalesce(json_agg(to_json(found)), '[]') from ({statement}) found"  # noqa: S608 - our own words
        return [tuple(row.values()) for row in json.loads(self.execute(database, asked))]

    def execute(self, database: str, statement: str) -> str:
        """Run a statement as the superuser; answers what psql prints of it, bare."""
        psql = ("psql", "-qtA", "-v", "ON_ERROR_STOP=1", "-U", "postgres", "-d", database)
        return self.compose("exec", "-T", "postgres", *psql, given=statement)

    def script(self, service: str, script: str, *arguments: str, given: str | None = None) -> str:
        """Run a script as the service does, with its rights on the broker; answers what it said."""
        python = ("python", "-c", script, *arguments)
        return self.compose("exec", "-T", service, *python, given=given)

    def scaled(self, service: str, number: int) -> list[str]:
        """Run so many containers of the service; answers their ids."""
        scale = ("--scale", f"{service}={number}")
        self.compose("up", "-d", "--wait", "--no-build", "--no-recreate", *scale, service)
        return self.containers(service)

    def _health(self, container: str) -> str:
        return self._told(container, "{{.State.Health.Status}}")

    def _told(self, container: str, form: str) -> str:
        return _run(("docker", "inspect", "-f", form, container), self.folder).strip()

    def _docker(self, *arguments: str) -> None:
        _run(("docker", *arguments), self.folder)


def _run(command: Sequence[str], folder: Path, given: str | None = None) -> str:
    done = subprocess.run(  # noqa: S603 - our own words
        command,
        cwd=folder,
        input=given,
        env=dict(os.environ),
        check=False,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise StackError(f"{' '.join(command[:4])} …: {done.stderr.strip()[-400:]}")
    return done.stdout
