"""The system of docker-compose.yml, as it is reached from the host."""

import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from cqrs.play.clock import moment

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Composed:
    gateway: str
    issuer: str
    mail: str
    subscriber: tuple[str, ...] = field(repr=False)
    """How finance systems reach Kafka: the arguments of the example subscriber."""
    password: str = field(repr=False)
    """Everybody's in the demonstration."""


def composed(folder: Path = ROOT) -> Composed:
    """Read the ports and secrets of `.env`; the environment goes before it, as for Compose."""
    told = {**_dotenv(folder / ".env"), **os.environ}
    issuer = f"http://localhost:{told.get('KEYCLOAK_PORT', '18080')}/realms/cqrs"
    return Composed(
        gateway=f"http://localhost:{told.get('GATEWAY_PORT', '8000')}",
        issuer=issuer,
        mail=f"http://localhost:{told.get('MAIL_PORT', '1080')}",
        subscriber=(
            f"localhost:{told.get('KAFKA_PORT', '19092')}",
            "security.protocol=SASL_PLAINTEXT",
            "sasl.mechanism=PLAIN",
            "sasl.username=finance",
            f"sasl.password={told['KAFKA_FINANCE_PASSWORD']}",
        ),
        password=told["DEMONSTRATION_PASSWORD"],
    )


@dataclass(frozen=True)
class ComposedClock:
    """The clock lies in a volume: a one-shot container writes it."""

    folder: Path = ROOT

    def set(self, day: str, hour: int = 9) -> datetime:
        now = moment(day, hour)
        job = ("run", "--rm", "-T", "--no-deps", "demonstration", "clock", now.isoformat())
        subprocess.run(  # noqa: S603 - our own words
            ("docker", "compose", *job),  # noqa: S607 - wherever Docker is installed
            cwd=self.folder,
            check=True,
            capture_output=True,
        )
        return now


def _dotenv(file: Path) -> Mapping[str, str]:
    if not file.exists():
        return {}
    pairs = (line.partition("=") for line in file.read_text().splitlines() if "=" in line)
    return {name: value for name, _, value in pairs}
