"""From a document to a plan, remembered: checking a query costs a thousand times its execution."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_variable_values,
    parse,
    validate,
)

from gateway import errors, limits, metrics
from gateway.candidates import NoPathError, PlanTooComplexError
from gateway.errors import RequestError
from gateway.limits import Limits
from gateway.normalise import variables_in
from gateway.plan import Plan, Planner

T = TypeVar("T")
_MOST_ERRORS = 5


class Kept(Generic[T]):
    """Answers by key, the oldest forgotten first once they weigh more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._kept: OrderedDict[Any, tuple[T, int]] = OrderedDict()

    def get(self, key: Any) -> T | None:
        found = self._kept.get(key)
        if found is None:
            return None
        self._kept.move_to_end(key)
        return found[0]

    def put(self, key: Any, value: T, weight: int) -> None:
        if key in self._kept:
            self._weight -= self._kept.pop(key)[1]
        self._kept[key] = (value, weight)
        self._weight += weight
        while self._weight > self._most:
            self._weight -= self._kept.popitem(last=False)[1][1]


@dataclass(frozen=True)
class Operation:
    """A document that has been checked, and the one operation of it that is asked for."""

    document: DocumentNode
    node: OperationDefinitionNode
    fragments: Mapping[str, FragmentDefinitionNode]
    flags: tuple[str, ...]
    """The variables that @skip and @include depend on."""
    weight: int
    plans: dict[tuple[bool, ...], Plan] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        return self.node.operation.value


class Operations:
    """Checks and plans, and remembers both. Cold work runs on a thread, once for all who wait."""

    def __init__(
        self, planner: Planner, schema: GraphQLSchema, limit: Limits, *, kept_bytes: int
    ) -> None:
        self.schema = schema
        self._planner = planner
        self._limits = limit
        self._kept: Kept[Operation | RequestError] = Kept(kept_bytes)
        self._pending: dict[Any, asyncio.Future[Any]] = {}
        self._thread = ThreadPoolExecutor(1, "plan")

    async def find(self, text: str, name: str | None) -> Operation:
        """The operation, checked; raises RequestError for one that is not valid."""
        found = self._kept.get((text, name))
        if found is None:
            found = await self._cold((text, name), lambda: self._checked(text, name))
            weight = found.weight if isinstance(found, Operation) else len(text) + 500
            self._kept.put((text, name), found, weight)
        if isinstance(found, RequestError):
            raise found
        return found

    async def plan(self, operation: Operation, variables: Mapping[str, Any]) -> Plan:
        """The plan for these variables, whose values are sound."""
        flags = tuple(bool(variables.get(name)) for name in operation.flags)
        plan = operation.plans.get(flags)
        if plan is None:
            key = (id(operation), flags)
            plan = await self._cold(key, lambda: self._planned(operation, flags))
            operation.plans[flags] = plan
        return plan

    def variables(self, operation: Operation, given: Mapping[str, Any]) -> dict[str, Any]:
        """Check the variables; answers them with their defaults filled in."""
        if not operation.node.variable_definitions:
            return {}
        found: Any = get_variable_values(
            self.schema,
            operation.node.variable_definitions,
            dict(given),
            max_errors=_MOST_ERRORS,
            hide_suggestions=True,
        )
        if isinstance(found, list):
            raise RequestError(errors.VARIABLES_NOT_VALID, found[0].message)
        coerced: dict[str, Any] = found.coerced
        return coerced

    async def _cold(self, key: Any, work: Callable[[], T]) -> T:
        """Do slow work on the thread; whoever asks for the same meanwhile shares the answer."""
        pending = self._pending.get(key)
        if pending is None:
            loop = asyncio.get_running_loop()
            pending = self._pending[key] = loop.run_in_executor(self._thread, _timed(work))
            pending.add_done_callback(lambda _: self._pending.pop(key, None))
        answer: T = await asyncio.shield(pending)
        return answer

    def _checked(self, text: str, name: str | None) -> Operation | RequestError:
        try:
            document = self._parsed(text)
            limits.check(document, self._limits)
            self._validate(document)
            return self._chosen(document, name, len(text))
        except RequestError as error:
            return error

    def _parsed(self, text: str) -> DocumentNode:
        try:
            return parse(text, max_tokens=self._limits.tokens, allow_empty_selection_sets=False)
        except GraphQLSyntaxError as error:
            raise _refused(errors.PARSE_FAILED, error) from None
        except RecursionError:
            raise RequestError(errors.QUERY_TOO_LARGE, "The query is too deep.") from None

    def _validate(self, document: DocumentNode) -> None:
        found = validate(self.schema, document, max_errors=_MOST_ERRORS, hide_suggestions=True)
        if found:
            raise _refused(errors.VALIDATION_FAILED, found[0])

    def _chosen(self, document: DocumentNode, name: str | None, length: int) -> Operation:
        nodes = [one for one in document.definitions if isinstance(one, OperationDefinitionNode)]
        named = [one for one in nodes if not name or (one.name and one.name.value == name)]
        if len(named) != 1:
            message = f"There is no operation {name!r}." if name else "Name one operation."
            raise RequestError(errors.BAD_REQUEST, message)
        flags = tuple(sorted(set(_flags(document))))
        if len(flags) > self._limits.flags:
            message = f"At most {self._limits.flags} variables may decide on @skip and @include."
            raise RequestError(errors.QUERY_TOO_LARGE, message)
        fragments = {
            one.name.value: one
            for one in document.definitions
            if isinstance(one, FragmentDefinitionNode)
        }
        return Operation(document, named[0], fragments, flags, length * 40 + 2_000)

    def _planned(self, operation: Operation, flags: tuple[bool, ...]) -> Plan:
        values = dict(zip(operation.flags, flags, strict=True))
        try:
            return self._planner.plan(operation.node, operation.fragments, values)
        except PlanTooComplexError:
            message = "There are too many ways to answer the query."
            raise RequestError(errors.PLAN_TOO_COMPLEX, message) from None
        except NoPathError as error:
            message = f"There is no way to answer {error} here."
            raise RequestError(errors.CANNOT_BE_PLANNED, message) from None

    def close(self) -> None:
        self._thread.shutdown(wait=False)


def _flags(node: Any) -> list[str]:
    """The variables that decide on @skip and @include anywhere under a node."""
    found: list[str] = []
    for directive in getattr(node, "directives", None) or ():
        if directive.name.value in ("skip", "include"):
            found += variables_in(directive.arguments)
    for part in ("definitions", "selection_set", "selections"):
        below = getattr(node, part, None) or ()
        for one in below if isinstance(below, tuple | list) else (below,):
            found += _flags(one)
    return found


def _refused(code: str, error: GraphQLError) -> RequestError:
    places = [place.formatted for place in error.locations or ()]
    return RequestError(code, error.message, locations=places)


def _timed(work: Callable[[], T]) -> Callable[[], T]:
    def timed() -> T:
        began = time.perf_counter()
        try:
            return work()
        finally:
            metrics.planned.observe(time.perf_counter() - began)

    return timed
