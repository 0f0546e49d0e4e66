"""One connection to the mail server, used for one mail after another.

The conversation is led step by step, because what a broken connection means depends on how far it
had come: until the content has gone, nothing was taken, and it may be begun again.
"""

import re
import socket
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final, Self

from aiosmtplib import SMTP
from aiosmtplib.errors import SMTPException, SMTPResponseException

from chassis.mail import Mail
from services.notifications.email.domain import Outcome, Step, Verdict, judge, outcome_text

_TIMEOUT: Final = 30.0
"""Seconds for each answer."""
_GO_ON: Final = 354
_CLOSING: Final = 421
_LEADING_DOT: Final = re.compile(rb"^\.", re.MULTILINE)
_BROKEN: Final = (SMTPException, OSError, TimeoutError)


class _NothingTakenError(Exception):
    """The connection failed before the content of the mail went."""


@dataclass
class Connection:
    mail: Mail
    content_went: bool = field(default=False, init=False)
    """Whether any of the content of the last mail went: until then nothing was taken."""
    _client: SMTP | None = field(default=None, init=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        client, self._client = self._client, None
        if client:
            with suppress(*_BROKEN):
                await client.quit(timeout=1)
            client.close()

    async def send(self, recipient: str, content: bytes) -> Outcome:
        """Send one mail. A connection that had gone stale is made anew, once."""
        stale, self.content_went = self._client is not None, False
        try:
            return await self._sent(recipient, content)
        except _NothingTakenError as broken:
            self._drop()
            if stale:
                return await self.send(recipient, content)
            return Outcome(Verdict.UNREACHABLE, "UNREACHABLE", outcome_text(str(broken)))

    async def _sent(self, recipient: str, content: bytes) -> Outcome:
        client = await self._open()
        step = Step.SENDER
        try:
            await client.mail(self.mail.sender)
            step = Step.RECIPIENT
            await client.rcpt(recipient)
            step = Step.CONTENT
            ready = await client.execute_command(b"DATA")
        except SMTPResponseException as refused:
            return await self._refused(client, step, refused.code, refused.message)
        except _BROKEN as error:
            raise _NothingTakenError(_said(error)) from error
        if ready.code != _GO_ON:
            return await self._refused(client, step, ready.code, ready.message)
        return await self._content(client, content)

    async def _content(self, client: SMTP, content: bytes) -> Outcome:
        assert client.protocol
        self.content_went = True
        try:
            client.protocol.write(_LEADING_DOT.sub(b"..", content) + b".\r\n")
            answer = await client.protocol.read_response(timeout=_TIMEOUT)
        except _BROKEN as error:
            self._drop()
            return Outcome(Verdict.UNCERTAIN, "UNCERTAIN", _said(error))
        if answer.code >= 400:
            return await self._refused(client, Step.CONTENT, answer.code, answer.message)
        return Outcome(Verdict.SENT)

    async def _refused(self, client: SMTP, step: Step, code: int, text: str) -> Outcome:
        """Leave the connection as it was before this mail."""
        if code == _CLOSING:
            raise _NothingTakenError(f"{code} {text}")
        try:
            await client.rset()
        except _BROKEN:
            self._drop()
        return judge(step, code, text)

    async def _open(self) -> SMTP:
        if self._client is None:
            mail = self.mail
            client = SMTP(
                hostname=mail.host,
                port=mail.port,
                username=mail.username or None,
                password=mail.password or None,
                use_tls=mail.tls == "implicit",
                start_tls=mail.tls == "starttls",
                local_hostname=socket.gethostname(),
                timeout=_TIMEOUT,
            )
            try:
                await client.connect()
            except (*_BROKEN, ValueError) as error:
                client.close()
                raise _NothingTakenError(_said(error)) from error
            self._client = client
        return self._client

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client:
            client.close()


def _said(error: BaseException) -> str:
    return outcome_text(f"{type(error).__name__}: {error}")
