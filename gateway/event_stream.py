"""Server-sent events as bytes: reading those of a service, writing those for a client."""

from collections.abc import AsyncIterator
from dataclasses import dataclass

MEDIA_TYPE = "text/event-stream"
NEXT, COMPLETE, RESET = "next", "complete", "reset"
COMMENT = b":\n\n"
"""Says nothing; keeps a quiet stream from being taken for a dead one."""

MOST_BYTES = 1024 * 1024
"""So long may one event be."""


class EventTooLongError(Exception):
    """An event that does not end."""


@dataclass(frozen=True, slots=True)
class Event:
    name: str
    data: bytes = b""
    id: str | None = None
    """What a client that comes back says in Last-Event-ID."""

    def written(self) -> bytes:
        number = f"id: {self.id}\n" if self.id is not None else ""
        return f"{number}event: {self.name}\ndata: ".encode() + self.data + b"\n\n"


async def events(parts: AsyncIterator[bytes]) -> AsyncIterator[Event | None]:
    """The events as they come; None for a comment. What is cut off at the end is dropped."""
    waiting = b""
    async for part in parts:
        waiting = (waiting + part).replace(b"\r\n", b"\n")
        *whole, waiting = waiting.split(b"\n\n")
        for block in whole:
            yield _event(block)
        if len(waiting) > MOST_BYTES:
            raise EventTooLongError


def _event(block: bytes) -> Event | None:
    name, data, number = "message", [], None
    for line in block.split(b"\n"):
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"event":
            name = value.decode("utf-8", "replace")
        elif field == b"data":
            data.append(value)
        elif field == b"id":
            number = value.decode("utf-8", "replace")
    said = name != "message" or data or number is not None
    return Event(name, b"\n".join(data), number) if said else None
