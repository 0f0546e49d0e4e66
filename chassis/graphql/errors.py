"""What a caller is told of an error: a stable code, the facts, and nothing of our insides.

A refusal keeps its code. What may pass in a moment is TRY_AGAIN. A request that is not GraphQL, or
does not fit the schema, is the caller's. Anything else is a bug: the traceback goes into the log,
the caller gets a request id.
"""

from collections.abc import Sequence
from typing import Any

import structlog
from graphql import GraphQLError, GraphQLSyntaxError

from chassis import metrics
from chassis.errors import TRY_AGAIN, DomainError, TransientError

INTERNAL = "INTERNAL"
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
BAD_REQUEST = "BAD_REQUEST"

log = structlog.get_logger()


def answer(errors: Sequence[GraphQLError], request_id: str) -> list[dict[str, Any]]:
    """Write the errors as they are to be answered, and log each."""
    return [_located(error, describe(cause(error), request_id)) for error in errors]


def describe(error: BaseException, request_id: str) -> dict[str, Any]:
    """Write one error, without its place in the answer, and log it."""
    message, extensions = _told(error, request_id)
    metrics.errors.labels(extensions["code"]).inc()
    return {"message": message, "extensions": extensions}


def _told(error: BaseException, request_id: str) -> tuple[str, dict[str, Any]]:
    if isinstance(error, DomainError):
        log.info("request.refused", code=error.code, reason=error.message, field=error.field)
        return error.message, _facts(error)
    if isinstance(error, TransientError | TimeoutError):
        log.warning("request.try_again", error=str(error))
        return "Nothing is wrong with the request: try again in a moment.", {"code": TRY_AGAIN}
    if isinstance(error, GraphQLError) and error.path is None:
        code = PARSE_FAILED if isinstance(error, GraphQLSyntaxError) else VALIDATION_FAILED
        log.info("request.refused", code=code, reason=error.message)
        return error.message, {"code": code}
    log.error("request.failed", exc_info=error)
    message = "Something is wrong on our side. Whoever runs the service can find it by requestId."
    return message, {"code": INTERNAL, "requestId": request_id}


def _facts(error: DomainError) -> dict[str, Any]:
    extensions: dict[str, Any] = {"code": error.code}
    if error.field:
        extensions["field"] = error.field
    if error.facts:
        extensions["facts"] = error.facts
    return extensions


def cause(error: GraphQLError) -> BaseException:
    """Find what was raised under the error that says where.

    Of a variable that does not fit, the error above alone says which it is.
    """
    found: BaseException = error
    while isinstance(found, GraphQLError) and (under := found.original_error):
        if found.path is None and isinstance(under, GraphQLError):
            break
        found = under
    return found


def _located(error: GraphQLError, described: dict[str, Any]) -> dict[str, Any]:
    if error.locations:
        described["locations"] = [place.formatted for place in error.locations]
    if error.path is not None:
        described["path"] = error.path
    return described
