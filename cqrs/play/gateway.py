"""A client of the gateway: GraphQL as a person for an organisation, and files by signed paths."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BufferedReader, FileIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import aiohttp

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PASSING = frozenset({"NOT_YET_KNOWN", "TRY_AGAIN", "PERSON_NOT_KNOWN", "NOT_LINKED"})
"""Refusals that pass: somebody has not yet heard of what was done a moment ago."""
_TOKEN_SECONDS = 1_800.0
_KEPT_ALIVE = 3.0
"""Seconds an idle connection is used again: less than the gateway keeps it open."""


class Refused(RuntimeError):  # noqa: N818 - it is what happened, and reads so
    """The gateway answered errors; `code` is the first one's."""

    def __init__(self, person: str, errors: list[dict[str, Any]]) -> None:
        self.code = str(errors[0].get("extensions", {}).get("code", ""))
        said = "; ".join(f"{_code(e)} {e['message']} (at {e.get('path')})" for e in errors[:3])
        super().__init__(f"{person} was refused: {said}")


class DeliveryError(RuntimeError):
    """A file was not taken; `status` is HTTP's, 0 where there was no answer, `code` ours."""

    def __init__(self, message: str, status: int = 0, code: str = "") -> None:
        super().__init__(message)
        self.status, self.code = status, code


@dataclass
class Gateway:
    """Where the system is reached. One session for everybody: no cookie tells them apart."""

    address: str
    issuer: str
    session: aiohttp.ClientSession = field(repr=False)
    password: str = field(default="", repr=False)
    """Everybody's in a demonstration, where the issuer asks for one."""
    calls: int = 0

    def person(self, subject: str, organisation: str) -> "Person":
        return Person(self, subject, organisation)


@dataclass
class Person:
    """Somebody signed in, acting for one organisation."""

    gateway: Gateway
    subject: str
    organisation: str
    _token: str = field(default="", repr=False)
    _signed_in: float = 0.0
    passing: ClassVar[frozenset[str]] = _PASSING
    patience: ClassVar[float] = 60.0
    """Seconds in which a refusal that passes is asked again."""

    async def ask(self, document: str, **variables: object) -> Mapping[str, Any]:
        """The data of an answer without errors; refusals that pass are asked again."""
        until = time.monotonic() + self.patience
        pause = 0.05
        while True:
            try:
                return await self.ask_once(document, variables)
            except Refused as refused:
                if refused.code not in self.passing or time.monotonic() > until:
                    raise
            await asyncio.sleep(pause)
            pause = min(pause * 2, 1.0)

    async def put(self, path: str, file: Path, sent: Callable[[int], None]) -> None:
        """Deliver a file to where the system said; the path is signed, and needs no token.

        It goes part by part, as `sent` hears, and no part before the system says that it takes a
        file of that length.
        """
        address, session = f"{self.gateway.address}{path}", self.gateway.session
        with BufferedReader(_Watched(file, sent)) as content:
            async with session.put(address, data=content, expect100=True) as answer:
                if not answer.ok:
                    code, said = await _refusal(answer)
                    message = f"{file.name} was not taken: {said}"
                    raise DeliveryError(message, answer.status, code)

    async def token(self) -> str:
        if time.monotonic() - self._signed_in > _TOKEN_SECONDS or not self._token:
            asked = self.gateway
            self._token = await sign_in(asked.session, asked.issuer, self.subject, asked.password)
            self._signed_in = time.monotonic()
        return self._token

    async def ask_once(self, document: str, variables: Mapping[str, object]) -> Mapping[str, Any]:
        self.gateway.calls += 1
        headers = {
            "Authorization": f"Bearer {await self.token()}",
            "X-Acting-For": self.organisation,
        }
        asked = {"query": document, "variables": variables}
        address = f"{self.gateway.address}/graphql"
        async with self.gateway.session.post(address, json=asked, headers=headers) as answer:
            told = await answer.json(content_type=None)
        if told.get("errors"):
            raise Refused(f"{self.subject} for {self.organisation}", told["errors"])
        data: Mapping[str, Any] = told["data"]
        return data


class _Watched(FileIO):
    """A file that tells how much of it has been read."""

    def __init__(self, file: Path, read: Callable[[int], None]) -> None:
        super().__init__(file)
        self._tell = read

    def readinto(self, buffer: "WriteableBuffer") -> int:
        size = super().readinto(buffer)
        self._tell(size)
        return size


async def _refusal(answer: aiohttp.ClientResponse) -> tuple[str, str]:
    """Its code, and all of it in words."""
    try:
        (error, *_) = (await answer.json(content_type=None))["errors"]
    except (ValueError, LookupError, TypeError):
        return "", str(answer.status)
    return _code(error), f"{_code(error)} {error['message']}"


@asynccontextmanager
async def reached(address: str, issuer: str, password: str = "") -> AsyncIterator[Gateway]:
    """The gateway at an address, with a session of its own."""
    connector = aiohttp.TCPConnector(keepalive_timeout=_KEPT_ALIVE)
    async with aiohttp.ClientSession(connector=connector) as session:
        yield Gateway(address, issuer, session, password)


async def sign_in(
    session: aiohttp.ClientSession, issuer: str, subject: str, password: str = ""
) -> str:
    """A token: of Keycloak for a password, else of the built-in issuer, which believes anybody."""
    if password:
        grant = {"grant_type": "password", "client_id": "cqrs", "username": subject}
        asked = session.post(
            f"{issuer}/protocol/openid-connect/token", data=grant | {"password": password}
        )
    else:
        asked = session.post(f"{issuer}/token", json={"subject": subject})
    async with asked as answer:
        answer.raise_for_status()
        return str((await answer.json())["access_token"])


def _code(error: Mapping[str, Any]) -> str:
    return str(error.get("extensions", {}).get("code", ""))


def document(name: str) -> str:
    """A GraphQL document of the play, by its file's name."""
    return (Path(__file__).parent / "documents" / f"{name}.graphql").read_text()
