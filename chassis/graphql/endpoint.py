"""POST /graphql: who is it, until when, and then the schema.

The status is 200 for whatever the schema answered, errors included. It is another where the
request never reached the schema: 401 without a valid token, 403 where the person may not act for
the organisation, 400, 413 and 415 for what is no GraphQL request, 503 for what may soon pass.
"""

import asyncio
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic

import orjson
import structlog
from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse
from pydantic import BaseModel, Field, ValidationError
from starlette.requests import Request
from starlette.responses import Response
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types import ExecutionResult

from chassis import db, metrics, trace
from chassis.auth import TokenVerifier, UnauthenticatedError
from chassis.clock import Clock
from chassis.errors import DomainError, TransientError
from chassis.files import Files
from chassis.graphql import errors
from chassis.graphql.context import Context, P
from chassis.ids import new_id
from chassis.service import Service

DEADLINE_HEADER = "x-deadline-ms"
"""Milliseconds the caller will wait yet, counted from the request's arrival."""
_MILLISECONDS = re.compile(r"[0-9]{1,9}")
ACTING_FOR_HEADER = "x-acting-for"
LONGEST_MS = 30_000
LONGEST_QUERY = 65_536
"""Characters of a query. Long lists belong into the variables."""

_OPEN_FIELDS = {"_service", "__typename"}


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

    async def answer(self, request: Request) -> Response:
        """Answer one request; whatever goes wrong, the answer is GraphQL's."""
        call = _Call(request, str(new_id()))
        began = time.perf_counter()
        call.carry()
        with metrics.in_flight.track_inprogress():
            try:
                async with asyncio.timeout_at(_deadline(request)):
                    status, body = 200, await self._executed(call)
            except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
                status, body = _status(error), {"errors": [errors.describe(error, call.id)]}
        metrics.requests.labels(call.field, _outcome(body)).observe(time.perf_counter() - began)
        return _response(status, body, call.id)

    async def _executed(self, call: "_Call") -> dict[str, Any]:
        bearer = _bearer(call.request)
        operation = _operation(await _body(call.request, self.body_limit))
        context = await self._context(call, bearer) if bearer else None
        if context is None and not _is_open(operation.query):
            raise UnauthenticatedError("token", "Send a token: Authorization: Bearer …")
        result = await _execute(self.service, operation, context)
        call.field = context.root_field if context else "_service"
        body: dict[str, Any] = {"data": result.data}
        if result.errors:
            body["errors"] = errors.answer(result.errors, call.id)
        return body

    async def _context(self, call: "_Call", bearer: str) -> Context[P]:
        identity = await self.verifier.verify(bearer)
        now = self.clock.now()
        acting_for = call.request.headers.get(ACTING_FOR_HEADER)
        async with self.database.reader() as reader:
            principal = await self.service.principal(reader, identity, acting_for, now)
        return Context(
            db=self.database,
            principal=principal,
            identity=identity,
            clock=self.clock,
            now=now,
            request_id=call.id,
            files=self.files,
        )


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


async def _execute(
    service: Service[P], operation: Operation, context: Context[P] | None
) -> ExecutionResult:
    try:
        return await service.schema.execute(
            operation.query,
            variable_values=operation.variables,
            operation_name=operation.name,
            context_value=context,
        )
    except (MissingQueryError, CannotGetOperationTypeError, InvalidOperationTypeError) as error:
        message = "The query holds no operation of that name that could be run."
        raise RequestError(400, errors.BAD_REQUEST, message) from error


def _deadline(request: Request) -> float:
    """Take the time the caller leaves us; the database is told of it too."""
    given = request.headers.get(DEADLINE_HEADER, "")
    left = min(int(given), LONGEST_MS) if _MILLISECONDS.fullmatch(given) else LONGEST_MS
    until = asyncio.get_running_loop().time() + left / 1_000
    db.deadline.set(until)
    return until


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
    try:
        document = parse(query, max_tokens=50)
    except GraphQLError:
        return False
    return all(
        isinstance(definition, OperationDefinitionNode)
        and definition.operation is OperationType.QUERY
        and all(
            isinstance(field, FieldNode) and field.name.value in _OPEN_FIELDS
            for field in definition.selection_set.selections
        )
        for definition in document.definitions
    )


def _status(error: Exception) -> int:
    if isinstance(error, RequestError):
        return error.status
    if isinstance(error, UnauthenticatedError):
        return 401
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
