"""What every bulk command answers: what was done, what was refused and why, and the counts."""

from collections.abc import Mapping, Sequence
from typing import Protocol, Self, TypeVar
from uuid import UUID

import strawberry

from chassis.choice import Choice
from chassis.errors import DomainError
from chassis.graphql.scalars import as_uuid

F = TypeVar("F")


@strawberry.federation.type(
    shareable=True, description="One thing a command would not do, and why."
)
class Refusal:
    id: strawberry.ID | None = strawberry.field(
        default=None, description="The row that was refused; null where the whole command was."
    )
    code: str = strawberry.field(description="Stable and machine-readable: STALE_VERSION.")
    message: str = strawberry.field(description="The reason in words.")
    field: str | None = strawberry.field(
        default=None, description="The input field that is at fault, if one is."
    )

    @classmethod
    def of(cls, error: DomainError, id: object = None) -> Self:
        return cls(
            id=None if id is None else strawberry.ID(str(id)),
            code=error.code,
            message=str(error),
            field=error.field,
        )


@strawberry.federation.type(shareable=True, description="A named number.")
class Count:
    name: str = strawberry.field(description="What is counted: done, refused, points, pounds.")
    value: str = strawberry.field(description="The number, as a string.")


@strawberry.input(description="A row as the caller last saw it.")
class RowVersion:
    id: strawberry.ID = strawberry.field(description="The row's id.")
    version: int = strawberry.field(
        description="The version it had; a row that has changed since is refused."
    )


def choice(
    rows: Sequence[RowVersion] | None, wanted: F | None, selection: str | None
) -> Choice[UUID, F]:
    """What the three fields of a `@oneOf` input say, of which GraphQL lets just one be given."""
    return Choice(
        rows={as_uuid(row.id, "choose.rows.id"): row.version for row in rows or ()},
        filter=wanted,
        selection=selection if isinstance(selection, str) else None,
    )


class _Refused(Protocol):
    """Read only, so that ids of any kind fit."""

    @property
    def id(self) -> object: ...
    @property
    def code(self) -> str: ...
    @property
    def message(self) -> str: ...
    @property
    def field(self) -> str | None: ...


class _Outcome(Protocol):
    @property
    def done(self) -> Sequence[object]: ...
    @property
    def refused(self) -> Sequence[_Refused]: ...
    @property
    def selection(self) -> str | None: ...
    @property
    def message(self) -> str: ...


@strawberry.type
class BulkAnswer:
    """Inherit under the noun's name: `class OfferBulkAnswer(BulkAnswer)`, described anew.

    A command answers a plain dataclass, which `idempotency.once` can keep; this is made of it.
    """

    done: list[strawberry.ID] = strawberry.field(
        description="The rows the command was done to (in a dry run: would be)."
    )
    refused: list[Refusal] = strawberry.field(description="The rows it was not done to, and why.")
    counts: list[Count] = strawberry.field(description="Counts and totals over the rows.")
    selection: str | None = strawberry.field(
        default=None,
        description="After a dry run: a token that stands for the rows in `done` at the versions "
        "they were seen at, to be given back within 15 minutes; null where there are none.",
    )
    message: str = strawberry.field(description="The outcome in one sentence.")

    @classmethod
    def told(cls, outcome: _Outcome, counts: Mapping[str, str] | None = None) -> Self:
        """What a command answered, with more counts than of what was done and refused."""
        numbers = {"done": str(len(outcome.done)), "refused": str(len(outcome.refused))}
        return cls(
            done=[strawberry.ID(str(one)) for one in outcome.done],
            refused=[
                Refusal(
                    id=strawberry.ID(str(one.id)),
                    code=one.code,
                    message=one.message,
                    field=one.field,
                )
                for one in outcome.refused
            ],
            counts=[
                Count(name=name, value=value)
                for name, value in (numbers | dict(counts or {})).items()
            ],
            selection=outcome.selection,
            message=outcome.message,
        )
