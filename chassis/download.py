"""GET /files/<service>/reports/…: the signed paths of `chassis.export`, answered.

A file is written to its end before its first byte is sent: one that broke off in the middle would
look whole, and whoever reads slowly would hold on to a snapshot of the database.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import IO, Any

import anyio
import structlog
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from chassis import db, metrics
from chassis.clock import Clock
from chassis.errors import DomainError, TransientError
from chassis.export import FORMATS, Ask, Report
from chassis.files import GET, Files
from chassis.graphql import errors
from chassis.ids import new_id
from chassis.service import Service
from chassis.sheets import Rows, write_copied, write_csv, write_extract, write_xlsx

SECONDS = 50
"""A report may take; whoever passes it on waits a minute for its first byte."""
AT_ONCE = 2
"""Reports a process makes at a time, so that they leave connections to others."""
_PART = 65_536
_TURN = 100
"""Rows written at a stretch: they come from the database a thousand at a time."""

_Writer = Callable[[IO[bytes], Any, Rows], Awaitable[None]]
_WRITERS: dict[str, _Writer] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
}
_MEDIA_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
assert set(_WRITERS) == set(_MEDIA_TYPES) == set(FORMATS)

log = structlog.get_logger()


@dataclass(frozen=True, kw_only=True)
class Downloads:
    service: Service[Any]
    database: db.Database
    clock: Clock
    files: Files
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    def routes(self) -> list[Route]:
        path = f"/files/{self.service.name}/reports/{{name}}.{{form}}"
        return [Route(path, self.answer, methods=[GET])] if self.service.reports else []

    async def answer(self, request: Request) -> Response:
        """Answer one request; a refusal is written as GraphQL's are."""
        out = tempfile.TemporaryFile()  # noqa: SIM115 (the response closes it)
        try:
            async with asyncio.timeout(SECONDS), self.turns:
                return await self._written(request, out)
        except Exception as error:  # noqa: BLE001 (the edge: every error becomes an answer)
            out.close()
            return refusal(error)

    async def _written(self, request: Request, out: IO[bytes]) -> Response:
        report, form, ask = self._allowed(request)
        db.deadline.set(asyncio.get_running_loop().time() + SECONDS)
        now = self.clock.now()
        async with self.database.reader() as reader:
            who = await self.service.principal(reader, ask.identity, ask.organisation, now)
            asked = report.read(ask.asked)
            if report.statement and form == "csv":
                await write_copied(out, report.titles(asked), reader, report.statement(who, asked))
            else:
                rows = _in_turns(report.rows(reader, who, asked))
                await _writer(report, form)(out, report.titles(asked), rows)
        metrics.file_bytes.labels(report.name, "out").inc(out.tell())
        log.info("report.made", report=report.name, form=form, bytes=out.tell())
        return _File(out, f"{report.name}.{form}", _MEDIA_TYPES[form])

    def _allowed(self, request: Request) -> tuple[Report[Any], str, Ask]:
        name, form = request.path_params["name"], request.path_params["form"]
        path = f"/files/{self.service.name}/reports/{name}.{form}"
        given = self.files.allowed(GET, path, request.query_params)
        report = next(one for one in self.service.reports if one.name == name)
        return report, form, Ask.unpacked(given["ask"])


def _writer(report: Report[Any], form: str) -> _Writer:
    return write_extract if report.for_programs and form == "csv" else _WRITERS[form]


async def _in_turns(rows: Rows) -> Rows:
    """The rows; after some of them whatever else the process does has a turn."""
    written = 0
    async for row in rows:
        yield row
        written += 1
        if written % _TURN == 0:
            await asyncio.sleep(0)


class _File(StreamingResponse):
    """A file that is gone when it has been sent, or cannot be."""

    def __init__(self, file: IO[bytes], name: str, media_type: str) -> None:
        self._file = file
        headers = {
            "Content-Length": str(file.tell()),
            "Content-Disposition": f'attachment; filename="{name}"',
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        }
        super().__init__(self._parts(), media_type=media_type, headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._file:
            await super().__call__(scope, receive, send)

    async def _parts(self) -> AsyncIterator[bytes]:
        file = anyio.wrap_file(self._file)
        await file.seek(0)
        while part := await file.read(_PART):
            yield part


def _status(error: Exception) -> int:
    if isinstance(error, DomainError):
        return 404 if error.code == "FILE_NOT_FOUND" else 403
    return 503 if isinstance(error, TransientError | TimeoutError) else 500


def refusal(error: Exception) -> Response:
    """What went wrong with a path, as GraphQL says it."""
    told = errors.describe(error, str(new_id()))
    return JSONResponse({"errors": [told]}, status_code=_status(error))
