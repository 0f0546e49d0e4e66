"""A service, put together from its settings: what its API and its worker are made of."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount

from chassis import server
from chassis.auth import TokenVerifier
from chassis.beginning import begin, broker_lacks
from chassis.clock import Clock
from chassis.consumer import Consumer
from chassis.db import Database
from chassis.download import Downloads
from chassis.files import Files
from chassis.graphql.endpoint import GraphQLEndpoint
from chassis.handing import Handing
from chassis.housekeeping import keep_house
from chassis.jobs import run_jobs
from chassis.kafka import Kafka
from chassis.mail import Mail
from chassis.migrate import CHASSIS, pending
from chassis.objects import Objects
from chassis.process import Part
from chassis.relay import Relay
from chassis.server import Check
from chassis.service import Background, Service, Site, Worker
from chassis.settings import Settings
from chassis.subscription import Subscription
from chassis.watching import Watcher

_CLOSING = 1.0
"""Seconds for the database connections to be given back."""
_LOOK_AGAIN = 0.2
"""Seconds between looks whether the database is migrated."""


@dataclass(frozen=True, kw_only=True)
class Running:
    service: Service[Any]
    settings: Settings
    database: Database
    clock: Clock
    files: Files
    checks: dict[str, Check] = field(default_factory=dict)
    """What must hold before the process is ready, the database apart; parts add their own."""

    @classmethod
    @asynccontextmanager
    async def of(cls, service: Service[Any], settings: Settings) -> AsyncIterator["Running"]:
        """Open the database, the only thing a service cannot begin without, and close it again."""
        clock = Clock.from_setting(settings.now, settings.demonstration)
        key = settings.files_key.get_secret_value().encode()
        objects = Objects(service.name, settings.objects_place)
        database = await Database.connect(
            settings.database_url.get_secret_value(),
            name=service.name,
            pool_size=settings.pool_size,
        )
        try:
            yield cls(
                service=service,
                settings=settings,
                clock=clock,
                files=Files(service.name, settings.files, key, service.files, objects),
                database=database,
            )
        finally:
            with suppress(TimeoutError):
                await asyncio.wait_for(database.close(), _CLOSING)

    @property
    def kafka(self) -> Kafka:
        settings = self.settings
        return Kafka(
            bootstrap=settings.kafka,
            username=settings.kafka_username,
            password=settings.kafka_password.get_secret_value(),
            session_timeout_ms=settings.kafka_session_timeout_ms,
            fetch_max_wait_ms=settings.kafka_fetch_max_wait_ms,
            forgetful=settings.kafka_forgetful,
        )

    @property
    def mail(self) -> Mail | None:
        settings = self.settings
        if not settings.smtp_host:
            return None
        return Mail(
            host=settings.smtp_host,
            port=settings.smtp_port,
            tls=settings.smtp_tls,
            username=settings.smtp_username,
            password=settings.smtp_password.get_secret_value(),
            connections=settings.smtp_connections,
            sender=settings.smtp_sender,
            public_url=settings.public_url.rstrip("/"),
            key=settings.mail_key.get_secret_value().encode(),
            daily_hour=settings.mail_daily_hour,
            help_email=settings.help_email,
            help_telephone=settings.help_telephone,
        )

    def api(self) -> Part:
        settings, numbers = self.settings, self.service.numbers
        endpoint = GraphQLEndpoint(
            service=self.service,
            database=self.database,
            verifier=TokenVerifier(settings.issuer, settings.audience, settings.jwks_url),
            clock=self.clock,
            files=self.files,
            body_limit=settings.body_limit,
            demonstration=settings.demonstration,
            watcher=Watcher(self.database, numbers) if numbers else None,
        )
        closing = endpoint.streams.closing
        checks = {"database": self.not_migrated, **self.checks}
        downloads = Downloads(
            service=self.service, database=self.database, clock=self.clock, files=self.files
        )
        handing = Handing(
            service=self.service, database=self.database, clock=self.clock, files=self.files
        )
        return self._serving(
            server.application(
                checks,
                graphql=endpoint,
                files=self.files,
                downloads=downloads,
                handing=handing,
                links=self._links(),
            ),
            closing,
        )

    def _links(self) -> list[Mount]:
        if self.service.links is None:
            return []
        routes = self.service.links(Site(self.database, self.clock, self.mail))
        return [Mount(f"/links/{self.service.name}", routes=list(routes))]

    def health(self) -> Part:
        """The HTTP side of a worker that has no API."""
        return self._serving(server.application({"database": self.not_migrated, **self.checks}))

    def _serving(self, app: Starlette, closing: asyncio.Event | None = None) -> Part:
        settings = self.settings
        return lambda stop: server.serve(
            app, settings.host, settings.port, stop, grace=settings.stop_seconds, closing=closing
        )

    def worker(self) -> dict[str, Part]:
        """The parts that work without being asked; each waits until the database is migrated."""
        parts: dict[str, Part] = {
            "relay": self._relay().run,
            "housekeeping": partial(keep_house, self.database, self.files, self.clock),
        }
        if self.service.subscription:
            parts["reader"] = self._reader(self.service.subscription).run
        if self.service.jobs:
            parts["jobs"] = self._jobs
        for work in self.service.background:
            parts[f"background work {work.__name__}"] = partial(self._background, work)
        return {name: partial(self._once_migrated, part) for name, part in parts.items()}

    def beginning(self, *, worker: bool) -> Part:
        """Ends the process if what it needs to begin does not come."""
        topics = {event.topic for event in self.service.events}
        if self.service.subscription:
            topics |= set(self.service.subscription.topics)

        async def lacking() -> str | None:
            missing = await self.not_migrated() or await self.files.objects.lacking()
            return missing or (await broker_lacks(self.kafka, topics) if worker else None)

        return partial(begin, lacking, patience=self.settings.start_seconds)

    async def not_migrated(self) -> str | None:
        """What the database lacks."""
        async with self.database.reader() as reader:
            missing = await pending(reader, [CHASSIS, *self.service.migrations])
        return f"waits for {len(missing)} migrations, the first {missing[0]}" if missing else None

    async def _once_migrated(self, part: Part, stop: asyncio.Event) -> None:
        while not stop.is_set() and await self.not_migrated():
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), _LOOK_AGAIN)
        if not stop.is_set():
            await part(stop)

    def _relay(self) -> Relay:
        dsn = self.settings.database_url.get_secret_value()
        return Relay(dsn, self.kafka, name=self.service.name)

    def _reader(self, subscription: Subscription) -> Consumer:
        consumer = Consumer(self.database, subscription, self.kafka)

        async def not_assigned() -> str | None:
            return None if consumer.assigned else "waits for the broker to say what to read"

        self.checks["reader"] = not_assigned
        return consumer

    async def _jobs(self, stop: asyncio.Event) -> None:
        await run_jobs(self.database, self.service.jobs, stop, clock=self.clock)

    async def _background(self, work: Background, stop: asyncio.Event) -> None:
        demonstration = self.settings.demonstration
        worker = Worker(self.database, self.clock, self.files, stop, demonstration, self.mail)
        await work(worker)
