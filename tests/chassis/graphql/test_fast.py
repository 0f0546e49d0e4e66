"""The compiled lists, held to the stock executor over random queries and random data."""

import asyncio
import enum
from collections.abc import Callable, Generator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Union

import pytest
import strawberry
from hypothesis import given
from hypothesis import strategies as st
from strawberry.schema.config import StrawberryConfig

from chassis.errors import DomainError
from chassis.graphql import Pounds, fast
from chassis.graphql.fast import FastExecutor
from chassis.graphql.scalars import SCALARS


@strawberry.enum
class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


@strawberry.interface
class Named:
    text: str


@strawberry.type
class Badge(Named):
    number: int


@strawberry.type
class Sticker:
    text: str | None
    flag: bool


@strawberry.type
class Node:
    id: strawberry.ID
    text: str
    maybe: str | None
    number: int | None
    size: float | None
    flag: bool
    colour: Colour
    when: date | None
    cost: Pounds | None
    words: list[str]
    grid: list[list[int | None]] | None
    child: "Node | None"
    children: "list[Node]"
    perhaps: "list[Node | None] | None"
    badges: list[Badge] | None
    named: Named | None
    either: Annotated[Union[Badge, Sticker], strawberry.union("Either")] | None  # noqa: UP007
    class_: str | None = strawberry.field(name="class", default=None)

    @strawberry.field
    def loud(self) -> str | None:
        return str(self.text).upper()

    @strawberry.field
    def broken(self) -> str | None:
        raise DomainError("REFUSED", "no")

    @strawberry.field
    async def broken_later(self) -> int:
        if self.flag is True:
            raise DomainError("REFUSED", "not that")
        return 1

    @strawberry.field
    async def later(self, add: int = 1) -> int:
        return add + 1


@strawberry.type
class Query:
    @strawberry.field
    def nodes(self, info: strawberry.Info) -> list[Node]:
        return info.context()

    @strawberry.field
    async def maybe_nodes(self, info: strawberry.Info) -> list[Node | None] | None:
        return info.context()

    @strawberry.field
    def texts(self, info: strawberry.Info) -> list[str | None]:
        return [node and node.text for node in info.context()]


def made(executor: type | None) -> strawberry.Schema:
    return strawberry.Schema(
        query=Query,
        config=StrawberryConfig(scalar_map=SCALARS),
        execution_context_class=executor,
    )


class Eager(FastExecutor):
    """Counts what it compiled, so that a test which compares nothing is seen."""

    used = 0

    def complete_iterable_value(self, *args: Any) -> Any:
        before = fast.compiled_list.cache_info()
        answer = super().complete_iterable_value(*args)
        after = fast.compiled_list.cache_info()
        Eager.used += (after.hits + after.misses) - (before.hits + before.misses)
        return answer


STOCK, OURS = made(None), made(Eager)


@pytest.fixture(autouse=True)
def short_lists_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast, "FEW", 1)


@dataclass(frozen=True)
class Bad:
    """A value that is made anew for each executor: what it is awaits or raises."""

    make: Callable[[], Any]


