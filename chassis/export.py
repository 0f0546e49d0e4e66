"""Lists as files: CSV and XLSX of exactly the rows a list shows, by signed paths.

A service declares its `Report`s; a mutation checks what is asked for and hands out their paths. A
path says who asked, for which organisation and for what, and is signed whole. When it is fetched
(`chassis.download`) the person's roles are loaded anew, and the rows are read by the statement of
the list without its limit.
"""

import base64
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, Self, TypeAlias, TypeVar

from pydantic import TypeAdapter

from chassis import wire
from chassis.auth import Identity
from chassis.db import Reader
from chassis.files import GET, Files

FORMATS = ("csv", "xlsx")

Cell: TypeAlias = str | int | Decimal | date | datetime | None
"""What a row may hold; yes and no are said in words. Moments are shown by the clocks of England."""

A = TypeVar("A")

RowSource: TypeAlias = Callable[[Reader, Any, A], AsyncIterator[Sequence[Cell]]]
"""The rows of a list as a principal (the second) sees them, in its order; refuses as it does."""


Statement: TypeAlias = tuple[str, Sequence[object]]
"""A query and its arguments."""

StatementSource: TypeAlias = Callable[[Any, A], Statement]
"""The statement of what is asked for as a principal (the first) sees it; refuses as rows do."""


@dataclass(frozen=True, slots=True)
class Report(Generic[A]):
    name: str
    """Its place under `/files/<service>/reports/`, and the name of the file."""
    columns: Sequence[str]
    asked: type[A]
    """What is asked for, such as a filter: a dataclass, which the path carries as JSON."""
    rows: RowSource[A]
    for_programs: bool = False
    """Whether programs read its CSV: each text is written as it is, and no mark before them."""
    statement: StatementSource[A] | None = None
    """The same rows as text, for a CSV too long for Python to write: the database writes it."""
    mark: Callable[[A], str] | None = None
    """A further title, whose column stays empty: what a filled template is known by."""

    def titles(self, asked: A) -> Sequence[str]:
        """The header of the file."""
        return (*self.columns, self.mark(asked)) if self.mark else self.columns

    def path(self, files: Files, asker: Identity, organisation: str, asked: A, form: str) -> str:
        """Where the report can be fetched for some minutes, by whoever holds the path."""
        wanted = TypeAdapter(self.asked).dump_python(asked, mode="json")
        ask = Ask(asker.issuer, asker.subject, organisation, wanted)
        return ask.path(files, f"/files/{files.service}/reports/{self.name}.{form}")

    def read(self, asked: dict[str, Any]) -> A:
        return TypeAdapter(self.asked).validate_python(asked)


@dataclass(frozen=True, slots=True)
class Ask:
    """Who asks, for which organisation, and for what."""

    issuer: str
    subject: str
    organisation: str
    asked: dict[str, Any]

    @property
    def identity(self) -> Identity:
        return Identity(self.issuer, self.subject)

    def path(self, files: Files, path: str) -> str:
        """The path signed for this asker and what is asked: good for some minutes."""
        return files.signed_path(GET, path, {"ask": self.packed()})

    def packed(self) -> str:
        return base64.urlsafe_b64encode(wire.encode(self)).decode()

    @classmethod
    def unpacked(cls, text: str) -> Self:
        """Read what was packed here: its signature has been checked."""
        return cls(**wire.decode(base64.urlsafe_b64decode(text)))
