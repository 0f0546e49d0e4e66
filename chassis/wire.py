"""JSON as it is stored and sent: numbers that must not be rounded are strings."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson


def encode(value: object) -> bytes:
    return orjson.dumps(value, default=_plain)


def decode(text: bytes | str) -> Any:
    return orjson.loads(text)


def canonical(value: object) -> bytes:
    """The same bytes for the same value, whatever the order of its keys."""
    return orjson.dumps(value, default=_plain, option=orjson.OPT_SORT_KEYS)


def _plain(value: object) -> object:
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, UUID):  # asyncpg's own, which orjson does not take for one
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, frozenset | set):
        return sorted(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
