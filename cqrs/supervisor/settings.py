"""What each child of a system is told, by environment. Passwords and keys are drawn at each start.

The names are those of `chassis.settings.Settings` and of the gateway's settings.
"""

import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cqrs.embedded.ports import free_port
from cqrs.services import SERVICES
from cqrs.supervisor.children import Plan

AUDIENCE = "cqrs"
_ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Addresses:
    """Where everything of one system listens; drawn before anything starts."""

    services: Mapping[str, int] = field(default_factory=lambda: {n: free_port() for n in SERVICES})
    gateway_port: int = field(default_factory=free_port)
    issuer_port: int = field(default_factory=free_port)

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.issuer_port}"

    def service(self, name: str) -> str:
        return f"http://127.0.0.1:{self.services[name]}"


@dataclass(frozen=True)
class Files:
    """The files of one run that several processes know of."""

    folder: Path

    @property
    def clock(self) -> Path:
        return self.folder / "clock"

    @property
    def people(self) -> Path:
        return self.folder / "people.json"

    @property
    def first_people(self) -> Path:
        return self.folder / "first-people.json"

    @property
    def uploads(self) -> Path:
        return self.folder / "files"


def issuer_plan(addresses: Addresses, files: Files) -> Plan:
    settings = {
        "CQRS_PORT": str(addresses.issuer_port),
        "CQRS_ISSUER": addresses.issuer,
        "CQRS_AUDIENCE": AUDIENCE,
        "CQRS_ORIGIN": addresses.gateway,
        "CQRS_PEOPLE": str(files.people),
    }
    return Plan(
        "issuer", _module("cqrs.embedded.issuer"), settings, f"{addresses.issuer}/health/ready"
    )


def service_plan(name: str, addresses: Addresses, files: Files, dsn: str, kafka: str) -> Plan:
    """A service that migrates its database first."""
    settings = {
        "CQRS_DATABASE_URL": dsn,
        "CQRS_KAFKA": kafka,
        "CQRS_KAFKA_FORGETFUL": "1",
        "CQRS_KAFKA_SESSION_TIMEOUT_MS": "2000",  # FACTS.md: what a killed member costs a restart
        "CQRS_KAFKA_FETCH_MAX_WAIT_MS": "20",  # the embedded broker does not wake waiting fetches
        "CQRS_ISSUER": addresses.issuer,
        "CQRS_AUDIENCE": AUDIENCE,
        "CQRS_JWKS_URL": f"{addresses.issuer}/jwks",
        "CQRS_PORT": str(addresses.services[name]),
        "CQRS_NOW": f"file:{files.clock}",
        "CQRS_DEMONSTRATION": "1",
        "CQRS_FILES": str(files.uploads),
        "CQRS_FILES_KEY": secrets.token_urlsafe(32),
    }
    bootstrap = ("--bootstrap", str(files.first_people)) if name == "organisations" else ()
    command = (*_module(f"services.{name}", "serve", "--migrate"), *bootstrap)
    return Plan(name, command, settings, f"{addresses.service(name)}/health/ready")


def gateway_plan(addresses: Addresses) -> Plan:
    subgraphs = ",".join(f"{name}={addresses.service(name)}" for name in SERVICES)
    settings = {
        "CQRS_PORT": str(addresses.gateway_port),
        "CQRS_SUPERGRAPH": str(_ROOT / "contracts" / "supergraph.graphql"),
        "CQRS_SUBGRAPHS": subgraphs,
        "CQRS_SIGN_IN": addresses.issuer,
    }
    return Plan(
        "gateway", _module("gateway", "serve"), settings, f"{addresses.gateway}/health/ready"
    )


def _module(name: str, *arguments: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name, *arguments)
