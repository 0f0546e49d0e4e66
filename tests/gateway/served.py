"""Applications served over real sockets, in this process."""

import asyncio
import contextlib

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route


@contextlib.asynccontextmanager
async def served(application, **settings):
    """Serve the application on a port of its own; gives its address."""
    config = uvicorn.Config(
        application, port=0, log_level="error", timeout_graceful_shutdown=1, **settings
    )
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # signals are the test runner's
    task = asyncio.create_task(server.serve())
    try:
        while not server.started and not task.done():
            await asyncio.sleep(0.005)
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


def as_service(subgraph):
    """The subgraph as a service of its own, with a room for files."""
    kept = {}

    async def graphql(request: Request) -> Response:
        subgraph.headers.append(dict(request.headers))
        return Response(await subgraph.answer(await request.body()), media_type="application/json")

    async def files(request: Request) -> Response:
        path = str(request.url)[len(str(request.base_url)) :]
        if request.method == "PUT":
            kept[path] = await request.body()
            return Response(status_code=201)
        if path not in kept:
            return Response(status_code=404)
        told = {"content-disposition": 'attachment; filename="a.csv"'}
        return Response(kept[path], media_type="text/csv", headers=told)

    async def links(request: Request) -> Response:
        said = f"{request.method} {request.url.query} {(await request.body()).decode()}"
        return Response(said, headers={"content-security-policy": "default-src 'none'"})

    return Starlette(
        routes=[
            Route("/links/stock/{rest:path}", links, methods=["GET", "POST"]),
            Route("/graphql", graphql, methods=["POST"]),
            Route("/files/{rest:path}", files, methods=["GET", "PUT"]),
        ]
    )
