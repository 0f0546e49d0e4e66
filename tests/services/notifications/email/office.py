"""A mail server of the tests' own, and the post office in front of it."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from ssl import SSLContext
from typing import Any
from uuid import UUID

from aiosmtpd.smtp import SMTP, AuthResult
from asyncpg import Record

from chassis.clock import Clock
from chassis.db import Database
from chassis.files import Files
from chassis.mail import Mail
from chassis.service import Worker
from cqrs.embedded.ports import free_port
from nhs.roles import Role
from services.notifications.email import commands, sending
from services.notifications.preferences import store
from services.notifications.preferences.domain import Choice, Kind
from tests.services.notifications.centre import AT, Centre, event

KEY = b"a key for tests"
PASSWORD = "of the mail server"


@dataclass
class MailServer:
    """Takes what it is not told to refuse."""

    port: int = field(default_factory=free_port)
    tls: SSLContext | None = None
    implicit: bool = False
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)
    """What is answered to an address."""
    refused_content: str = ""
    breaks_after_content: bool = False
    conversations: int = 0
    _listening: asyncio.Server | None = None

    async def start(self) -> "MailServer":
        loop = asyncio.get_running_loop()
        implicit = self.tls if self.implicit else None
        self._listening = await loop.create_server(
            self._conversation, "127.0.0.1", self.port, ssl=implicit
        )
        return self

    async def stop(self) -> None:
        if self._listening:
            self._listening.close()
            self._listening = None

    def _conversation(self) -> SMTP:
        self.conversations += 1
        told: dict[str, Any] = {"hostname": "localhost"}
        if self.tls:
            told["authenticator"] = _authenticate
            if self.implicit:
                told["auth_require_tls"] = False  # it does not see that there is TLS
            else:
                told |= {"tls_context": self.tls, "require_starttls": True, "auth_required": True}
        return SMTP(self, **told)

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802
        if reply := self.refused.get(address):
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802
        if self.refused_content:
            return self.refused_content
        message = message_from_bytes(envelope.content, policy=policy.default)
        self.mails += [(to, message) for to in envelope.rcpt_tos]
        if self.breaks_after_content:
            server.transport.abort()
        return "250 Taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for to, mail in self.mails if to == address]

    def recipients(self) -> list[str]:
        return sorted(to for to, _ in self.mails)


def _authenticate(_server, _session, _envelope, _mechanism, given):
    right = (given.login, given.password) == (b"cqrs", PASSWORD.encode())
    return AuthResult(success=right, handled=right)  # the refusal is the server's to say


@dataclass
class Office:
    """The service's work on mails, step by step."""

    centre: Centre
    server: MailServer
    mail: Mail
    at: datetime = AT
    """The business clock."""

    @property
    def db(self) -> Database:
        return self.centre.database

    def worker(self, db: Database | None = None) -> Worker:
        clock, files = Clock(lambda: self.at), Files("notifications", Path("none"), b"x", ())
        return Worker(db or self.db, clock, files, asyncio.Event(), mail=self.mail)

    async def know(self) -> None:
        """Everybody's address has been heard of: `SUBJECT@ODS-CODE.example`."""
        await self.centre.hear(*[self.contact(role, code) for code, role in self.centre.people])

    def contact(self, role: Role, code: str, version: int = 1, **others: object):
        person = str(self.centre.people[code, role])
        known = {"name": f"{role.label}, {code}", "email": self.address(role, code)}
        payload = {"id": person, "person_id": person, "version": version}
        return event("contact.changed", payload | known | others)

    def address(self, role: Role, code: str) -> str:
        return f"{role.value.lower().replace('_', '-')}@{code.lower()}.example"

    async def choose(self, person: UUID, choice: Choice, *kinds: Kind) -> None:
        async with self.db.transaction() as tx:
            await store.choose(tx, person, dict.fromkeys(kinds or Kind, choice), self.at)

    async def everybody_chooses(self, choice: Choice) -> None:
        for person in self.centre.people.values():
            await self.choose(person, choice)

    async def consider(self) -> None:
        """What the background work does before anything is sent."""
        await sending.prepare(self.worker())

    async def send(self, db: Database | None = None) -> None:
        await sending.PostOffice(self.worker(db), self.mail).send_all()

    async def deliver(self) -> None:
        """Consider what is new, wait until it has settled, and send it."""
        await self.consider()
        await self.passes(timedelta(minutes=1))
        await self.send()

    async def passes(self, time: timedelta) -> None:
        """Real time, as far as mails know it."""
        async with self.db.transaction() as tx:
            await tx.execute(
                "update email_delivery set made_at = made_at - $1::interval,"
                " due_at = due_at - $1::interval, claimed_until = claimed_until - $1::interval",
                time,
            )

    async def claim(self) -> Any:
        """What a process does right before it sends."""
        links = sending.Links(self.mail.public_url, self.mail.key)
        return await commands.claim(self.db, links, now=datetime.now(UTC))

    async def deliveries(self) -> list[Record]:
        async with self.db.reader() as reader:
            return await reader.fetch("select * from email_delivery order by id")

    async def statuses(self) -> list[str]:
        return sorted(row["status"] for row in await self.deliveries())

    async def told(self) -> Sequence[tuple[str, dict[str, Any]]]:
        """The events of mails that were recorded."""
        async with self.db.reader() as reader:
            rows = await reader.fetch(
                "select type, payload from chassis.outbox where type like 'email.%'"
                " order by position"
            )
        return [(row["type"], row["payload"]) for row in rows]


def plain(mail: EmailMessage) -> str:
    """The text, its lines joined again."""
    return re.sub(r"\s+", " ", mail.get_body(("plain",)).get_content())


def html(mail: EmailMessage) -> str:
    return mail.get_body(("html",)).get_content()


def unsubscribe_link(mail: EmailMessage) -> str:
    return str(mail["List-Unsubscribe"]).strip(" <>")
