"""The HTTP side of a process: GraphQL, files, links, health and metrics."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import structlog
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from chassis import metrics, transfer
from chassis.download import Downloads
from chassis.errors import TransientError
from chassis.files import Files
from chassis.graphql.endpoint import GraphQLEndpoint
from chassis.handing import Handing

Check = Callable[[], Awaitable[str | None]]
"""Answers what is missing yet, or None."""

KEEP_ALIVE = 75
"""Seconds an idle connection is kept, longer than callers keep theirs."""

log = structlog.get_logger()


def application(
    checks: Mapping[str, Check],
    *,
    graphql: GraphQLEndpoint[Any] | None = None,
    files: Files | None = None,
    downloads: Downloads | None = None,
    handing: Handing | None = None,
    links: Sequence[BaseRoute] = (),
) -> Starlette:
    """Make the application; a worker without GraphQL still tells its health."""
    routes = [
        Route("/health/live", _live),
        Route("/health/ready", _ready(checks)),
        Route("/metrics", metrics.endpoint),
    ]
    if graphql:
        routes.append(Route("/graphql", graphql.answer, methods=["POST"]))
    if files:
        routes.extend(transfer.routes(files))
    if downloads:
        routes.extend(downloads.routes())
    if handing:
        routes.extend(handing.routes())
    return Starlette(routes=[*routes, *links])


async def _live(_: Request) -> Response:
    return PlainTextResponse("live")


def _ready(checks: Mapping[str, Check]) -> Callable[[Request], Awaitable[Response]]:
    async def ready(_: Request) -> Response:
        missing = {name: await _missing(check) for name, check in checks.items()}
        status = 503 if any(missing.values()) else 200
        body = {name: reason or "ready" for name, reason in missing.items()}
        return JSONResponse(body, status_code=status)

    return ready


async def _missing(check: Check) -> str | None:
    try:
        return await check()
    except TransientError as error:
        return str(error)


class _Server(uvicorn.Server):
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the process, which has other parts to stop as well."""
        yield


async def serve(
    app: Starlette,
    host: str,
    port: int,
    stop: asyncio.Event,
    *,
    grace: int = 1,
    closing: asyncio.Event | None = None,
) -> None:
    """Answer requests until told to stop; those in flight get `grace` seconds to end.

    `closing` is set first, for what would not end by itself.
    """
    listening = socket.create_server((host, port), backlog=2048, reuse_port=False)
    # asyncio sets it only on sockets that name their protocol; without it answers take 40 ms more.
    listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=grace,
    )
    server = _Server(config)
    log.info("server.listening", host=host, port=listening.getsockname()[1])
    answering = asyncio.create_task(server.serve(sockets=[listening]))
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({answering, stopping}, return_when=asyncio.FIRST_COMPLETED)
        if closing:
            closing.set()
        server.should_exit = True
        await answering
    finally:
        stopping.cancel()
