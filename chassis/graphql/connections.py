"""Relay connections over keyset order: a cursor holds the sort keys of its row, never an offset.

A list's resolver asks for a `Window`, gives `*window.after` and `window.limit` to its SQL

    where ($1::text is null or (name, id) > ($1, $2)) order by name, id limit $3

and hands the rows to `connection`. The limit is one more than the page, which tells whether
there is a next one. The total is counted only when it is asked for.
"""

import base64
import binascii
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID

import strawberry

from chassis import wire
from chassis.errors import DomainError

T = TypeVar("T")
R = TypeVar("R")

PAGE = 50
"""How many a page holds if the caller does not say."""
LONGEST_PAGE = 1_000

_READERS: dict[type, Callable[[Any], object]] = {
    str: str,
    int: int,
    bool: bool,
    UUID: UUID,
    Decimal: Decimal,
    date: date.fromisoformat,
    datetime: datetime.fromisoformat,
}


@strawberry.federation.type(shareable=True, description="Where a page lies in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="Whether more rows follow.")
    has_previous_page: bool = strawberry.field(description="Whether rows came before.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first row.")
    end_cursor: str | None = strawberry.field(
        description="The cursor of the last row: give it as `after` for the next page."
    )


@strawberry.type(description="A row and its place in the list.")
class Edge(Generic[T]):
    cursor: str = strawberry.field(description="The row's place: give it as `after` to go on.")
    node: T = strawberry.field(description="The row.")


@strawberry.type(description="A page of a list.")
class Connection(Generic[T]):
    edges: list[Edge[T]] = strawberry.field(description="The rows of the page, in order.")
    page_info: PageInfo = strawberry.field(description="Where the page lies in the list.")
    count: strawberry.Private[Callable[[], Awaitable[int]]]

    @strawberry.field(description="How many rows the whole list has; counted only when asked for.")
    async def total_count(self) -> int:
        return await self.count()


@dataclass(frozen=True, slots=True)
class Window:
    """The page asked for: how many rows, and the keys of the row it comes after."""

    first: int
    after: tuple[Any, ...]
    """One value a sort column, all None at the beginning of the list."""

    @property
    def limit(self) -> int:
        """Rows to ask the database for: one more than the page."""
        return self.first + 1

    @property
    def at_beginning(self) -> bool:
        return all(key is None for key in self.after)


def window(first: int | None, after: str | None, *columns: type) -> Window:
    """Read `first` and `after`; `columns` are the types of the sort columns, in order."""
    wanted = PAGE if first is None else first
    if not 0 <= wanted <= LONGEST_PAGE:
        message = f"first must be from 0 to {LONGEST_PAGE}, not {wanted}."
        raise DomainError("PAGE_TOO_LONG", message, field="first", limit=LONGEST_PAGE)
    return Window(wanted, _read_cursor(after, columns) if after else (None,) * len(columns))


def cursor(keys: Sequence[object]) -> str:
    return base64.urlsafe_b64encode(wire.encode(list(keys))).rstrip(b"=").decode()


def _read_cursor(given: str, columns: Sequence[type]) -> tuple[Any, ...]:
    try:
        packed = base64.urlsafe_b64decode(given + "=" * (-len(given) % 4))
        keys = wire.decode(packed)
        return tuple(_READERS[kind](key) for kind, key in zip(columns, keys, strict=True))
    except (binascii.Error, ValueError, TypeError, ArithmeticError, AttributeError):
        message = "after is not a cursor of this list."
        raise DomainError("CURSOR_NOT_VALID", message, field="after") from None


def connection(
    rows: Sequence[R],
    page: Window,
    *,
    node: Callable[[R], T],
    key: Callable[[R], Sequence[object]],
    total: Callable[[], Awaitable[int]],
) -> Connection[T]:
    """Make a page of the rows `page.limit` brought; `key` gives a row's sort columns."""
    shown = rows[: page.first]
    edges = [Edge(cursor=cursor(key(row)), node=node(row)) for row in shown]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(rows) > page.first,
            has_previous_page=not page.at_beginning,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        count=total,
    )
