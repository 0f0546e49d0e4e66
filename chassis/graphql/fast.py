"""Plain attributes, compiled into Python; whatever else goes the stock way.

The stock executor builds a path, an info object and a call chain for every field of every item. A
list whose selection is attributes alone (nested objects and lists of them included) needs none of
that: its selection becomes one Python function, kept for the next request of the same shape. Of an
object that has resolvers too, the attributes are done so and the resolvers the stock way.

The function takes nothing for granted: at the first value that is not just what the type says (an
awaitable, an exception, a null where none may be, a value that does not serialise) it gives up, and
the stock executor does the same again, finding nulls, errors and their paths as it always does. So
attributes may be read twice, and reading them must change nothing. The two are held equal by a
differential test over random queries.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from graphql import (
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    is_leaf_type,
)
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

from chassis.graphql.compiled import (
    Attributes,
    CompiledList,
    Leaf,
    ListOf,
    NotPlainError,
    PlainField,
    Shape,
    compiled_list,
)

FEW = 4
"""Lists shorter than this are not worth a look."""
FEW_FIELDS = 2
"""Nor are objects with fewer plain fields."""


@dataclass(frozen=True, slots=True)
class Split:
    """The fields of an object: those that are compiled, and the rest."""

    plain: CompiledList
    others: GroupedFieldSet


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        manager = self.middleware_manager
        self._stock_only = bool(self.abort_signal or (manager and manager.middlewares))
        self._lists: dict[tuple[Any, int], tuple[FieldDetailsList, CompiledList | None]] = {}
        self._objects: dict[int, tuple[GroupedFieldSet, Split | None]] = {}

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> Any:
        split = None if self._stock_only else self._split(parent_type, grouped_field_set)
        if split:
            try:
                (plain,) = split.plain([source_value])
            except Exception:  # noqa: BLE001 (the stock way finds out what it was)
                split = None
        fields = split.others if split else grouped_field_set
        answer = super().execute_fields(parent_type, source_value, path, fields, position_context)
        return _joined(grouped_field_set, plain, answer) if split else answer

    def _split(self, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> Split | None:
        """Part the plain fields of an object from the others; once within a request."""
        if id(grouped) not in self._objects:
            self._objects[id(grouped)] = (grouped, self._parted(parent, grouped))
        return self._objects[id(grouped)][1]

    def _parted(self, parent: GraphQLObjectType, grouped: GroupedFieldSet) -> Split | None:
        plain, others = [], {}
        for answer_key, details in grouped.items():
            try:
                plain.append(self._field(parent, answer_key, details))
            except NotPlainError:
                others[answer_key] = details
        if len(plain) < FEW_FIELDS:
            return None
        try:
            return Split(compiled_list(Attributes(tuple(plain), nullable=False)), others)
        except (SyntaxError, RecursionError):  # nested deeper than Python goes
            return None

    def complete_iterable_value(  # noqa: PLR0917 (the signature is graphql-core's)
        self,
        item_type: GraphQLOutputType,
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        items: Iterable[Any],
        position_context: Any,
    ) -> Any:
        if items.__class__ in (list, tuple) and len(items) >= FEW and not self._stock_only:
            compiled = self._compiled(item_type, field_details_list, path)
            if compiled:
                try:
                    return compiled(items)
                except Exception:  # noqa: BLE001, S110 (the stock way finds out what it was)
                    pass
        return super().complete_iterable_value(
            item_type, field_details_list, info, path, items, position_context
        )

    def _compiled(
        self, item_type: GraphQLOutputType, details: FieldDetailsList, path: Path
    ) -> CompiledList | None:
        """The function for this list; within a request it is looked for once."""
        key = (item_type, id(details))
        if key not in self._lists:
            self._lists[key] = (details, self._compile(item_type, details, path))
        return self._lists[key][1]

    def _compile(
        self, item_type: GraphQLOutputType, details: FieldDetailsList, path: Path
    ) -> CompiledList | None:
        try:
            if self.get_stream_usage(details, path):
                return None
            return compiled_list(self._shape(item_type, details))
        except (NotPlainError, SyntaxError, RecursionError):  # nested deeper than Python goes
            return None

    def _shape(self, wanted: GraphQLOutputType, details: FieldDetailsList) -> Shape:
        nullable = not isinstance(wanted, GraphQLNonNull)
        bare: Any = wanted if nullable else wanted.of_type  # type: ignore[union-attr]
        if is_leaf_type(bare):
            return Leaf(bare, nullable)
        if isinstance(bare, GraphQLList):
            return ListOf(self._shape(bare.of_type, details), nullable)
        if isinstance(bare, GraphQLObjectType) and bare.is_type_of is None:
            return Attributes(tuple(self._fields(bare, details)), nullable)
        raise NotPlainError

    def _fields(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Iterator[PlainField]:
        grouped, deferred, _ = self.collect_subfields(parent, details)
        if deferred:
            raise NotPlainError
        for answer_key, field_details in grouped.items():
            yield self._field(parent, answer_key, field_details)

    def _field(
        self, parent: GraphQLObjectType, answer_key: str, details: FieldDetailsList
    ) -> PlainField:
        name = details[0].node.name.value
        if name == "__typename":
            return answer_key, parent.name, None
        field = parent.fields.get(name)
        if field is None or not getattr(field.resolve, "_is_default", False):
            raise NotPlainError
        attribute = field.extensions[GraphQLCoreConverter.DEFINITION_BACKREF].python_name
        return answer_key, attribute, self._shape(field.type, details)


def _joined(order: GroupedFieldSet, plain: dict[str, Any], rest: Any) -> Any:
    """Put the compiled fields and the others together, in the order of the query."""
    if isinstance(rest, dict):
        both = plain | rest
        return {key: both[key] for key in order if key in both}

    async def awaited() -> dict[str, Any]:
        return _joined(order, plain, await rest)  # type: ignore[no-any-return]

    return awaited()
