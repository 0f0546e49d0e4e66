"""`python -m services.NAME …`: everything a service can be told to do."""

import argparse
import asyncio
import sys
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NoReturn

import orjson
import structlog
import uvloop
from aiokafka.errors import KafkaError
from pydantic import ValidationError

from chassis import log as logs
from chassis.clock import ClockError
from chassis.connections import NoEntryError
from chassis.errors import DomainError, TransientError
from chassis.handling import ReaderStoppedError
from chassis.migrate import CHASSIS, MigrationError, migrate
from chassis.place import read_again
from chassis.process import GaveUpError, PartDiedError, seldom_collect, stopped_by_signals, together
from chassis.rebuild import BeginningLostError, rebuild
from chassis.republish import republish
from chassis.running import Running
from chassis.service import EventContract, Service
from chassis.settings import Settings, settings_at_fault

log = structlog.get_logger()

_EXPECTED = (
    PartDiedError,
    GaveUpError,
    MigrationError,
    DomainError,
    TransientError,
    NoEntryError,
    ClockError,
    ValidationError,
    BeginningLostError,
    ReaderStoppedError,
    KafkaError,
    OSError,
)


def run(service: Service[Any], arguments: Sequence[str] | None = None) -> NoReturn:
    """Do what the command line says, and exit: 0 if it was done, 1 with a line that says why."""
    given = _parser(service).parse_args(arguments)
    try:
        _do(service, given)
    except _EXPECTED as error:
        sys.exit(f"{service.name} {given.command}: {_line(error)}")
    sys.exit(0)


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _do(service: Service[Any], given: argparse.Namespace) -> None:
    if given.command == "sdl":
        _say(service.schema.as_str())
    elif given.command == "events":
        _say(orjson.dumps(_contracts(service.events), option=orjson.OPT_INDENT_2).decode())
    else:
        settings = Settings()  # type: ignore[call-arg]  # filled from the environment
        logs.configure(service.name, level=settings.log_level, form=settings.log_format)
        seldom_collect()
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(_COMMANDS[given.command](service, settings, given))


def _parser(service: Service[Any]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m services.{service.name}")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("api", help="answer GraphQL")
    commands.add_parser("worker", help="send events, hear others', run jobs")
    serving = commands.add_parser("serve", help="api and worker in one process")
    serving.add_argument("--migrate", action="store_true", help="migrate first, to start sooner")
    migrating = commands.add_parser("migrate", help="bring the database up to date")
    if service.bootstrap:
        for each in (serving, migrating):
            each.add_argument("--bootstrap", type=Path, help="a JSON file of the first rows")
    rebuilding = commands.add_parser("rebuild", help="make the read models anew from the topics")
    rebuilding.add_argument(
        "--republished",
        action="store_true",
        help="the sources have republished, so a topic whose beginning is lost will do",
    )
    republishing = commands.add_parser("republish", help="send the current state again")
    republishing.add_argument("topic", nargs="*", help="all of the service's if none is named")
    again = commands.add_parser(
        "reread", help="read the topics again, after a database was restored"
    )
    again.add_argument("since", type=_moment, help="before the backup began, with its zone")
    commands.add_parser("sdl", help="print the schema")
    commands.add_parser("events", help="print the events' JSON Schemas and examples")
    return parser


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} does not say in which zone: add +00:00 or +01:00")
    return moment


def _contracts(events: Sequence[EventContract]) -> dict[str, object]:
    return {
        event.type: {
            "topic": event.topic,
            "description": event.description,
            "schema": event.payload.model_json_schema(mode="serialization"),
            "example": event.example.model_dump(mode="json"),
        }
        for event in events
    }


Command = Callable[[Service[Any], Settings, argparse.Namespace], Coroutine[Any, Any, None]]


async def _api(service: Service[Any], settings: Settings, _: argparse.Namespace) -> None:
    await _serve(service, settings, api=True, worker=False)


async def _worker(service: Service[Any], settings: Settings, _: argparse.Namespace) -> None:
    await _serve(service, settings, api=False, worker=True)


async def _both(service: Service[Any], settings: Settings, given: argparse.Namespace) -> None:
    if given.migrate:
        await _migrate(service, settings, given)
    await _serve(service, settings, api=True, worker=True)


async def _serve(service: Service[Any], settings: Settings, *, api: bool, worker: bool) -> None:
    with stopped_by_signals() as stop:
        async with Running.of(service, settings) as running:
            parts = running.worker() if worker else {}
            parts["api"] = running.api() if api else running.health()
            parts["beginning"] = running.beginning(worker=worker)
            await together(parts, stop, grace=settings.stop_seconds)


async def _migrate(service: Service[Any], settings: Settings, given: argparse.Namespace) -> None:
    dsn = settings.database_url.get_secret_value()
    applied = await migrate(dsn, [CHASSIS, *service.migrations])
    log.info("database.migrated", applied=applied)
    if service.bootstrap and given.bootstrap:
        document = orjson.loads(given.bootstrap.read_bytes())
        async with (
            Running.of(service, settings) as running,
            running.database.transaction() as tx,
        ):
            await service.bootstrap(tx, document, running.clock.now())


async def _republish(service: Service[Any], settings: Settings, given: argparse.Namespace) -> None:
    async with Running.of(service, settings) as running:
        for topic in given.topic or service.republish:
            current = service.republish.get(topic)
            if current is None:
                raise DomainError("TOPIC_NOT_KNOWN", f"it publishes no state on {topic}")
            sent = await republish(running.database, current, at=running.clock.now())
            log.info("state.republished", topic=topic, events=sent)


async def _rebuild(service: Service[Any], settings: Settings, given: argparse.Namespace) -> None:
    if service.subscription is None:
        raise DomainError("NOTHING_HEARD", "it hears nothing, so it has no read model")
    async with Running.of(service, settings) as running:
        heard = await rebuild(
            running.database, service.subscription, running.kafka, republished=given.republished
        )
        log.info("read_model.rebuilt", events=heard)


async def _reread(service: Service[Any], settings: Settings, given: argparse.Namespace) -> None:
    if service.subscription is None:
        raise DomainError("NOTHING_HEARD", "it hears nothing, so it has nothing to read again")
    async with Running.of(service, settings) as running:
        again = await read_again(service.subscription, running.kafka, given.since)
        log.info("reader.put_back", since=str(given.since), records=again)


_COMMANDS: dict[str, Command] = {
    "api": _api,
    "worker": _worker,
    "serve": _both,
    "migrate": _migrate,
    "rebuild": _rebuild,
    "reread": _reread,
    "republish": _republish,
}


def _line(error: BaseException) -> str:
    """One line without a value in it, which might be a secret."""
    return settings_at_fault(error) if isinstance(error, ValidationError) else str(error)
