"""Which headers go on to the services: those on a list, and no identity of the gateway's own."""

from collections.abc import Iterable, Mapping, Sequence

ALLOWED = ("authorization", "x-acting-for", "traceparent")
DEADLINE = "x-deadline-ms"
LAST_EVENT = "last-event-id"

_NEVER = frozenset(
    {
        "connection",
        "cookie",
        "content-length",
        "host",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)


def allowed(more: Iterable[str] = ()) -> tuple[str, ...]:
    """The list, with those configured; the hop-by-hop ones and cookies can never be on it."""
    names = tuple(dict.fromkeys((*ALLOWED, *(name.lower() for name in more))))
    if refused := _NEVER.intersection(names):
        raise ValueError(f"these headers are never passed on: {', '.join(sorted(refused))}")
    return names


def passed_on(given: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    """The headers to send on; one with a line break in it could forge another, so it stays."""
    return {
        name: value
        for name in names
        if (value := given.get(name)) is not None and "\r" not in value and "\n" not in value
    }
