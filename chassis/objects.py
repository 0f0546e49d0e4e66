"""What is kept for good and is no row: files behind the interface of an object store.

A folder where the system is embedded, anything that speaks S3 elsewhere; the same code for both
(Rust's object_store). A key names its object for ever: whoever puts one there again puts the same.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

import structlog
from obstore.exceptions import BaseError
from obstore.store import LocalStore, ObjectStore, S3Store

from chassis.errors import DomainError, TransientError

if TYPE_CHECKING:  # the library names it to type checkers only
    from obstore import GetResult

PART: Final = 65_536
_SECONDS: Final = timedelta(seconds=10)
"""A request to the store may take, and all its repetitions together."""
_IN_ONE: Final = 16 * 1024 * 1024
"""Bytes that are put by one request: such an object leaves no part behind if it is broken off."""
_KEY: Final = re.compile(r"[A-Za-z0-9-]+(/[A-Za-z0-9-]+)*")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where an S3-compatible store is, and who we are to it."""

    url: str
    """`s3://bucket`, or with a prefix: `s3://bucket/cqrs`."""
    endpoint: str = ""
    """The store's address; empty for Amazon's own."""
    region: str = ""
    access_key: str = ""
    """Empty: what the environment gives, such as the role of the machine."""
    secret_key: str = ""

    def store(self, service: str) -> ObjectStore:
        """The part of the bucket that is the service's."""
        given = {
            "endpoint": self.endpoint,
            "region": self.region,
            "access_key_id": self.access_key,
            "secret_access_key": self.secret_key,
        }
        return S3Store.from_url(
            f"{self.url.rstrip('/')}/{service}",
            config={name: value for name, value in given.items() if value},  # type: ignore[arg-type]
            disable_bulk_delete=True,  # not every store has it, and we delete one at a time
            client_options={"allow_http": self.endpoint.startswith("http:"), "timeout": _SECONDS},
            retry_config={"max_retries": 2, "retry_timeout": _SECONDS},
        )


class Kept:
    """An object that is there: how large it is, and its parts, to be read once."""

    def __init__(self, found: "GetResult") -> None:
        self._found = found
        self.size: int = found.meta["size"]

    async def parts(self) -> AsyncIterator[bytes]:
        with _asked():
            async for part in self._found.stream(min_chunk_size=PART):
                yield bytes(part)


class Objects:
    """The objects of one service: `<organisation>/…`, in a folder or a bucket."""

    def __init__(self, service: str, place: Path | Bucket) -> None:
        self._service = service
        self._place = place

    @cached_property
    def _store(self) -> ObjectStore:
        """Opened at the first use: few processes have one."""
        if isinstance(self._place, Bucket):
            return self._place.store(self._service)
        return LocalStore(self._place / self._service, mkdir=True)

    async def lacking(self) -> str | None:
        """What keeps us from our bucket, in words; None: nothing. A folder is made by itself."""
        if not isinstance(self._place, Bucket):
            return None
        try:
            # By a thread: an awaited answer that fails shortly before the end aborts the process.
            await asyncio.to_thread(lambda: self._store.list_with_delimiter("none"))
        except BaseError as error:
            return _lacking(self._place, str(error))
        return None

    async def put(self, key: str, source: Path) -> None:
        """Keep a file, whole or not at all."""
        with _asked():
            await self._store.put_async(_checked(key), source, chunk_size=_IN_ONE)

    async def get(self, key: str) -> Kept:
        with _asked():
            return Kept(await self._store.get_async(_checked(key)))

    async def delete(self, key: str) -> None:
        """Forget an object; one that is gone already is forgotten."""
        try:
            with _asked():
                await self._store.delete_async(_checked(key))
        except DomainError:
            return


def _checked(key: str) -> str:
    if not _KEY.fullmatch(key):
        raise ValueError(f"{key!r} is no key of an object")
    return key


def _lacking(bucket: Bucket, said: str) -> str:
    """The store's own code says it best; without one no store has answered."""
    where = bucket.endpoint or "Amazon's S3"
    code = re.search(r"<Code>([A-Za-z]+)</Code>", said)
    if code is None:
        reason = said.partition("\n")[0].rpartition(" - ")[2]
        return f"finds no object store at {where} ({reason})"
    if code[1] == "NoSuchBucket":
        return f"finds no bucket {bucket.url} at {where}"
    return f"is not let into {bucket.url} at {where} ({code[1]}): see CQRS_OBJECTS_…"


@contextmanager
def _asked() -> Iterator[None]:
    """The store's refusals in our words: what it says itself is for the log."""
    try:
        yield
    except FileNotFoundError as error:
        if "NoSuchBucket" in str(error):  # of the file itself that says nothing
            log.warning("objects.failed", reason="the bucket is not there")
            raise TransientError("the object store does not answer") from error
        raise DomainError("FILE_NOT_FOUND", "The file is not here any more.") from None
    except (BaseError, OSError) as error:
        log.warning("objects.failed", reason=str(error).partition("\n")[0])
        raise TransientError("the object store does not answer") from error
