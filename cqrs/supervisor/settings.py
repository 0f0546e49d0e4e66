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
    mail_port: int = field(default_factory=free_port)
    smtp_port: int = field(default_factory=free_port)

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.issuer_port}"

    @property
    def mail(self) -> str:
        """Where the mails of the demonstration can be looked at."""
        return f"http://127.0.0.1:{self.mail_port}"

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


def mail_plan(addresses: Addresses) -> Plan:
    settings = {
        "CQRS_PORT": str(addresses.mail_port),
        "CQRS_SMTP_PORT": str(addresses.smtp_port),
    }
    return Plan("mail", _module("cqrs.embedded.mail"), settings, f"{addresses.mail}/health/ready")


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
    if name == "notifications":
        settings |= _sending(addresses)
    bootstrap = ("--bootstrap", str(files.first_people)) if name == "organisations" else ()
    command = (*_module(f"services.{name}", "serve", "--migrate"), *bootstrap)
    return Plan(name, command, settings, f"{addresses.service(name)}/health/ready")


def _sending(addresses: Addresses) -> dict[str, str]:
    """What whoever sends mail is told. Links in mails lead to the gateway, the one public host."""
    return {
        "CQRS_SMTP_HOST": "127.0.0.1",
        "CQRS_SMTP_PORT": str(addresses.smtp_port),
        "CQRS_SMTP_TLS": "none",
        "CQRS_SMTP_CONNECTIONS": "1",  # mails may come later, so that nothing else waits for them
        "CQRS_SMTP_SENDER": "no-reply@cqrs.example",
        "CQRS_MAIL_KEY": secrets.token_urlsafe(32),
        "CQRS_PUBLIC_URL": addresses.gateway,
        "CQRS_HELP_EMAIL": "help@cqrs.example",
        "CQRS_HELP_TELEPHONE": "01632 960000",  # of those kept for drama (Ofcom)
    }


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
