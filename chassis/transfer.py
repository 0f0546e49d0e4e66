"""PUT and GET under /files/<service>/…: the signed paths of `chassis.files`, streamed."""

import os
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote
from uuid import UUID

import anyio
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import Route

from chassis import metrics
from chassis.errors import DomainError
from chassis.files import GET, PUT, FileKind, Files
from chassis.ids import new_id

log = structlog.get_logger()

_STATUS = {
    "PATH_NOT_SIGNED": 403,
    "PATH_EXPIRED": 403,
    "FILE_NOT_FOUND": 404,
    "ALREADY_UPLOADED": 409,
    "FILE_TOO_LARGE": 413,
}


def routes(files: Files) -> list[Route]:
    path = f"/files/{files.service}/{{kind}}/{{organisation}}/{{file:uuid}}"

    async def put(request: Request) -> Response:
        try:
            kind, place = _allowed(files, request, PUT)
            size = await _receive(request, kind, place)
        except DomainError as error:
            return _refusal(error)
        except ClientDisconnect:
            return Response(status_code=400)
        log.info("file.received", kind=kind.name, file=place.name, bytes=size)
        return JSONResponse({"id": place.name, "bytes": size}, status_code=201)

    async def get(request: Request) -> Response:
        try:
            kind, place = _allowed(files, request, GET)
        except DomainError as error:
            return _refusal(error)
        return _sent(kind, place, request.query_params.get("name"))

    return [Route(path, put, methods=[PUT]), Route(path, get, methods=[GET])]


def _allowed(files: Files, request: Request, method: str) -> tuple[FileKind, Path]:
    """Hold the path against its signature; nothing else is asked of whoever brings it."""
    kind, file = request.path_params["kind"], request.path_params["file"]
    organisation = request.path_params["organisation"]
    path = f"/files/{files.service}/{kind}/{quote(organisation)}/{file}"
    files.allowed(method, path, request.query_params)
    return files.kinds[kind], files.path(kind, UUID(str(file)), organisation=organisation)


async def _receive(request: Request, kind: FileKind, place: Path) -> int:
    """Write the body beside its place, and move it there once it is whole."""
    announced = request.headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > kind.limit:
        raise _too_large(kind)
    place.parent.mkdir(parents=True, exist_ok=True)
    part = place.with_name(f"{place.name}.{new_id()}.part")
    try:
        size = await _write(request, kind, part)
        os.link(part, place)  # unlike a rename, it never replaces what is there
    except FileExistsError:
        message = "A file was put here already: ask for another path."
        raise DomainError("ALREADY_UPLOADED", message) from None
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
    return size


async def _write(request: Request, kind: FileKind, part: Path) -> int:
    size = 0
    async with await anyio.open_file(part, "xb") as out:
        async for chunk in request.stream():
            size += len(chunk)
            if size > kind.limit:
                raise _too_large(kind)
            await out.write(chunk)
    metrics.file_bytes.labels(kind.name, "in").inc(size)
    return size


def _sent(kind: FileKind, place: Path, name: str | None) -> Response:
    try:
        size = place.stat().st_size
    except FileNotFoundError:
        return _refusal(DomainError("FILE_NOT_FOUND", "The file is not here any more."))
    metrics.file_bytes.labels(kind.name, "out").inc(size)
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return FileResponse(place, media_type=kind.media_type, filename=name, headers=headers)


def _too_large(kind: FileKind) -> DomainError:
    message = f"A file of kind {kind.name} may have {kind.limit} bytes."
    return DomainError("FILE_TOO_LARGE", message, limit=kind.limit)


def _refusal(error: DomainError) -> Response:
    log.info("file.refused", code=error.code)
    extensions = {"code": error.code, "facts": error.facts}
    return JSONResponse(
        {"errors": [{"message": error.message, "extensions": extensions}]},
        status_code=_STATUS[error.code],
    )
