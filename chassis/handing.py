"""GET /files/<service>/objects/…: the signed paths of `chassis.handout`, answered."""

import asyncio
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import structlog
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chassis import db, metrics
from chassis.clock import Clock
from chassis.download import refusal
from chassis.export import Ask
from chassis.files import GET, Files
from chassis.handout import Found, Handout
from chassis.objects import Kept
from chassis.service import Service

SECONDS = 20
"""Until the first byte is sent."""

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Handing:
    service: Service[Any]
    database: db.Database
    clock: Clock
    files: Files

    def routes(self) -> list[Route]:
        path = f"/files/{self.service.name}/objects/{{name}}"
        return [Route(path, self.answer, methods=[GET])] if self.service.handouts else []

    async def answer(self, request: Request) -> Response:
        """Answer one request; a refusal is written as GraphQL's are."""
        try:
            async with asyncio.timeout(SECONDS):
                handout, ask = self._allowed(request)
                found = await self._found(handout, ask)
                kept = await self.files.objects.get(found.key)
        except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
            return refusal(error)
        metrics.file_bytes.labels(handout.name, "out").inc(kept.size)
        log.info("object.handed_out", kind=handout.name, key=found.key, bytes=kept.size)
        return _sent(found, kept)

    async def _found(self, handout: Handout[Any], ask: Ask) -> Found:
        db.deadline.set(asyncio.get_running_loop().time() + SECONDS)
        now = self.clock.now()
        async with self.database.reader() as reader:
            who = await self.service.principal(reader, ask.identity, ask.organisation, now)
            return await handout.find(reader, who, handout.read(ask))

    def _allowed(self, request: Request) -> tuple[Handout[Any], Ask]:
        name = request.path_params["name"]
        path = f"/files/{self.service.name}/objects/{name}"
        given = self.files.allowed(GET, path, request.query_params)
        handout = next(one for one in self.service.handouts if one.name == name)
        return handout, Ask.unpacked(given["ask"])


def _sent(found: Found, kept: Kept) -> Response:
    headers = {
        "Content-Length": str(kept.size),
        # Never shown in place, and where a browser does so all the same, without running anything.
        "Content-Disposition": f"attachment; filename*=utf-8''{quote(found.name, safe='')}",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return StreamingResponse(kept.parts(), media_type=found.media_type, headers=headers)
