"""GraphQL over HTTP: POST and GET /graphql, and the page for people at the same address.

Every well-formed request is answered 200 with `application/json`; a client that accepts
`application/graphql-response+json` gets 400 for a query that could not be carried out at all.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson
import structlog
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from chassis.ids import new_id
from gateway import errors, headers, metrics
from gateway.answer import Asked, Gateway, caller
from gateway.config import GatewaySettings
from gateway.errors import RequestError
from gateway.event_stream import MEDIA_TYPE as EVENT_STREAM
from gateway.subscribe import StreamRefusedError, Streams, Subscribing, refused

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
_OPEN = ("authorization", "x-acting-for", "graphql-require-preflight", "x-requested-with")
"""Headers no other site's page can send without a preflight."""

log = structlog.get_logger()


@dataclass
class GraphQLEdge:
    """The endpoint, as a plain ASGI application."""

    gateway: Gateway
    streams: Streams
    settings: GatewaySettings
    names: tuple[str, ...]
    """The headers that go on."""
    body_limit: int
    page: str

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        if request.method == "GET" and _wants_page(request.headers):
            response: ASGIApp = HTMLResponse(self.page, headers=_PAGE_HEADERS)
        elif _wants_stream(request.headers):
            response = await self._streamed(request)
        else:
            response = await self._answered(request)
        await response(scope, receive, send)

    async def _answered(self, request: Request) -> Response:
        request_id, began = str(new_id()), time.perf_counter()
        media = JSON
        with metrics.in_flight.track_inprogress():
            try:
                media = _accepted(request.headers.get("accept"))
                status, body = 200, await self._answer(request, request_id)
            except RequestError as error:
                status, body = _refusal_status(error, media), {"errors": [error.body()]}
            except Exception:  # the edge: a bug becomes an answer with an id to find it by
                log.exception("request.failed", request_id=request_id)
                status, body = 500, {"errors": [errors.internal(request_id).told()]}
        code = body["errors"][0]["extensions"].get("code", "none") if body.get("errors") else "ok"
        metrics.answered.labels(code).observe(time.perf_counter() - began)
        told = {"x-request-id": request_id, **({"allow": "GET, POST"} if status == 405 else {})}
        return Response(orjson.dumps(body), status, told, media_type=f"{media}; charset=utf-8")

    async def _streamed(self, request: Request) -> ASGIApp:
        """Open the stream that is asked for. What is refused is its only event, where it can be."""
        request_id = str(new_id())
        try:
            return await self._opened(request, request_id)
        except StreamRefusedError as error:
            return refused(error.told, request_id)
        except RequestError as error:
            status = _refusal_status(error, JSON)
            if status == 200:
                return refused([error.body()], request_id)
            body = {"errors": [error.body()]}
        except Exception:  # the edge, again
            log.exception("request.failed", request_id=request_id)
            status, body = 500, {"errors": [errors.internal(request_id).told()]}
        told = {"x-request-id": request_id, **({"retry-after": "5"} if status != 400 else {})}
        return Response(orjson.dumps(body), status, told, media_type=JSON)

    async def _opened(self, request: Request, request_id: str) -> ASGIApp:
        asked = await self._asked(request)
        operation = await self.gateway.operation(asked)
        if operation.kind != "subscription":
            message = f"Only subscriptions are answered as {EVENT_STREAM}."
            raise RequestError(errors.BAD_REQUEST, message, status=406)
        passed = headers.passed_on(request.headers, self.names)
        last = headers.passed_on(request.headers, (headers.LAST_EVENT,)).get(headers.LAST_EVENT)
        wanted = Subscribing(operation, asked.variables, passed, request_id, last)
        return await self.streams.open(wanted)

    async def _answer(self, request: Request, request_id: str) -> dict[str, Any]:
        asked = await self._asked(request)
        operation = await self.gateway.operation(asked)
        if request.method == "GET" and operation.kind != "query":
            raise RequestError(errors.BAD_REQUEST, "GET is for queries.", status=405)
        if operation.kind == "subscription":
            message = f"A subscription is answered as {EVENT_STREAM}: say so in Accept."
            raise RequestError(errors.BAD_REQUEST, message, status=406)
        seconds = self.settings.seconds
        if operation.kind == "mutation":
            seconds = self.settings.mutation_seconds
        passed = headers.passed_on(request.headers, self.names)
        by = caller(request_id, passed, seconds, request.headers.get(headers.DEADLINE))
        return await self.gateway.answer(operation, asked.variables, by)

    async def _asked(self, request: Request) -> Asked:
        if request.method == "POST":
            _json_only(request.headers.get("content-type", ""))
            return Asked.read(_loaded(await self._body(request)))
        if request.method != "GET":
            raise RequestError(errors.BAD_REQUEST, "GraphQL takes GET and POST.", status=405)
        if not _same_site(request.headers):
            message = "A query by GET needs the header GraphQL-Require-Preflight."
            raise RequestError(errors.BAD_REQUEST, message)
        return Asked.read(_parameters(request.scope["query_string"]))

    async def _body(self, request: Request) -> bytes:
        body = b""
        try:
            async for part in request.stream():
                body += part
                if len(body) > self.body_limit:
                    message = f"A request may have {self.body_limit} bytes."
                    raise RequestError(errors.BAD_REQUEST, message, status=413)
        except ClientDisconnect:
            raise RequestError(errors.BAD_REQUEST, "The request broke off.") from None
        return body


_PAGE_HEADERS = {
    "content-security-policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src *; "
        "img-src 'self' data:; font-src data:; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    ),
    "cache-control": "no-cache",
}


def _wants_page(given: Headers) -> bool:
    return "text/html" in given.get("accept", "")


def _wants_stream(given: Headers) -> bool:
    return given.get("accept", "").split(",")[0].split(";")[0].strip().lower() == EVENT_STREAM


def _accepted(accept: str | None) -> str:
    """The media type to answer in, by what the client puts first."""
    if not accept:
        return JSON
    for part in accept.split(","):
        wanted = part.split(";")[0].strip().lower()
        if wanted == GRAPHQL:
            return GRAPHQL
        if wanted in (JSON, "application/*", "*/*"):
            return JSON
    raise RequestError(errors.BAD_REQUEST, f"Answers are {JSON} or {GRAPHQL}.", status=406)


def _refusal_status(error: RequestError, media: str) -> int:
    """The status of a refusal; what is well-formed GraphQL is 200 in plain JSON."""
    well_formed = error.status == 400 and error.code != errors.BAD_REQUEST
    return 200 if well_formed and media == JSON else error.status


def _json_only(content_type: str) -> None:
    kind, _, parameters = content_type.partition(";")
    charset = parameters.lower().replace('"', "").replace(" ", "")
    if kind.strip().lower() != JSON or charset not in ("", "charset=utf-8", "charset=utf8"):
        raise RequestError(errors.BAD_REQUEST, "A request is application/json.", status=415)


def _loaded(body: bytes | str) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(errors.BAD_REQUEST, f"The request is no JSON: {error}.") from None


def _same_site(given: Headers) -> bool:
    """Whether no other site's page can have sent it."""
    if given.get("sec-fetch-mode") in ("cors", "same-origin"):
        return True
    return any(name in given for name in _OPEN)


def _parameters(query_string: bytes) -> Mapping[str, Any]:
    given: dict[str, Any] = {
        name: values[-1] for name, values in parse_qs(query_string.decode("latin-1")).items()
    }
    for name in ("variables", "extensions"):
        if name in given:
            given[name] = _loaded(given[name])
    return given
