"""POST /graphql: who is it, until when, and then the schema.

The status is 200 for whatever the schema answered, errors included. It is another where the
request never reached the schema: 401 without a valid token, 403 where the person may not act for
the organisation, 400, 413 and 415 for what is no GraphQL request, 503 for what may soon pass.
"""

import asyncio
import re
import time
from collections.abc import AsyncGenerator, Collection, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Generic

import orjson
import structlog
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType as Allowed

from chassis import db, metrics, trace
from chassis.auth import Identity, TokenVerifier, UnauthenticatedError
from chassis.clock import Clock
from chassis.errors import DomainError, TransientError
from chassis.files import Files
from chassis.graphql import errors
from chassis.graphql.context import Context, P
from chassis.graphql.live import Live
from chassis.graphql.stream import (
    LAST_EVENT_HEADER,
    MEDIA_TYPE,
    EventStream,
    Streams,
    TooManyStreamsError,
)
from chassis.ids import new_id
from chassis.service import Service
from chassis.watching import Watcher

DEADLINE_HEADER = "x-deadline-ms"
"""Milliseconds the caller will wait yet, counted from the request's arrival."""
_NUMBER = re.compile(r"[0-9]{1,18}")
_MILLISECONDS = re.compile(r"[0-9]{1,9}")
ACTING_FOR_HEADER = "x-acting-for"
LONGEST_MS = 30_000
LONGEST_QUERY = 65_536
"""Characters of a query. Long lists belong into the variables."""

_OPEN_FIELDS = {"_service", "__typename"}
_LONGEST_OF_STRANGERS = 1_000
"""Tokens of a document of somebody who is not known here."""


class RequestError(DomainError):
    """It is no GraphQL request at all."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(code, message)
        self.status = status


class Operation(BaseModel):
    query: str = Field(max_length=LONGEST_QUERY)
    variables: dict[str, Any] | None = None
    name: str | None = Field(default=None, alias="operationName")


@dataclass(frozen=True, kw_only=True)
class GraphQLEndpoint(Generic[P]):
    service: Service[P]
    database: db.Database
    verifier: TokenVerifier
    clock: Clock
    files: Files
    body_limit: int
    demonstration: bool = False
    streams: Streams = field(default_factory=Streams)
    watcher: Watcher | None = None

    async def answer(self, request: Request) -> ASGIApp:
        """Answer one request; whatever goes wrong, the answer is GraphQL's."""
        call = _Call(request, str(new_id()))
        began = time.perf_counter()
        call.carry()
        with metrics.in_flight.track_inprogress():
            try:
                async with asyncio.timeout_at(_deadline(request)):
                    if MEDIA_TYPE in request.headers.get("accept", ""):
                        return await self._stream(call)
                    status, body = 200, await self._executed(call)
            except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
                status, body = _status(error), {"errors": [errors.describe(error, call.id)]}
        metrics.requests.labels(call.field, _outcome(body)).observe(time.perf_counter() - began)
        return _response(status, body, call.id)

    async def _executed(self, call: "_Call") -> dict[str, Any]:
        bearer = _bearer(call.request)
        operation = _operation(await _body(call.request, self.body_limit))
        context = await self._context(call, bearer, operation) if bearer else None
        if context is None and not _is_open(operation.query):
            raise UnauthenticatedError("token", "Send a token: Authorization: Bearer …")
        result = await _execute(self.service, operation, context)
        call.field = context.root_field if context else "_service"
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = errors.answer(result.errors, call.id)
        return body

    async def _stream(self, call: "_Call") -> EventStream:
        """Open a stream for the operation; what it is refused with, it says itself."""
        operation = _operation(await _body(call.request, self.body_limit))
        if not (bearer := _bearer(call.request)):
            raise UnauthenticatedError("token", "Send a token: Authorization: Bearer …")
        after = _last_event(call.request)
        context = await self._context(call, bearer)
        with ExitStack() as resources:
            resources.enter_context(self.streams.place(context.principal.person_id))
            context.live = Live(
                watcher=self.watcher, after=after, renew_caller=lambda: self._renew(context)
            )
            return EventStream(
                results=await _streamed(self.service, operation, context),
                live=context.live,
                expires=context.identity.expires,
                streams=self.streams,
                resources=resources.pop_all(),
                request_id=call.id,
            )

    async def _renew(self, context: Context[P]) -> None:
        """See again who calls: what was theirs may have been taken since."""
        context.now = self.clock.now()
        who, acting_for = context.identity, context.principal.organisation
        async with self.database.reader() as reader:
            context.principal = await self.service.principal(reader, who, acting_for, context.now)
        context.loaders.clear()

    async def _context(
        self, call: "_Call", bearer: str, operation: Operation | None = None
    ) -> Context[P]:
        identity = await self.verifier.verify(bearer)
        now = self.clock.now()
        acting_for = call.request.headers.get(ACTING_FOR_HEADER)
        try:
            async with self.database.reader() as reader:
                principal = await self.service.principal(reader, identity, acting_for, now)
        except DomainError as refused:
            principal = self._stranger(identity, operation, refused)
        return Context(
            db=self.database,
            principal=principal,
            identity=identity,
            clock=self.clock,
            now=now,
            request_id=call.id,
            files=self.files,
            demonstration=self.demonstration,
        )

    def _stranger(self, identity: Identity, operation: Operation | None, refused: DomainError) -> P:
        """Somebody with a token who is refused, unless they ask for what is open to them."""
        strangers = self.service.strangers
        if strangers is None or operation is None or refused.code not in strangers.refusals:
            raise refused
        if not _asks_only(
            operation.query, {*strangers.fields, "__typename"}, _LONGEST_OF_STRANGERS
        ):
            raise refused
        return strangers.principal(identity, self.clock.now())


