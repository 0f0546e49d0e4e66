"""Objects handed out by signed paths, to whoever may have them at that moment.

A service declares its `Handout`s; a query or mutation hands out their paths. A path says who asked,
for which organisation and for what, and is signed whole. When it is fetched (`chassis.handing`) the
person's roles are loaded anew, and `find` answers which object it is, or refuses.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from pydantic import TypeAdapter

from chassis.auth import Identity
from chassis.db import Reader
from chassis.export import Ask
from chassis.files import Files

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Found:
    """The object that is meant."""

    key: str
    name: str
    """What it is saved as."""
    media_type: str


@dataclass(frozen=True, slots=True)
class Handout(Generic[A]):
    name: str
    """Its place under `/files/<service>/objects/`."""
    asked: type[A]
    """What is asked for, such as an id: the path carries it as JSON."""
    find: Callable[[Reader, Any, A], Awaitable[Found]]
    """The object as a principal (the second) may have it."""

    def path(self, files: Files, asker: Identity, organisation: str, asked: A) -> str:
        """Where it can be fetched for some minutes, by whoever holds the path."""
        wanted = TypeAdapter(self.asked).dump_python(asked, mode="json")
        ask = Ask(asker.issuer, asker.subject, organisation, {"is": wanted})
        return ask.path(files, f"/files/{files.service}/objects/{self.name}")

    def read(self, ask: Ask) -> A:
        return TypeAdapter(self.asked).validate_python(ask.asked["is"])
