"""An event as a reader receives it: CloudEvents in Kafka's binary mode, decoded with care."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias
from uuid import UUID

import orjson
from aiokafka import ConsumerRecord

from chassis import trace, wire

Record: TypeAlias = "ConsumerRecord[bytes, bytes]"


@dataclass(frozen=True, slots=True)
class Received:
    id: UUID
    type: str
    source: str
    time: datetime
    """When it happened, on the business clock of its source."""
    topic: str
    partition: int
    offset: int
    key: str
    payload: dict[str, Any]
    traceparent: str | None = field(default=None, compare=False)


class UndecodableError(Exception):
    """The record is not an event; the message says why."""


def type_of(record: Record) -> str | None:
    """The event's type, before anything else of it is read; None where it names none."""
    try:
        return _headers(record).get("ce_type")
    except UndecodableError:
        return None


def decode(record: Record) -> Received:
    """Read a record as an event; raises UndecodableError."""
    headers = _headers(record)
    try:
        return Received(
            id=UUID(headers["ce_id"]),
            type=headers["ce_type"],
            source=headers["ce_source"],
            time=_moment(headers["ce_time"]),
            topic=record.topic,
            partition=record.partition,
            offset=record.offset,
            key=(record.key or b"").decode(),
            payload=_payload(record.value),
            traceparent=trace.heard(headers.get("traceparent")),
        )
    except KeyError as error:
        raise UndecodableError(f"header {error.args[0]} is missing") from error
    except UnicodeDecodeError as error:
        raise UndecodableError(f"the key is not UTF-8: {error}") from error
    except ValueError as error:
        raise UndecodableError(str(error)) from error


def _headers(record: Record) -> dict[str, str]:
    try:
        return {name: (value or b"").decode() for name, value in record.headers}
    except UnicodeDecodeError as error:
        raise UndecodableError(f"a header is not UTF-8: {error}") from error


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise UndecodableError(f"header ce_time has no zone: {text}")
    return moment


def _payload(value: bytes | None) -> dict[str, Any]:
    if value is None:
        raise UndecodableError("there is no payload")
    try:
        payload = wire.decode(value)
    except orjson.JSONDecodeError as error:
        raise UndecodableError(f"the payload is not JSON: {error}") from error
    if not isinstance(payload, dict):
        raise UndecodableError("the payload is not a JSON object")
    return payload
