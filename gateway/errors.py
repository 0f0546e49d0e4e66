"""What a client is told when something fails: a stable code, the facts, no service's name."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

SERVICE_UNAVAILABLE = "SERVICE_UNAVAILABLE"
DEADLINE_EXCEEDED = "DEADLINE_EXCEEDED"
NULL_FOR_NON_NULL = "NULL_FOR_NON_NULL"
UNEXPECTED_VALUE = "UNEXPECTED_VALUE"
INTERNAL = "INTERNAL"
BAD_REQUEST = "BAD_REQUEST"
PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
VARIABLES_NOT_VALID = "VARIABLES_NOT_VALID"
QUERY_TOO_LARGE = "QUERY_TOO_LARGE"
PLAN_TOO_COMPLEX = "PLAN_TOO_COMPLEX"
CANNOT_BE_PLANNED = "CANNOT_BE_PLANNED"
TOO_MANY_STREAMS = "TOO_MANY_STREAMS"

_KEPT = ("code", "field", "facts", "requestId")
"""What of a service's extensions goes on to the client."""

_NOT_AVAILABLE = "This part of the answer is not available at the moment."
_TOO_LATE = "This part of the answer did not come in time."
_OUR_SIDE = "Something is wrong on our side. Whoever runs the service can find it by requestId."


@dataclass(frozen=True, slots=True)
class Failure:
    """Stands in the data where a value failed to come, and says why."""

    message: str
    extensions: Mapping[str, Any] = field(default_factory=dict)

    def told(self, path: list[str | int] | None = None) -> dict[str, Any]:
        """The error as the client sees it; `path` in the client's own names."""
        error: dict[str, Any] = {"message": self.message}
        if path is not None:
            error["path"] = path
        return {**error, "extensions": dict(self.extensions)}


class RequestError(Exception):
    """The request is refused before anything is asked of a service."""

    def __init__(self, code: str, message: str, *, status: int = 400, **told: Any) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.status = status
        self.told = told
        """More of the error, such as its locations."""

    def body(self) -> dict[str, Any]:
        return {"message": self.message, **self.told, "extensions": {"code": self.code}}


def unavailable(request_id: str) -> Failure:
    return Failure(_NOT_AVAILABLE, {"code": SERVICE_UNAVAILABLE, "requestId": request_id})


def too_late(request_id: str) -> Failure:
    return Failure(_TOO_LATE, {"code": DEADLINE_EXCEEDED, "requestId": request_id})


def internal(request_id: str) -> Failure:
    return Failure(_OUR_SIDE, {"code": INTERNAL, "requestId": request_id})


def heard(error: Any, request_id: str) -> Failure:
    """What a service said went wrong. Without a code of ours its words may tell too much."""
    said = error.get("extensions") if isinstance(error, dict) else None
    if not isinstance(said, dict) or "code" not in said:
        return internal(request_id)
    kept = {name: said[name] for name in _KEPT if name in said}
    return Failure(str(error.get("message", "")), {**kept, "requestId": request_id})
