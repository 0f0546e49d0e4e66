"""A whole system: embedded servers, issuer, four services and the gateway."""

import os
import secrets
import signal
import time
from collections.abc import Callable

import orjson

from chassis.topics import declared_topics, with_dead
from cqrs.embedded.broker import Broker
from cqrs.embedded.postgres import Postgres
from cqrs.services import SERVICES
from cqrs.supervisor.children import Plan
from cqrs.supervisor.first_people import choices, write_first_people
from cqrs.supervisor.running import Running
from cqrs.supervisor.settings import (
    AUDIENCE,
    Addresses,
    Files,
    gateway_plan,
    issuer_plan,
    mail_plan,
    service_plan,
)
from cqrs.supervisor.supervisor import Supervisor

BEGINNING = "2025-03-13T09:00:00+00:00"
"""The business clock of a new demonstration (DOMAIN.md 10.9)."""

Tell = Callable[[str, float], None]
"""Told what is ready, and after how many seconds."""


def start_system(supervisor: Supervisor, tell: Tell = lambda _name, _seconds: None) -> Running:
    """Start everything, and answer once all of it is ready. What needs nothing starts first."""
    since = time.monotonic()

    def told(name: str) -> None:
        tell(name, time.monotonic() - since)

    addresses, files = Addresses(), Files(supervisor.folder)
    _write_files(supervisor, files, addresses.issuer)
    supervisor.children.start(issuer_plan(addresses, files))
    supervisor.children.start(gateway_plan(addresses))
    supervisor.children.start(mail_plan(addresses))
    kafka = _start_broker(supervisor)
    told("broker")
    postgres = _start_postgres(supervisor)
    told("postgres")
    for plan in _plan_services(postgres, kafka, addresses, files):
        supervisor.children.start(plan)
    supervisor.children.wait_until_ready(("issuer", "mail", *SERVICES, "gateway"), told)
    running = _running(supervisor, addresses, files, kafka)
    running.write()
    return running


def _write_files(supervisor: Supervisor, files: Files, issuer: str) -> None:
    supervisor.below(files.uploads.name)
    files.clock.write_text(BEGINNING)
    write_first_people(files.first_people, issuer)
    files.people.write_bytes(orjson.dumps(choices()))


def _start_broker(supervisor: Supervisor) -> str:
    topics = with_dead(declared_topics(), frozenset(SERVICES))
    log = supervisor.folder / "logs" / "broker.log"
    broker = Broker.start({topic.name: topic.partitions for topic in topics}, log)
    supervisor.children.adopt("broker", broker.process, log, signal.SIGTERM)
    return broker.bootstrap


def _start_postgres(supervisor: Supervisor) -> Postgres:
    postgres = Postgres.start(supervisor.below("postgres"))
    log = postgres.folder / "log"
    supervisor.children.adopt("postgres", postgres.process, log, signal.SIGINT)
    return postgres


def _plan_services(
    postgres: Postgres, kafka: str, addresses: Addresses, files: Files
) -> list[Plan]:
    """A database and a role for each service, with a password drawn now."""
    dsns = {
        name: postgres.create_database(name, name, secrets.token_urlsafe(24)) for name in SERVICES
    }
    return [service_plan(name, addresses, files, dsn, kafka) for name, dsn in dsns.items()]


def _running(supervisor: Supervisor, addresses: Addresses, files: Files, kafka: str) -> Running:
    return Running(
        pid=os.getpid(),
        gateway=addresses.gateway,
        issuer=addresses.issuer,
        audience=AUDIENCE,
        kafka=kafka,
        folder=supervisor.folder,
        clock=files.clock,
        people=files.people,
        services={name: addresses.service(name) for name in SERVICES},
        mail=addresses.mail,
    )
