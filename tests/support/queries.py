"""Random valid queries over a schema, for hypothesis."""

from collections.abc import Callable
from dataclasses import dataclass, field
from zlib import crc32

from graphql import (
    GraphQLSchema,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_argument,
    parse,
    validate,
)
from hypothesis import assume
from hypothesis import strategies as st

Values = Callable[[str, str, str, object], st.SearchStrategy[str] | None]
"""From type, field, argument's name and argument to literals; None where there are none."""


@dataclass
class Query:
    text: str
    variables: dict[str, object]


@dataclass
class _Drawing:
    draw: Callable
    schema: GraphQLSchema
    values: Values
    depth: int
    budget: int
    skipped: frozenset[str]
    one_name: bool
    names: int = 0
    fragments: list[str] = field(default_factory=list)
    flags: dict[str, bool] = field(default_factory=dict)

    def selection(self, kind, depth: int) -> str:
        parts = []
        if is_abstract_type(kind):
            parts += [self.fragment(one, depth) for one in self.some(self.types(kind))]
        fields = self.fields(kind, depth)
        parts += [self.field(kind.name, one, depth) for one in self.some(fields)]
        if not parts or self.draw(st.integers(0, 5)) == 0:
            parts.append(self.draw(st.sampled_from(["__typename", f"{self.alias()}: __typename"])))
        return "{ " + " ".join(parts) + " }"

    def some(self, options):
        most = min(4, len(options), self.budget)
        if most < 1:
            return []
        size = self.draw(st.integers(min(2, most), most))
        self.budget -= size
        return [self.draw(st.sampled_from(options)) for _ in range(size)]

    def types(self, kind):
        objects = self.schema.get_possible_types(kind)
        return [*sorted(objects, key=lambda one: one.name), kind]

    def fields(self, kind, depth):
        return [
            (name, one)
            for name, one in getattr(kind, "fields", {}).items()
            if f"{kind.name}.{name}" not in self.skipped
            and (depth > 0 or is_leaf_type(get_named_type(one.type)))
            and self.can_ask(kind.name, name, one)
        ]

    def can_ask(self, kind, name, one):
        return all(
            self.values(kind, name, key, argument) is not None
            for key, argument in one.args.items()
            if is_required_argument(argument)
        )

    def alias(self):
        self.names += 1
        return f"n{self.names}"

    def fragment(self, kind, depth):
        inner = self.selection(kind, depth)
        form = self.draw(st.sampled_from(["inline", "named"]))
        if form == "named":
            name = f"F{len(self.fragments)}"
            self.fragments.append(f"fragment {name} on {kind.name} {inner}")
            return f"...{name}{self.condition()}"
        return f"... on {kind.name}{self.condition()} {inner}"

    def field(self, kind, named, depth):
        name, one = named
        arguments = self.arguments(kind, name, one)
        below = get_named_type(one.type)
        inner = "" if is_leaf_type(below) else " " + self.selection(below, depth - 1)
        return f"{self.name(name, arguments)}{name}{arguments}{self.condition()}{inner}"

    def name(self, field, arguments):
        if self.one_name:
            return f"n{crc32(arguments.encode())}_{field}: " if arguments else ""
        # Siblings of other types may answer the same name otherwise, so most names are new.
        return f"{self.alias()}: " if arguments or self.draw(st.booleans()) else ""

    def arguments(self, kind, name, one):
        given = []
        for key, argument in one.args.items():
            values = self.values(kind, name, key, argument)
            if values is not None and (is_required_argument(argument) or self.draw(st.booleans())):
                given.append(f"{key}: {self.draw(values)}")
        return f"({', '.join(given)})" if given else ""

    def condition(self):
        which = self.draw(st.integers(0, 12))
        if which > 1:
            return ""
        flag = f"flag{self.draw(st.integers(0, 2))}"
        self.flags.setdefault(flag, self.draw(st.booleans()))
        return f" @{('skip', 'include')[which]}(if: ${flag})"


@st.composite
def queries(
    draw, schema, values, *, depth=4, budget=25, skipped=frozenset(), one_name=False
) -> Query:
    """Draw a query that the schema accepts; with `one_name` it asks nothing by two names."""
    drawing = _Drawing(draw, schema, values, depth, budget, skipped, one_name)
    body = drawing.selection(schema.query_type, depth)
    declared = ", ".join(f"${name}: Boolean!" for name in sorted(drawing.flags))
    head = f"query Drawn({declared})" if declared else "query Drawn"
    text = "\n".join([f"{head} {body}", *drawing.fragments])
    assume(not validate(schema, parse(text)))
    return Query(text, dict(drawing.flags))
