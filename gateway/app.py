"""The gateway put together: the supergraph, the endpoint, the page, files, health and metrics."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway import headers
from gateway.answer import Gateway
from gateway.api_schema import api_schema
from gateway.config import GatewaySettings
from gateway.execute import Services
from gateway.files import FileRoom
from gateway.http import GraphQLEdge
from gateway.limits import Limits
from gateway.operation import Operations
from gateway.plan import Planner
from gateway.subscribe import Streams
from gateway.supergraph import Supergraph
from gateway.transport import HttpTransport, Transport

_PAGE = Path(__file__).parent / "page"
_ASSETS = ("page.js", "page.css")
_GRAPHIQL = ("graphene_django_graphiql_static", "static/graphene_django_graphiql_static")
"""A package that is nothing but GraphiQL's built files; found, never imported."""


def make_gateway(
    supergraph: Supergraph, settings: GatewaySettings, transport: Transport, limits: Limits
) -> Gateway:
    schema = api_schema(supergraph.document)
    planner = Planner(supergraph, schema)
    operations = Operations(planner, schema, limits, kept_bytes=settings.kept_bytes)
    urls = {
        graph.id: f"{settings.subgraphs[graph.name]}/graphql"
        if graph.name in settings.subgraphs
        else graph.url
        for graph in supergraph.graphs.values()
    }
    services = Services(transport, urls, settings.query_seconds)
    return Gateway(operations, services, introspection=settings.introspection)


class Application:
    """GraphQL before the router, which costs as much as a small answer; the rest behind it."""

    def __init__(self, settings: GatewaySettings) -> None:
        self._settings = settings
        self._supergraph = Supergraph.load(settings.supergraph)
        self._limits = Limits()
        self._files = FileRoom(settings.subgraphs, settings.file_limit)
        self._rest: ASGIApp = Starlette(routes=self._routes(), lifespan=self._life)
        self._edge: GraphQLEdge | None = None
        self._stopping = asyncio.Event()

    def stop_streams(self) -> None:
        """End what would go on for ever; whoever listens comes back to another gateway."""
        self._stopping.set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/graphql" and self._edge:
            await self._edge(scope, receive, send)
        else:
            await self._rest(scope, receive, send)

    @asynccontextmanager
    async def _life(self, _: Starlette) -> AsyncIterator[None]:
        transport = HttpTransport(connections=self._settings.connections)
        gateway = make_gateway(self._supergraph, self._settings, transport, self._limits)
        streams = Streams(
            gateway,
            most=self._settings.streams,
            most_each=self._settings.streams_each,
            seconds=self._settings.seconds,
            stopping=self._stopping,
        )
        self._edge = GraphQLEdge(
            gateway,
            streams,
            self._settings,
            headers.allowed(self._settings.passed_headers),
            self._limits.body,
            (_PAGE / "index.html").read_text("utf-8"),
        )
        yield
        self._edge = None
        gateway.operations.close()
        await streams.close()
        await self._files.close()
        await transport.close()

    def _routes(self) -> list[BaseRoute]:
        routes: list[BaseRoute] = [
            Route("/", _to_page),
            Route("/health/live", _well),
            Route("/health/ready", self._ready),
            Route("/metrics", _metrics),
            Route("/page/config.json", self._page_config),
            Mount("/page/graphiql", StaticFiles(packages=[_GRAPHIQL])),
            Route("/files/{service}/{rest:path}", self._files.passed_on, methods=["GET", "PUT"]),
            Route("/links/{service}/{rest:path}", self._files.passed_on, methods=["GET", "POST"]),
        ]
        return routes + [Route(f"/page/{name}", _asset(name)) for name in _ASSETS]

    async def _ready(self, _: Request) -> Response:
        ready = self._edge is not None
        return JSONResponse({"ready": ready}, 200 if ready else 503)

    async def _page_config(self, _: Request) -> Response:
        return JSONResponse({"signIn": self._settings.sign_in})


async def _to_page(_: Request) -> Response:
    return RedirectResponse("/graphql")


async def _well(_: Request) -> Response:
    return JSONResponse({"live": True})


async def _metrics(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)


def _asset(name: str) -> Callable[[Request], Awaitable[Response]]:
    async def asset(_: Request) -> Response:
        return FileResponse(_PAGE / name)

    return asset
