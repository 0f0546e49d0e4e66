"""One GraphQL request from its parameters to its answer, whatever carried it here."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import DocumentNode, OperationDefinitionNode, OperationType, execute_sync

from gateway import errors
from gateway.errors import RequestError
from gateway.execute import Caller, Execution, Services
from gateway.operation import Operation, Operations
from gateway.plan import Plan


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client asks."""

    query: str
    name: str | None
    variables: Mapping[str, Any]

    @classmethod
    def read(cls, given: Any) -> "Asked":
        """Read the parameters of a request; raises RequestError for what they may not be."""
        if not isinstance(given, dict):
            raise RequestError(errors.BAD_REQUEST, "A request is one JSON object.")
        query, name = given.get("query"), given.get("operationName")
        variables, extensions = given.get("variables"), given.get("extensions")
        if not isinstance(query, str) or not query:
            raise RequestError(errors.BAD_REQUEST, "`query` is a string and must be there.")
        if name is not None and not isinstance(name, str):
            raise RequestError(errors.BAD_REQUEST, "`operationName` is a string.")
        for label, value in (("variables", variables), ("extensions", extensions)):
            if value is not None and not isinstance(value, dict):
                raise RequestError(errors.BAD_REQUEST, f"`{label}` is a JSON object.")
        return cls(query, name, variables or {})


@dataclass(frozen=True)
class Gateway:
    """A supergraph being served. It keeps nothing of a request once that is answered."""

    operations: Operations
    services: Services
    introspection: bool = True

    async def operation(self, asked: Asked) -> Operation:
        return await self.operations.find(asked.query, asked.name)

    async def answer(
        self, operation: Operation, variables: Mapping[str, Any], caller: Caller
    ) -> dict[str, Any]:
        """Carry out a checked operation."""
        sound = self.operations.variables(operation, variables)
        plan = await self.operations.plan(operation, sound)
        execution = Execution(self.services, plan, caller, variables)
        data = await execution.run()
        told = execution.errors
        if plan.introspection is not None and data is not None:
            about, refused = self._about(operation, plan, variables)
            data, told = _in_order(operation, {**data, **about}), told + refused
        return {"errors": told, "data": data} if told else {"data": data}

    def _about(
        self, operation: Operation, plan: Plan, variables: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[Any]]:
        """Answer what is asked of the schema itself."""
        assert plan.introspection is not None
        if not self.introspection:
            message = "What the schema holds is not told here."
            raise RequestError(errors.VALIDATION_FAILED, message)
        alone = OperationDefinitionNode(
            operation=OperationType.QUERY,
            variable_definitions=operation.node.variable_definitions,
            selection_set=plan.introspection,
        )
        document = DocumentNode(definitions=(alone, *operation.fragments.values()))
        found = execute_sync(self.operations.schema, document, variable_values=dict(variables))
        return found.data or {}, [one.formatted for one in found.errors or ()]


def _in_order(operation: Operation, data: dict[str, Any]) -> dict[str, Any]:
    """Put the fields of the root back into the order they were asked in, as far as it is plain."""
    names = [
        (one.alias or one.name).value
        for one in operation.node.selection_set.selections
        if hasattr(one, "name") and hasattr(one, "alias")
    ]
    return {name: data[name] for name in (*names, *data) if name in data}


def caller(
    request_id: str, headers: Mapping[str, str], seconds: float, asked: str | None = None
) -> Caller:
    """Say who asks and until when; a client may ask for less time than there is, or up to 30 s."""
    if asked is not None and asked.isdecimal():
        seconds = min(int(asked) / 1000, 30)
    return Caller(request_id, headers, asyncio.get_running_loop().time() + seconds)
