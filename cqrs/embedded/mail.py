"""A mail server that delivers to nobody: it keeps what comes, to be looked at on this machine.

Settings by environment: CQRS_SMTP_PORT, where mails are taken, and CQRS_PORT, where they are shown:
a page at `/`, the mails as JSON at `/email` (as MailDev has them) and `/email/ID`.
"""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from html import escape
from typing import Any

import uvicorn
from aiosmtpd.smtp import SMTP, Envelope, Session
from pydantic_settings import BaseSettings, SettingsConfigDict
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

_LOOPBACK = ["127.0.0.1", "localhost"]
_KEPT = 5_000
_SHOWN = 200
_LARGEST = 1_048_576


class MailSettings(BaseSettings):
    model_config = SettingsConfigDict(env_prefix="CQRS_", frozen=True, extra="ignore")

    port: int
    smtp_port: int


@dataclass(frozen=True)
class Mail:
    id: int
    came: datetime
    recipients: list[str]
    content: bytes = field(repr=False)

    def read(self) -> EmailMessage:
        return message_from_bytes(self.content, policy=policy.default)

    def in_short(self) -> dict[str, Any]:
        message = self.read()
        return {
            "id": self.id,
            "time": self.came.isoformat(),
            "to": self.recipients,
            "from": str(message["From"]),
            "subject": str(message["Subject"]),
        }

    def whole(self) -> dict[str, Any]:
        message = self.read()
        headers = {name.lower(): str(value) for name, value in message.items()}
        parts = {kind: self.part(kind) for kind in ("text", "html")}
        return {**self.in_short(), "headers": headers, **parts}

    def part(self, kind: str) -> str:
        found = self.read().get_body(("plain",) if kind == "text" else ("html",))
        return str(found.get_content()) if found else ""


@dataclass
class Box:
    """The newest mails, and how many there were in all."""

    mails: deque[Mail] = field(default_factory=lambda: deque(maxlen=_KEPT))
    count: int = 0

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.count += 1
        content = envelope.content
        assert isinstance(content, bytes)
        self.mails.append(Mail(self.count, datetime.now(UTC), envelope.rcpt_tos, content))
        return "250 Kept"

    def newest(self, recipient: str | None) -> list[Mail]:
        found = (m for m in reversed(self.mails) if recipient in (None, *m.recipients))
        return [mail for mail, _ in zip(found, range(_SHOWN), strict=False)]

    def find(self, id_: int) -> Mail | None:
        return next((mail for mail in self.mails if mail.id == id_), None)


def application(box: Box) -> Starlette:
    async def page(request: Request) -> Response:
        rows = "".join(map(_row, box.newest(request.query_params.get("to"))))
        return HTMLResponse(_PAGE.format(count=f"{box.count:,}", rows=rows), headers=_HEADERS)

    async def listed(request: Request) -> Response:
        found = box.newest(request.query_params.get("to"))
        return JSONResponse(
            [mail.in_short() for mail in found], headers={"X-Count": str(box.count)}
        )

    async def one(request: Request) -> Response:
        mail = box.find(request.path_params["id"])
        return JSONResponse(mail.whole()) if mail else PlainTextResponse("gone", 404)

    async def shown(request: Request) -> Response:
        mail = box.find(request.path_params["id"])
        if mail is None:
            return PlainTextResponse("gone", 404)
        if request.path_params["kind"] == "text":
            return PlainTextResponse(mail.part("text"))
        return HTMLResponse(mail.part("html"), headers=_HEADERS)

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready")

    return Starlette(
        routes=[
            Route("/", page),
            Route("/email", listed),
            Route("/email/{id:int}", one),
            Route("/email/{id:int}/{kind:str}", shown),
            Route("/health/ready", ready),
        ],
        middleware=[Middleware(TrustedHostMiddleware, allowed_hosts=_LOOPBACK)],
    )


_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "frame-ancestors 'none'; base-uri 'none'"
}
"""What somebody sent is shown, and may do nothing."""
_PAGE = """<!doctype html><html lang="en-GB"><meta charset="utf-8"><title>Mails</title>
<body style="font:16px/1.5 Arial,sans-serif;margin:24px"><h1>{count} mails</h1>
<p>They went no further than this machine. The newest come first;
<a href="/email">as JSON</a>; those to one address: <code>/?to=ADDRESS</code>.</p>
<table cellpadding="6"><tr><th align="left">At<th align="left">To<th align="left">Subject<th></tr>
{rows}</table></body></html>"""


def _row(mail: Mail) -> str:
    said = mail.in_short()
    to, subject = escape(", ".join(said["to"])), escape(said["subject"])
    return (
        f"<tr><td>{mail.came:%H:%M:%S}<td>{to}<td><a href='/email/{mail.id}/html'>{subject}</a>"
        f"<td><a href='/email/{mail.id}/text'>text</a></tr>"
    )


async def _serve(settings: MailSettings) -> None:
    box = Box()
    taking = await asyncio.get_running_loop().create_server(
        lambda: SMTP(box, data_size_limit=_LARGEST, enable_SMTPUTF8=False, hostname="localhost"),
        "127.0.0.1",
        settings.smtp_port,
    )
    config = uvicorn.Config(
        application(box),
        host="127.0.0.1",
        port=settings.port,
        log_level="warning",
        lifespan="off",
        timeout_graceful_shutdown=1,
    )
    async with taking:
        await uvicorn.Server(config).serve()


if __name__ == "__main__":
    asyncio.run(_serve(MailSettings()))  # type: ignore[call-arg]  # filled from the environment
