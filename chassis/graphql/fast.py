"""Lists of plain attributes, compiled; anything else goes the stock way."""

from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext


class FastExecutor(StrawberryGraphQLCoreExecutionContext):
    pass
