"""`/files/<service>/…` and `/links/<service>/…` go through to the service as they come."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass

import aiohttp
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from yarl import URL

from gateway import errors
from gateway.errors import Failure

_UP = ("content-type", "content-length", "range", "if-none-match", "traceparent")
_DOWN = (
    "content-type",
    "content-length",
    "content-disposition",
    "content-range",
    "etag",
    "cache-control",
    "content-security-policy",
    "referrer-policy",
    "x-content-type-options",
)
_QUIET_SECONDS = 60


@dataclass
class FileRoom:
    """Passes on files, and what people do by links they were sent.

    The signature in the path is the service's affair.
    """

    services: Mapping[str, str]
    """Address by the service's name."""
    limit: int
    session: aiohttp.ClientSession | None = None

    async def passed_on(self, request: Request) -> Response:
        address = self.services.get(request.path_params["service"])
        if address is None:
            return _refused(404, "NOT_FOUND", "There is nothing at this path.")
        if int(request.headers.get("content-length") or 0) > self.limit:
            return _refused(413, "FILE_TOO_LARGE", f"A file may have {self.limit} bytes.")
        try:
            return await self._passed(request, address)
        except (aiohttp.ClientError, TimeoutError, OSError):
            message = "The file cannot be passed on at the moment."
            return _refused(503, errors.SERVICE_UNAVAILABLE, message)

    async def _passed(self, request: Request, address: str) -> Response:
        if self.session is None:
            timeout = aiohttp.ClientTimeout(total=None, sock_read=_QUIET_SECONDS, sock_connect=5)
            self.session = aiohttp.ClientSession(
                timeout=timeout,
                auto_decompress=False,
                cookie_jar=aiohttp.DummyCookieJar(),  # one client's cookies are no other's
            )
        query = f"?{request.url.query}" if request.url.query else ""
        url = f"{address}{request.scope['raw_path'].decode('latin-1')}{query}"
        sent = {name: request.headers[name] for name in _UP if name in request.headers}
        body = self._counted(request) if request.method in ("PUT", "POST") else None
        # A service that does not take a file says so before any of it has been asked for.
        answer = await self.session.request(
            request.method,
            URL(url, encoded=True),
            headers=sent,
            data=body,
            expect100=request.method == "PUT",
        )
        told = {name: answer.headers[name] for name in _DOWN if name in answer.headers}
        return StreamingResponse(_parts(answer), answer.status, told)

    async def _counted(self, request: Request) -> AsyncIterator[bytes]:
        """The body as it comes; one longer than the limit breaks off, so the service drops it."""
        length = 0
        try:
            async for part in request.stream():
                length += len(part)
                if length > self.limit:
                    raise aiohttp.ClientPayloadError("the file is too large")
                if part:
                    yield part
        except ClientDisconnect as error:
            raise aiohttp.ClientPayloadError("the client broke off") from error

    async def close(self) -> None:
        if self.session is not None:
            await self.session.close()


async def _parts(answer: aiohttp.ClientResponse) -> AsyncIterator[bytes]:
    async with answer:
        async for part in answer.content.iter_any():
            yield part


def _refused(status: int, code: str, message: str) -> Response:
    return JSONResponse({"errors": [Failure(message, {"code": code}).told()]}, status)