class Later:
    """Awaited, it is the value; never awaited, it does not complain as a coroutine would."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def __await__(self) -> Generator[None, None, Any]:
        yield
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


BAD = [
    Bad(lambda: None),
    Bad(lambda: DomainError("REFUSED", "no")),
    Bad(lambda: Later("late")),
    Bad(lambda: Later(None)),
    Bad(lambda: Later(DomainError("REFUSED", "no"))),
    Bad(lambda: "text"),
    Bad(lambda: 2**40),
    Bad(lambda: 1.5),
    Bad(lambda: True),
    Bad(lambda: float("nan")),
    Bad(lambda: Decimal("1.555")),
    Bad(lambda: strawberry.UNSET),
    Bad(lambda: ()),
    Bad(lambda: ("a", "b")),
    Bad(lambda: [None]),
    Bad(lambda: (word for word in ("a", "b"))),
    Bad(object),
]
TEXT = st.sampled_from(["", "a", "é", "Bread"])
PLAIN: dict[str, st.SearchStrategy[Any]] = {
    "id": TEXT,
    "text": TEXT,
    "maybe": st.none() | TEXT,
    "number": st.none() | st.integers(-(2**31), 2**31 - 1),
    "size": st.none() | st.floats(-1e6, 1e6),
    "flag": st.booleans(),
    "colour": st.sampled_from(Colour),
    "when": st.none() | st.just(date(2026, 3, 31)),
    "cost": st.none() | st.sampled_from([Decimal("1.50"), Decimal(0)]),
    "words": st.lists(TEXT, max_size=3),
    "grid": st.none() | st.lists(st.lists(st.none() | st.integers(0, 9), max_size=3), max_size=3),
    "badges": st.none() | st.lists(st.builds(Badge, text=TEXT, number=st.just(1)), max_size=2),
    "named": st.none() | st.builds(Badge, text=TEXT, number=st.just(1)),
    "either": st.none() | st.builds(Sticker, text=TEXT, flag=st.just(True)),
    "class_": st.none() | TEXT,
}


@st.composite
def specs(draw: st.DrawFn, depth: int = 0) -> dict[str, Any]:
    """A node in writing: its values, one in some nodes a bad one."""
    spec = {name: draw(values) for name, values in PLAIN.items()}
    spec |= {"child": None, "children": [], "perhaps": None}
    if depth < 2:
        below = specs(depth + 1)
        spec["child"] = draw(st.none() | below)
        spec["children"] = draw(st.lists(below, max_size=2))
        spec["perhaps"] = draw(st.none() | st.lists(st.none() | below, max_size=2))
    if draw(st.integers(0, 5)) == 0:
        spec[draw(st.sampled_from(sorted(spec)))] = draw(st.sampled_from(BAD))
    return spec


def built(spec: Any) -> Any:
    if isinstance(spec, Bad):
        return spec.make()
    if isinstance(spec, dict):
        return Node(**{name: built(value) for name, value in spec.items()})
    if isinstance(spec, list):
        return [built(item) for item in spec]
    return spec


LEAVES = ["__typename", "id", "text", "maybe", "number", "size", "flag", "colour", "when", "cost"]
LEAVES += ["words", "grid", "class"]
SLOW = [
    "loud",
    "broken",
    "brokenLater",
    "later",
    "later(add: 2)",
    "badges { text number }",
    "named { text __typename }",
]
SLOW += ["either { __typename ... on Badge { number } ... on Sticker { text } }"]
CONDITIONS = ["", "", "", "", "@skip(if: $yes)", "@include(if: $yes)", "@include(if: $no)"]


@st.composite
def selections(draw: st.DrawFn, depth: int = 0) -> str:
    def field(choice: str) -> str:
        condition = draw(st.sampled_from(CONDITIONS))
        if choice == "fragment":
            return f"... on Node {condition} {draw(selections(depth + 1))}"
        if choice == "spread":
            return f"...F {condition}"
        if choice in ("child", "children", "perhaps"):
            return f"{choice} {condition} {draw(selections(depth + 1))}"
        name, brace, rest = choice.partition(" {")
        if not brace and draw(st.integers(0, 3)) == 0:
            alias = draw(st.sampled_from(["a", "b", "_c", "None"])) + name.partition("(")[0]
            name = f"{alias}{'2' if '(' in name else ''}: {name}"
        elif "(" in name:
            name = f"more: {name}"
        return f"{name} {condition}{brace}{rest}"

    choices = LEAVES * 3 + (SLOW if draw(st.integers(0, 2)) == 0 else [])
    if depth < 3:
        choices += ["child", "children", "perhaps", "fragment"] * 4
    if depth:
        choices += ["spread"]
    fields = [
        field(choice) for choice in draw(st.lists(st.sampled_from(choices), min_size=1, max_size=6))
    ]
    return "{ " + " ".join(fields) + " }"


async def answer(schema: strawberry.Schema, query: str, spec: list[Any]) -> Any:
    result = await schema.execute(
        query,
        variable_values={"yes": True, "no": False},
        context_value=lambda: [built(one) for one in spec],
    )
    errors = [(e.message, e.path, e.locations) for e in result.errors or ()]
    return result.data, errors


@given(
    root=st.sampled_from(["nodes", "maybeNodes"]),
    selection=selections(),
    spec=st.lists(specs(), min_size=1, max_size=4),
)
def test_a_compiled_list_answers_what_the_stock_executor_answers(
    root: str, selection: str, spec: list[Any]
) -> None:
    query = f"query($yes: Boolean!, $no: Boolean!) {{ {root} {selection} "
    query += "unused: __typename @include(if: $yes) no: __typename @include(if: $no) }"
    if "...F" in query:
        query += " fragment F on Node { text colour id }"
    ours = asyncio.run(answer(OURS, query, spec))
    stock = asyncio.run(answer(STOCK, query, spec))
    assert repr(ours) == repr(stock)  # the order of keys too


PLAIN_QUERY = "{ nodes { id a: text child { text colour } children { words grid } class } }"


def node(**values: Any) -> dict[str, Any]:
    base: dict[str, Any] = dict.fromkeys(PLAIN)
    base |= {"id": "1", "text": "a", "flag": True, "colour": Colour.RED, "words": ["b"]}
    return {**base, "child": None, "children": [], "perhaps": None, **values}


async def test_a_plain_list_is_compiled_and_its_function_kept() -> None:
    spec = [node(child=node(), children=[node(grid=[[1, None]])])] * 5
    for expected in (1, 2):
        Eager.used = 0
        before = fast.compiled_list.cache_info().currsize
        data, errors = await answer(OURS, PLAIN_QUERY, spec)
        assert (errors, Eager.used) == ([], 1)
        assert data["nodes"][4]["children"] == [{"words": ["b"], "grid": [[1, None]]}]
        if expected == 2:
            assert fast.compiled_list.cache_info().currsize == before


async def test_one_bad_value_costs_the_speed_and_nothing_else() -> None:
    bad = Bad(lambda: DomainError("REFUSED", "no"))
    spec = [node()] * 3 + [node(maybe=bad)]
    data, errors = await answer(OURS, "{ nodes { id maybe } }", spec)
    assert data["nodes"] == [{"id": "1", "maybe": None}] * 4
    assert [path for _, path, _ in errors] == [["nodes", 3, "maybe"]]


async def test_an_object_with_a_resolver_has_its_other_fields_compiled() -> None:
    before = fast.compiled_list.cache_info()
    data, errors = await answer(OURS, "{ nodes { when later id loud size text } }", [node()] * 9)
    after = fast.compiled_list.cache_info()
    assert (errors, after.misses - before.misses) == ([], 1)
    assert list(data["nodes"][0].items()) == [
        ("when", None),
        ("later", 2),
        ("id", "1"),
        ("loud", "A"),
        ("size", None),
        ("text", "a"),
    ]


async def test_a_list_of_texts_is_compiled_too() -> None:
    Eager.used = 0
    data, errors = await answer(OURS, "{ texts }", [node(text="x"), node(text=Bad(lambda: None))])
    assert (data, errors, Eager.used) == ({"texts": ["x", None]}, [], 1)


async def test_a_selection_nested_deeper_than_python_allows_goes_the_stock_way() -> None:
    query = "{ nodes " + "{ children " * 40 + "{ id }" + " }" * 41
    spec: dict[str, Any] = node()
    for _ in range(39):
        spec = node(children=[spec])
    ours = await answer(OURS, query, [spec])
    assert ours == await answer(STOCK, query, [spec])
    assert ours[1] == []
