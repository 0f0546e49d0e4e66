"""Parking what could not be read or handled, with the reason, in `<topic>.dead`.

It goes through the outbox, in the transaction that leaves the record behind: nothing is parked and
forgotten, or forgotten and not parked.
"""

import base64
import re
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
"""Bytes of a value that are kept: a broker takes a megabyte, and base64 and JSON swell."""
_MOST_ASIDE = 1_000
"""The same of the key and of each header."""
_MOST_HEADERS, _LONGEST_NAME = 100, 200

_NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")


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
    key = _text(record.key, _MOST_ASIDE)
    payload = {
        "group": group,
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "code": _code(reason),
        "reason": f"{type(reason).__name__}: {reason}"[:1_000],
        "headers": [
            [name[:_LONGEST_NAME], _text(value, _MOST_ASIDE)]
            for name, value in record.headers[:_MOST_HEADERS]
        ],
        "key": key,
        "value": _text(record.value, _MOST),
        "value_bytes": len(record.value or b""),
    }
    return Event(PARKED, record.topic + DEAD, key["text"], payload)


def _code(reason: Exception) -> str:
    if isinstance(reason, DomainError):
        return reason.code
    return "UNDECODABLE" if isinstance(reason, UndecodableError) else "INTERNAL"


def _text(value: bytes | None, most: int) -> dict[str, str]:
    """The beginning of it, as text where it is text, and otherwise in base64."""
    kept = (value or b"")[:most]
    text = kept.decode(errors="replace")
    if text.encode() == kept and not _NO_TEXT.search(text):
        return {"text": text}
    return {"text": "", "base64": base64.b64encode(kept).decode()}
