"""Parking what could not be read or handled, with the reason, in `<topic>.dead`.

It goes through the outbox, in the transaction that leaves the record behind: nothing is parked and
forgotten, or forgotten and not parked.
"""

import base64
from datetime import UTC, datetime
from uuid import NAMESPACE_URL, UUID, uuid5

from chassis import inbox, outbox
from chassis.db import Tx
from chassis.errors import DomainError
from chassis.outbox import Event
from chassis.received import Record, UndecodableError
from chassis.topics import DEAD

PARKED = "record.parked.v1"

_MOST = 200_000
"""Bytes of a value that are kept: a broker takes a megabyte, and base64 swells."""


async def park(tx: Tx, group: str, record: Record, reason: Exception) -> bool:
    """Record the parked record, once however often it comes; answers if it was new."""
    new = await inbox.first_time(tx, group + DEAD, [_identity(group, record)])
    if new:
        await outbox.record(tx, [_parked(group, record, reason)], at=datetime.now(UTC))
    return bool(new)


def _identity(group: str, record: Record) -> UUID:
    place = f"{group}/{record.topic}/{record.partition}/{record.offset}/{record.timestamp}"
    return uuid5(NAMESPACE_URL, place)


def _parked(group: str, record: Record, reason: Exception) -> Event:
    payload = {
        "group": group,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "code": _code(reason),
        "reason": f"{type(reason).__name__}: {reason}"[:1_000],
        "headers": [[name, _text(value)] for name, value in record.headers],
        "key": _text(record.key),
        "value": _text(record.value),
        "value_bytes": len(record.value or b""),
    }
    return Event(PARKED, record.topic + DEAD, _text(record.key)["text"], payload)


def _code(reason: Exception) -> str:
    if isinstance(reason, DomainError):
        return reason.code
    return "UNDECODABLE" if isinstance(reason, UndecodableError) else "INTERNAL"


def _text(value: bytes | None) -> dict[str, str]:
    """The bytes as text where they are text, and otherwise in base64."""
    kept = (value or b"")[:_MOST]
    try:
        return {"text": kept.decode()}
    except UnicodeDecodeError:
        return {"text": "", "base64": base64.b64encode(kept).decode()}
