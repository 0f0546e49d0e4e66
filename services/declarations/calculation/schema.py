"""Lines of a calculation, receipts, and national prevalence in GraphQL."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.errors import DomainError
from chassis.graphql import JSON, Context, OdsCode, Points, Pounds
from chassis.idempotency import once
from nhs.directory import Principal
from services.declarations.calculation import prevalence, receipts, store, told
from services.declarations.calculation.differences import (
    Difference,
    InputChange,
    LineChange,
    between,
)
from services.declarations.calculation.domain import Line
from services.declarations.calculation.told import Told

Info = strawberry.Info[Context[Principal], None]

Version = tuple[UUID, int]
"""A declaration and the number of its calculation."""


@strawberry.type(description="Why a declaration cannot be calculated yet.")
class DeclarationBlocker:
    code: str = strawberry.field(
        description="VALUES_MISSING, LIST_SIZE_UNKNOWN, NATIONAL_PREVALENCE_MISSING, "
        "AVERAGE_LIST_MISSING, NO_MEMBER_TAKES_PART, INDICATOR_NOT_PUBLISHED, "
        "PERIOD_NOT_PUBLISHED, ADJUSTED_POPULATION_UNKNOWN, PAYMENT_UNKNOWN (what another line "
        "paid), PREVIOUS_POINTS_UNKNOWN, YEAR_NOT_OFFERED or YEAR_NOT_ACCEPTED (what it is an "
        "advance on), SERVICE_NOT_YET_KNOWN or SERVICE_NOT_SOUND; under a change of the past "
        "FIGURE_UNKNOWN too."
    )
    indicator: str | None = strawberry.field(description="The indicator that lacks a value.")
    message: str = strawberry.field(description="What is missing, in words.")
    provider: OdsCode | None = strawberry.field(
        default=None,
        description="The practice that a network waits for, or the network nobody takes part in.",
    )


@strawberry.type(description="What a declaration is paid, and what that stands on, in words.")
class DeclarationExplanation:
    summary: str = strawberry.field(description="What is paid in all.")
    stands_on: list[str] = strawberry.field(
        description="List and members on the day, figures, rules and rounding, a sentence each."
    )

    @classmethod
    def of(cls, receipt: Mapping[str, Any]) -> DeclarationExplanation:
        said = told.whole(receipt)
        return cls(summary=said.summary, stands_on=said.details)


@strawberry.type(description="Why an indicator pays what it pays, in words.")
class DeclarationLineExplanation:
    summary: str = strawberry.field(description="A paragraph for who knows no formula.")
    steps: list[str] = strawberry.field(description="Every step of its formula, a sentence each.")
    origins: list[str] = strawberry.field(
        description="Where its values came from, and what they replaced: a sentence a provider."
    )
    sources: list[str] = strawberry.field(
        description="Where thresholds, points, constants and other figures come from: a sentence "
        "each, with the day it is of, and whether it is confirmed."
    )

    @classmethod
    def of(cls, said: Told) -> DeclarationLineExplanation:
        return cls(
            summary=said.summary, steps=said.details, origins=said.origins, sources=said.sources
        )


@strawberry.type(description="What one indicator earned.")
class DeclarationLine:
    indicator: str = strawberry.field(description="The indicator's code: CHOL004.")
    numerator: int | None = strawberry.field(description="Patients for whom it was achieved.")
    denominator: int | None = strawberry.field(description="Patients it applies to.")
    register: int | None = strawberry.field(description="Patients on the disease register.")
    points: Points = strawberry.field(description="Points earned.")
    pounds: Pounds | None = strawberry.field(
        description="What they are worth; null for who may not see pounds."
    )
    outcome: str = strawberry.field(
        description="EARNED, or NOT_EARNABLE where it applies to nobody."
    )
    provisional: bool = strawberry.field(
        description="Whether its rule is unconfirmed: such rules pay in demonstrations only."
    )
    version: strawberry.Private[Version]

    @strawberry.field(
        description="Every value of the calculation over the values it came from; null for who "
        "may not see pounds."
    )
    async def receipt(self, info: Info) -> JSON | None:
        found = await _receipt_of_line(info, self)
        return JSON(found) if found else None

    @strawberry.field(
        description="Why it pays what it pays, in words; null for who may not see pounds."
    )
    async def explanation(self, info: Info) -> DeclarationLineExplanation | None:
        found = await _receipt_of_line(info, self)
        return DeclarationLineExplanation.of(told.line(found)) if found else None

    @classmethod
    def of(cls, line: Line, version: Version, *, sees_pounds: bool) -> DeclarationLine:
        return cls(
            indicator=line.indicator,
            numerator=line.numerator,
            denominator=line.denominator,
            register=line.register,
            points=Points(line.points),
            pounds=Pounds(line.pounds) if sees_pounds else None,
            outcome="EARNED" if line.earnable else "NOT_EARNABLE",
            provisional=line.provisional,
            version=version,
        )


async def _receipt_of_line(info: Info, line: DeclarationLine) -> Mapping[str, Any] | None:
    if line.pounds is None:
        return None
    whole = await receipt_of(info, line.version)
    return next((x for x in whole["lines"] if x["indicator"] == line.indicator), None)


@strawberry.type(description="An input that is not what it was.")
class DeclarationInputChange:
    name: str = strawberry.field(description="numerator, register, list size, rules.")
    before: str | None = strawberry.field(description="What it was; null if there was none.")
    after: str | None = strawberry.field(description="What it is; null if there is none.")

    @classmethod
    def of(cls, change: InputChange) -> DeclarationInputChange:
        return cls(name=change.name, before=change.before, after=change.after)


@strawberry.type(description="What became different for one indicator.")
class DeclarationLineChange:
    indicator: str = strawberry.field(description="The indicator's code: CHOL004.")
    inputs: list[DeclarationInputChange] = strawberry.field(
        description="Its own values that changed; empty where only what all stand on did."
    )
    points_before: Points | None = strawberry.field(description="Null if it was not counted.")
    points_after: Points | None = strawberry.field(description="Null if it is not counted.")
    pounds_before: Pounds | None = strawberry.field(
        description="What it was worth; null for who may not see pounds."
    )
    pounds_after: Pounds | None = strawberry.field(
        description="What it is worth; null for who may not see pounds."
    )

    @classmethod
    def of(cls, change: LineChange, *, sees_pounds: bool) -> DeclarationLineChange:
        was, now = change.before, change.after
        return cls(
            indicator=change.indicator,
            inputs=[DeclarationInputChange.of(one) for one in change.inputs],
            points_before=Points(was.points) if was else None,
            points_after=Points(now.points) if now else None,
            pounds_before=Pounds(was.pounds) if was and sees_pounds else None,
            pounds_after=Pounds(now.pounds) if now and sees_pounds else None,
        )


@strawberry.type(description="What one calculation has that another had not.")
class DeclarationChanges:
    since: int = strawberry.field(description="The number of the calculation before.")
    inputs: list[DeclarationInputChange] = strawberry.field(
        description="What every indicator stands on: list size, rules, national prevalence; of a "
        "network its members, and their numbers."
    )
    lines: list[DeclarationLineChange] = strawberry.field(
        description="The indicators whose values, points or pounds changed."
    )


async def changes_of(
    info: Info, declaration: UUID, since: int, until: int, *, sees_pounds: bool
) -> DeclarationChanges:
    """What calculation `until` has that `since` had not. The caller has seen the declaration."""
    context = info.context

    async def load(keys: list[tuple[Version, Version]]) -> list[Difference]:
        async with context.db.reader() as reader:
            found = await between(reader, keys)
        return [found[key] for key in keys]

    loader = context.loader("differences of calculations", lambda: DataLoader(load))
    difference = await loader.load(((declaration, since), (declaration, until)))
    return DeclarationChanges(
        since=since,
        inputs=[
            DeclarationInputChange.of(one) for one in (*difference.inputs, *difference.of_members)
        ],
        lines=[DeclarationLineChange.of(x, sees_pounds=sees_pounds) for x in difference.lines],
    )


async def lines_of(info: Info, version: Version) -> list[Line]:
    """The lines of a calculation, one statement a request for all that are asked for."""
    context = info.context

    async def load(keys: list[Version]) -> list[list[Line]]:
        async with context.db.reader() as reader:
            found = await store.lines_of(reader, keys)
        return [found.get(key, []) for key in keys]

    loader = context.loader("calculation lines", lambda: DataLoader(load))
    return await loader.load(version)


MOST_RECEIPTS = 20
"""Of one request. Each takes some hundredths of a second, in which the process does nothing else:
a list of hundreds would have everybody wait."""


async def receipt_of(info: Info, version: Version) -> dict[str, Any]:
    """The receipt of a calculation, rebuilt once a request. The caller has seen its pounds."""
    context, asked = info.context, set[Version]()

    async def load(keys: list[Version]) -> list[dict[str, Any]]:
        asked.update(keys)
        if len(asked) > MOST_RECEIPTS:
            message = f"At most {MOST_RECEIPTS} calculations are explained at a time: ask for fewer"
            raise DomainError("TOO_MANY_RECEIPTS", message, limit=MOST_RECEIPTS)
        async with context.db.reader() as reader:
            return [await receipts.receipt(reader, *key) or {"lines": []} for key in keys]

    loader: DataLoader[Version, dict[str, Any]] = context.loader(
        "receipts", lambda: DataLoader(load)
    )
    return await loader.load(version)


@strawberry.input(description="How common what a group of indicators is about is in England.")
class GroupPrevalenceInput:
    group: str = strawberry.field(description="The indicators' prevalence group: AF.")
    prevalence: str = strawberry.field(
        description='Registered patients of all, above 0 and at most 1, as a string: "0.0602".'
    )


@strawberry.input(description="A named set of national prevalences, loaded whole.")
class NationalPrevalenceInput:
    name: str = strawberry.field(description="What the set is called: England 2025/26.")
    quality_service: str = strawberry.field(description="The version it is for: QOF2526/1.")
    source: str = strawberry.field(description="Where the figures come from.")
    values: list[GroupPrevalenceInput] = strawberry.field(
        description="One for every prevalence group of the service."
    )
    average_list: str | None = strawberry.field(
        default=None,
        description="The mean list of England's networks, for a service that pays by it: "
        '"49500". A practice\'s is part of the published version.',
    )


@strawberry.type(description="A named set of national prevalences.")
class NationalPrevalence:
    id: strawberry.ID = strawberry.field(description="The set's id, which receipts name.")
    name: str = strawberry.field(description="What the set is called.")


@strawberry.type
class CalculationMutation:
    @strawberry.mutation(
        description="Load a set of national prevalences. What is not finance-approved is "
        "calculated again with it; the set that was loaded last, given again, changes nothing. "
        "Needs Data Load."
    )
    async def load_national_prevalence(
        self,
        info: Info,
        input: NationalPrevalenceInput,  # noqa: A002 (GraphQL's word)
        idempotency_key: str | None = None,
    ) -> NationalPrevalence:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        async with context.db.transaction() as tx:
            made = await once(
                tx,
                key,
                UUID,
                lambda: prevalence.load_prevalence(
                    tx,
                    context.principal,
                    quality_service=input.quality_service,
                    name=input.name,
                    source=input.source,
                    given=[(value.group, value.prevalence) for value in input.values],
                    average_list=input.average_list,
                    now=context.now,
                ),
                now=context.now,
            )
        return NationalPrevalence(id=strawberry.ID(str(made)), name=input.name)
