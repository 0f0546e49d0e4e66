"""Files in and out of a service, by signed paths that live for some minutes.

GraphQL carries JSON only. A mutation hands out a path to PUT a file to, and a second one starts the
work on it; a query hands out a path to fetch one from. The signature covers all of the path, so
whoever holds it may do that one thing until it expires, and needs no token for it. Files are on
their way: a day after they came `housekeeping` deletes them.
"""

import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID

from chassis.errors import DomainError
from chassis.ids import new_id
from chassis.objects import Objects

LIFETIME = 15 * 60
"""Seconds a path is good for."""

PUT, GET = "PUT", "GET"

_SAFE_NAME = re.compile(r"[^A-Za-z0-9._ -]")


@dataclass(frozen=True, slots=True)
class FileKind:
    """What sort of file it is, and how much of it is taken."""

    name: str
    limit: int
    """The most bytes that are accepted."""
    media_type: str = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Signed:
    """A file, and the path to put it to or fetch it from."""

    id: UUID
    path: str


class Files:
    """The files of one service, in its folder: `<kind>/<organisation>/<id>`."""

    def __init__(
        self,
        service: str,
        folder: Path,
        key: bytes,
        kinds: Sequence[FileKind],
        objects: Objects | None = None,
    ) -> None:
        self.service = service
        self.objects = objects or Objects(service, folder / "objects")
        """What of them is kept for good."""
        self._folder = folder / service
        self._key = key
        self.kinds: Mapping[str, FileKind] = {kind.name: kind for kind in kinds}

    def upload(self, kind: str, *, organisation: str) -> Signed:
        """Hand out a path to PUT one file of this kind to, on behalf of an organisation."""
        file = new_id()
        return Signed(file, self._signed(PUT, self.kinds[kind].name, organisation, file))

    def download(self, kind: str, file: UUID, *, organisation: str, name: str) -> str:
        """Hand out a path to fetch a file from; it is saved under `name`."""
        return self._signed(GET, self.kinds[kind].name, organisation, file, name)

    def received(self, kind: str, file: UUID, *, organisation: str) -> Path:
        """Find a file that was uploaded for the organisation."""
        path = self.path(kind, file, organisation=organisation)
        if not path.is_file():
            message = f"No uploaded file {file} of kind {kind} is here for {organisation}."
            raise DomainError("UPLOAD_NOT_FOUND", message, id=str(file), kind=kind)
        return path

    def path(self, kind: str, file: UUID, *, organisation: str) -> Path:
        """Where the file is, or is to be written."""
        return self._folder / self.kinds[kind].name / _plain(organisation) / str(file)

    def forget(self, age: timedelta) -> None:
        """Delete the files that came longer ago, those that never came whole among them."""
        oldest = time.time() - age.total_seconds()
        for path in self._folder.glob("*/*/*"):
            with suppress(FileNotFoundError):  # another worker of this service was here first
                if path.stat().st_mtime < oldest:
                    path.unlink()

    def _signed(self, method: str, kind: str, organisation: str, file: UUID, name: str = "") -> str:
        path = f"/files/{self.service}/{kind}/{quote(_plain(organisation))}/{file}"
        query = {"name": _SAFE_NAME.sub("_", name)} if name else {}
        return self.signed_path(method, path, query)

    def signed_path(self, method: str, path: str, query: Mapping[str, str]) -> str:
        """The path with its query, good for that method and some minutes."""
        query = {**query, "expires": str(int(time.time()) + LIFETIME)}
        return f"{path}?{urlencode(query | {'signature': self.sign(method, path, query)})}"

    def allowed(self, method: str, path: str, query: Mapping[str, str]) -> dict[str, str]:
        """Hold the path against its signature and the clock; answers what else its query says."""
        given = dict(query)
        signature = given.pop("signature", "")
        if not hmac.compare_digest(signature.encode(), self.sign(method, path, given).encode()):
            raise DomainError("PATH_NOT_SIGNED", "This path was not handed out for that.")
        if int(given.pop("expires")) < time.time():
            raise DomainError("PATH_EXPIRED", "This path has expired: ask for another.")
        return given

    def sign(self, method: str, path: str, query: Mapping[str, str]) -> str:
        signed = "\n".join((method, path, urlencode(sorted(query.items()))))
        return hmac.new(self._key, signed.encode(), hashlib.sha256).hexdigest()


def _plain(organisation: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9]{1,20}", organisation):
        raise ValueError(f"{organisation!r} cannot be part of a path")
    return organisation
