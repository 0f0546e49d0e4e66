"""The system of docker-compose.yml, for the tests of what only all of it in containers can show.

It has a project, ports and secrets of its own, so that it stands beside one somebody is using. Its
images must be there: `make test-containers` builds them.
"""

import os
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from cqrs.compose.secret_values import draw
from cqrs.compose.stack import Stack
from cqrs.compose.system import ROOT, Composed, ComposedClock, composed
from cqrs.embedded.ports import free_port
from tests.support import containers  # noqa: F401 - it says how testcontainers reaches Docker

_PORTS = ("GATEWAY_PORT", "KEYCLOAK_PORT", "MAIL_PORT", "KAFKA_PORT")


@dataclass(frozen=True)
class TestStack(Stack):
    """Of the tests alone."""

    __test__ = False
    secret_folder: Path = ROOT
    """Where its `.env` is."""

    @property
    def system(self) -> Composed:
        return composed(self.secret_folder)

    @property
    def clock(self) -> ComposedClock:
        return ComposedClock()

    @property
    def secrets(self) -> Mapping[str, str]:
        lines = (self.secret_folder / ".env").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def run(self, service: str, *command: str, **changes: str | None) -> tuple[int, str]:
        """One more container of the service, told something else, or (None) not told it at all.

        Where something is not told, its command must be given. Answers its exit status and all it
        said, but for its log, whose lines are JSON.
        """
        told = {"CQRS_START_SECONDS": "5", **changes}
        given = [word for name, to in told.items() if to for word in ("-e", f"{name}={to}")]
        if untold := [word for name, to in told.items() if to is None for word in ("-u", name)]:
            given += ["--entrypoint", " ".join(("env", *untold, "/app/start"))]
        name = f"{os.environ['COMPOSE_PROJECT_NAME']}-wrong"
        running = [
            "docker",
            "compose",
            "--progress",
            "quiet",
            "run",
            "--rm",
            "-T",
            "--no-deps",
            "--name",
        ]
        try:
            done = subprocess.run(
                [*running, name, *given, service, *command],
                cwd=self.folder,
                check=False,
                capture_output=True,
                text=True,
                timeout=120,
            )
        finally:  # one that went on would join in
            subprocess.run(["docker", "rm", "-f", name], check=False, capture_output=True)
        lines = (done.stdout + done.stderr).splitlines()
        return done.returncode, "\n".join(one for one in lines if not one.startswith("{"))


@contextmanager
def environment(told: Mapping[str, str]) -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(told)
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestStack]:
    from testcontainers.compose import DockerCompose

    folder = tmp_path_factory.mktemp("stack")
    file = folder / ".env"
    draw(file)
    with file.open("a") as out:
        out.writelines(f"{name}={free_port()}\n" for name in _PORTS)
    project = f"cqrs-test-{int(time.time())}"
    told = {"COMPOSE_PROJECT_NAME": project, "COMPOSE_ENV_FILES": str(file)}
    compose = DockerCompose(ROOT, "docker-compose.yml", env_file=str(file), wait=True)
    with environment(told):
        try:
            compose.start()
            yield TestStack(secret_folder=folder)
        finally:
            compose.stop()
