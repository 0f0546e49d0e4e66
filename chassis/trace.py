"""The W3C trace context, carried from a request through its events to whoever reads them."""

import re
from contextvars import ContextVar

traceparent: ContextVar[str | None] = ContextVar("traceparent", default=None)
"""The header of the request or event being handled."""

_FORM = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


def heard(header: str | None) -> str | None:
    """A header worth passing on; None for anything malformed."""
    return header if header and _FORM.fullmatch(header) else None
