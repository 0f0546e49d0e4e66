"""A bulk mutation: a step is taken on what is chosen, once a key."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Protocol, TypeVar
from uuid import UUID

import strawberry

from chassis.choice import Choice
from chassis.db import Tx
from chassis.graphql import Context
from chassis.idempotency import once_alone
from nhs.directory import Principal
from services.declarations.outcome import Outcome, Rows, chooser

F = TypeVar("F")
Did_co = TypeVar("Did_co", bound=Outcome, covariant=True)
Did = TypeVar("Did", bound=Outcome)


class Step(Protocol[Did_co]):
    """A command about rows, everything it needs beside them given already."""

    def __call__(
        self, tx: Tx, principal: Principal, rows: Rows, *, dry_run: bool, now: datetime
    ) -> Awaitable[Did_co]: ...


async def act(
    info: strawberry.Info[Context[Principal], None],
    operation: str,
    step: Step[Did],
    meant: Callable[[], Choice[UUID, F]],
    matching: Callable[[Tx, F, int], Awaitable[Rows]],
    *,
    answer: type[Did],
    dry_run: bool,
    key: str | None,
) -> Did:
    """Do a step to what is meant; in a dry run show what it would be done to.

    `matching`: the rows a filter reaches. An answer by which nothing is done leaves the key free.
    """
    context = info.context
    choosing = chooser(context.principal, operation, context.now, dry_run=dry_run)

    async def work(tx: Tx) -> Did:
        chosen = await choosing.chosen(tx, meant(), lambda wanted, most: matching(tx, wanted, most))
        rows = list(chosen.items())
        return await step(tx, context.principal, rows, dry_run=dry_run, now=context.now)

    return await once_alone(
        context.db,
        context.idempotency(info, key),
        answer,
        work,
        now=context.now,
        keep=lambda outcome: bool(outcome.done) and not dry_run,
    )
