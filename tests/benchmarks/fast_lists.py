"""A list of 1,000 objects with six fields through a service's schema, beside stock Strawberry.

python -m tests.benchmarks.fast_lists
"""

import asyncio
import statistics
import time
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import orjson
import strawberry
from strawberry.extensions import ParserCache, ValidationCache
from strawberry.federation import Schema
from strawberry.schema.config import StrawberryConfig

from chassis.graphql import Points, Pounds, schema
from chassis.graphql.scalars import SCALARS

ROUNDS = 30


@strawberry.federation.type(keys=["id"])
class Line:
    id: strawberry.ID
    code: str
    name: str | None
    version: int
    on: date
    pounds: Pounds
    points: Points

    @strawberry.field
    def label(self) -> str:
        return f"{self.code} {self.name}"

    @classmethod
    async def resolve_reference(cls, id: strawberry.ID) -> "Line":
        return LINES[int(id)]


LINES = [
    Line(
        id=strawberry.ID(str(number)),
        code=f"BP{number:03}",
        name=None if number % 7 else "A name",
        version=number,
        on=date(2026, 3, 31),
        pounds=Pounds(Decimal(number) / 100),
        points=Points(Decimal("1.00")),
    )
    for number in range(1_000)
]


@strawberry.type
class Query:
    @strawberry.field
    async def lines(self) -> list[Line]:
        return LINES


PLAIN = "{ lines { id code name version a: code b: id } }"
SCALARED = "{ lines { id code version on pounds points } }"

MIXED = "{ lines { id code version on pounds label } }"
JOINED = (
    "{ _entities(representations: ["
    + ", ".join(f'{{__typename: "Line", id: "{number}"}}' for number in range(50))
    + "]) { ... on Line { id code version on pounds points } } }"
)
QUERIES = {
    "1,000 x 6, strings and ints": PLAIN,
    "1,000 x 6, dates, pounds and points too": SCALARED,
    "1,000 x 6, one of them by a resolver": MIXED,
    "50 entities x 6": JOINED,
}


def stock() -> Schema:
    """Strawberry's own executor; documents are kept as ours are, so that execution is compared."""
    return Schema(
        query=Query,
        config=StrawberryConfig(scalar_map=SCALARS),
        extensions=[ParserCache, ValidationCache],
    )


async def milliseconds(made: Schema, query: str) -> tuple[float, bytes]:
    """The median time of an answer, from the document's text to bytes."""
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        result = await made.execute(query)
        answer = orjson.dumps({"data": result.data})
        times.append((time.perf_counter() - began) * 1_000)
        assert not result.errors, result.errors
    return statistics.median(times), answer


async def main(say: Callable[[str], Any] = print) -> None:
    for name, query in QUERIES.items():
        before, expected = await milliseconds(stock(), query)
        after, answer = await milliseconds(schema(Query), query)
        assert answer == expected
        say(f"{name}: stock {before:.1f} ms, ours {after:.1f} ms, {before / after:.1f}x")


if __name__ == "__main__":
    asyncio.run(main())