@dataclass(slots=True)
class _Call:
    """A request being answered."""

    request: Request
    id: str
    field: str = "none"
    """Its first root field, once the schema has found that it exists."""

    def carry(self) -> None:
        """Set what follows it through our code; its task has a context of its own."""
        header = trace.heard(self.request.headers.get("traceparent"))
        trace.traceparent.set(header)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=self.id, traceparent=header)


async def _streamed(
    service: Service[P], operation: Operation, context: Context[P]
) -> AsyncGenerator[Any]:
    return await service.schema.stream(
        operation.query,
        variable_values=operation.variables,
        operation_name=operation.name,
        context_value=context,
    )


async def _execute(
    service: Service[P], operation: Operation, context: Context[P] | None
) -> ExecutionResult:
    try:
        return await service.schema.execute(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.name,
            context_value=context,
            allowed_operation_types=(Allowed.QUERY, Allowed.MUTATION),
        )
    except InvalidOperationTypeError as error:
        message = "A subscription is answered by a stream: ask with Accept: text/event-stream."
        raise RequestError(406, "STREAM_REQUIRED", message) from error
    except (MissingQueryError, CannotGetOperationTypeError) as error:
        message = "The query holds no operation of that name that could be run."
        raise RequestError(400, errors.BAD_REQUEST, message) from error


def _deadline(request: Request) -> float:
    """Take the time the caller leaves us; the database is told of it too."""
    given = request.headers.get(DEADLINE_HEADER, "")
    left = min(int(given), LONGEST_MS) if _MILLISECONDS.fullmatch(given) else LONGEST_MS
    until = asyncio.get_running_loop().time() + left / 1_000
    db.deadline.set(until)
    return until


def _last_event(request: Request) -> int | None:
    given = request.headers.get(LAST_EVENT_HEADER)
    if given is None:
        return None
    if not _NUMBER.fullmatch(given):
        message = "Last-Event-ID is the id of the last event that was received, a whole number."
        raise RequestError(400, "LAST_EVENT_ID_NOT_VALID", message)
    return int(given)


def _bearer(request: Request) -> str | None:
    given = request.headers.get("authorization")
    if not given:
        return None
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer":
        raise UnauthenticatedError("form", "Send a token: Authorization: Bearer …")
    return token.strip()


async def _body(request: Request, limit: int) -> bytes:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise RequestError(415, "MEDIA_TYPE", "Send application/json.")
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise RequestError(413, "BODY_TOO_LARGE", f"A request may have {limit} bytes.")
    return bytes(body)


def _operation(body: bytes) -> Operation:
    try:
        given = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise RequestError(400, errors.BAD_REQUEST, f"The body is not JSON: {error}.") from None
    try:
        return Operation.model_validate(given)
    except ValidationError as error:
        wrong = error.errors()[0]
        where = ".".join(str(step) for step in wrong["loc"]) or "the body"
        message = f"{where}: {wrong['msg']}."
        raise RequestError(400, errors.BAD_REQUEST, message) from None


def _is_open(query: str) -> bool:
    """Whether it asks for nothing but what everybody may know: the schema's own text."""
    return _asks_only(query, _OPEN_FIELDS, 50, {OperationType.QUERY})


def _asks_only(
    query: str,
    fields: Collection[str],
    tokens: int,
    kinds: Collection[OperationType] = tuple(OperationType),
) -> bool:
    """Whether every root field is one of these, each named in the operation itself.

    A document of more tokens is not looked at, and asks for something else.
    """
    try:
        document = parse(query, max_tokens=tokens)
    except GraphQLError:
        return False
    return all(
        isinstance(definition, OperationDefinitionNode)
        and definition.operation in kinds
        and all(
            isinstance(field, FieldNode) and field.name.value in fields
            for field in definition.selection_set.selections
        )
        for definition in document.definitions
    )


def _status(error: Exception) -> int:
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, UnauthenticatedError):
        return 401
    if isinstance(error, TooManyStreamsError):
        return 429
    if isinstance(error, DomainError):
        return 403
    return 503 if isinstance(error, TransientError | TimeoutError) else 500


def _outcome(body: Mapping[str, Any]) -> str:
    found = body.get("errors")
    return str(found[0]["extensions"]["code"]) if found else "OK"


def _response(status: int, body: Mapping[str, Any], request_id: str) -> Response:
    headers = {"X-Request-Id": request_id, "Cache-Control": "no-store"}
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(orjson.dumps(body, default=str), status, headers, "application/json")
