"""Submissions in GraphQL: what is there, what may be changed, and why not."""

from __future__ import annotations

from datetime import date, datetime

import strawberry
from asyncpg import Record
from strawberry.dataloader import DataLoader

from chassis.graphql import Context
from nhs.directory import Principal
from nhs.formulas.specification import Group, Indicator
from services.declarations.achievement.domain import Problem
from services.declarations.sight import Sight
from services.declarations.submissions import store
from services.declarations.submissions.domain import (
    GroupStatus,
    Refusal,
    Standing,
    Submission,
    fields_of,
    shown,
    why_not,
)
from services.declarations.submissions.listing import declarations_of

Value = tuple[str, date, str, str]
"""Service, achievement date, provider and indicator."""

Info = strawberry.Info[Context[Principal], None]

strawberry.enum(
    GroupStatus, name="AchievementGroupStatus", description="How far the submission of a group is."
)


@strawberry.type(description="Where a value came from.")
class AchievementOrigin:
    how: str = strawberry.field(description="AUTOMATIC (an extract) or MANUAL (a person).")
    submitted_by: str = strawberry.field(
        description="AUTOMATED, cro-processor, or the id of who submitted it."
    )
    submitted_at: datetime = strawberry.field(description="When, by the clocks of England.")
    acting_for: str | None = strawberry.field(description="The organisation it was done for.")
    load: strawberry.ID | None = strawberry.field(description="The load that brought it.")
    submission: strawberry.ID | None = strawberry.field(description="The submission it is of.")
    kept_at: datetime = strawberry.field(description="When it was kept here.")
    default_values_used: str | None = strawberry.field(
        description="What the extract says of defaults that stand in for values nobody submitted "
        "(DEFAULT_VALUES_USED); null: none."
    )

    @classmethod
    def of(cls, row: Record) -> AchievementOrigin:
        load, submission = row["load_id"], row["submission_id"]
        return cls(
            how=row["how"],
            submitted_by=row["submitted_by"],
            submitted_at=row["submitted_at"],
            acting_for=row["acting_for"],
            load=strawberry.ID(str(load)) if load else None,
            submission=strawberry.ID(str(submission)) if submission else None,
            kept_at=row["loaded_at"],
            default_values_used=row["default_values_used"],
        )


@strawberry.type(description="What a value was before it was replaced.")
class AchievementPastValue:
    numerator: int | None = strawberry.field(description="Its numerator, count, or 1 for Yes.")
    denominator: int | None = strawberry.field(description="Its denominator.")
    register: int | None = strawberry.field(description="Its register.")
    origin: AchievementOrigin = strawberry.field(description="Where it had come from.")
    replaced_at: datetime = strawberry.field(description="When another took its place.")

    @classmethod
    def of(cls, row: Record) -> AchievementPastValue:
        return cls(
            numerator=row["numerator"],
            denominator=row["denominator"],
            register=row["register"],
            origin=AchievementOrigin.of(row),
            replaced_at=row["replaced_at"],
        )


@strawberry.type(description="One field of an indicator.")
class AchievementField:
    name: str = strawberry.field(description="As extracts call it: Numerator, Yes/No Flag.")
    kind: str = strawberry.field(
        description="NUMERATOR, DENOMINATOR, REGISTER, COUNT, YES_NO or ADJUSTMENT."
    )
    value: str | None = strawberry.field(description="The current value; Y or N where asked so.")
    draft: str | None = strawberry.field(description="What the work in progress says.")


@strawberry.type(description="Why a value cannot be changed.")
class AchievementRefusal:
    code: str = strawberry.field(description="Stable: VALUE_EXTRACTED, PERIOD_LOCKED.")
    message: str = strawberry.field(description="In words.")

    @classmethod
    def of(cls, refusal: Refusal) -> AchievementRefusal:
        return cls(code=refusal.code, message=refusal.message)


@strawberry.type(description="An indicator's values at an achievement date.")
class AchievementIndicator:
    code: str = strawberry.field(description="The indicator: CHOL004.")
    name: str = strawberry.field(description="What it measures.")
    fields: list[AchievementField] = strawberry.field(description="What is submitted of it.")
    complete: bool = strawberry.field(description="Whether everything its rule needs is there.")
    origin: AchievementOrigin | None = strawberry.field(
        description="Where the current value came from; null if there is none."
    )
    marked: bool = strawberry.field(
        description="Whether it is far from the provider's own history."
    )
    marked_because: str | None = strawberry.field(description="In what it is.")
    changeable: bool = strawberry.field(description="Whether the caller may change it now.")
    why_not: AchievementRefusal | None = strawberry.field(description="Why they may not.")


@strawberry.type(description="An indicator group: the unit of manual submission.")
class AchievementGroup:
    code: str = strawberry.field(description="The group: AF, QIWW.")
    name: str = strawberry.field(description="What it is about.")
    status: GroupStatus = strawberry.field(description="How far it is.")
    submitted: int = strawberry.field(description="How many of its indicators are complete.")
    out_of: int = strawberry.field(description="How many indicators it has.")
    notes: str | None = strawberry.field(
        description="The notes of the work in progress, else of the last submission."
    )
    submitted_by: strawberry.ID | None = strawberry.field(
        description="The person of the work in progress, else of the last manual submission."
    )
    acting_for: str | None = strawberry.field(description="The organisation they acted for.")
    at: datetime | None = strawberry.field(description="When they did.")
    indicators: list[AchievementIndicator] = strawberry.field(description="Its indicators.")


@strawberry.type(description="What a provider has submitted of a service for a date.")
class AchievementSubmission:
    service: str = strawberry.field(description="The line of the service: QOF2526.")
    provider: str = strawberry.field(description="The provider's ODS code.")
    achievement_date: date = strawberry.field(description="The day it is measured on.")
    entering_for: str | None = strawberry.field(
        description="PROVIDER or COMMISSIONER: as which the caller enters; null: only looks."
    )
    groups: list[AchievementGroup] = strawberry.field(description="In the published order.")

    @strawberry.field(description="What an indicator's value was before, the last first.")
    async def past(self, info: Info, indicator: str) -> list[AchievementPastValue]:
        subject = (self.service, self.achievement_date, self.provider)
        async with info.context.db.reader() as reader:
            rows = await store.past_of(reader, subject, indicator)
        return [AchievementPastValue.of(row) for row in rows]

    @classmethod
    def of(cls, standing: Standing, rows: dict[str, Record], today: date) -> AchievementSubmission:
        service, achieved_on, provider = standing.subject
        return cls(
            service=service,
            provider=provider,
            achievement_date=achieved_on,
            entering_for=standing.side and standing.side.value,
            groups=[_group(standing, group, rows, today) for group in standing.groups()],
        )


def _group(
    standing: Standing, group: Group, rows: dict[str, Record], today: date
) -> AchievementGroup:
    draft = standing.drafts.get(group.code)
    last = draft or standing.submitted.get(group.code)
    complete = [i for i in group.indicators if standing.value(i.code).complete(i)]
    return AchievementGroup(
        code=group.code,
        name=group.name,
        status=standing.status(group),
        submitted=sum(indicator.code in rows for indicator in complete),
        out_of=len(group.indicators),
        notes=last.notes if last else None,
        submitted_by=strawberry.ID(str(last.person)) if last else None,
        acting_for=last.acting_for if last else None,
        at=last.at if last else None,
        indicators=[
            _indicator(standing, indicator, rows.get(indicator.code), draft, today)
            for indicator in group.indicators
        ],
    )


def _indicator(
    standing: Standing,
    indicator: Indicator,
    row: Record | None,
    draft: Submission | None,
    today: date,
) -> AchievementIndicator:
    refusal = why_not(standing, indicator, today)
    marked = row["marked"] if row else None
    return AchievementIndicator(
        code=indicator.code,
        name=indicator.name,
        fields=_fields(standing, indicator, draft),
        complete=row is not None and standing.value(indicator.code).complete(indicator),
        origin=AchievementOrigin.of(row) if row else None,
        marked=marked is not None,
        marked_because=marked,
        changeable=refusal is None,
        why_not=AchievementRefusal.of(refusal) if refusal else None,
    )


def _fields(
    standing: Standing, indicator: Indicator, draft: Submission | None
) -> list[AchievementField]:
    given = draft.given if draft else ()
    drafted = {one.field: one.value for one in given if one.indicator == indicator.code}
    value = standing.value(indicator.code)
    return [
        AchievementField(
            name=name,
            kind=kind,
            value=shown(value.of(indicator, name), kind),
            draft=drafted.get(name),
        )
        for name, kind in fields_of(indicator).items()
    ]


@strawberry.type(description="Something that is wrong with what was given.")
class AchievementError:
    code: str = strawberry.field(description="Stable: NUMERATOR_ABOVE_DENOMINATOR.")
    row: int = strawberry.field(
        description="The place in the list of values, from 1, or the row of the file, whose header "
        "is row 1; 0: of the work in progress."
    )
    field: str | None = strawberry.field(description="What is at fault.")
    message: str = strawberry.field(description="What is wrong, in words.")

    @classmethod
    def of(cls, problem: Problem) -> AchievementError:
        return cls(
            code=problem.code, row=problem.line, field=problem.field, message=problem.message
        )


@strawberry.type(description="A declaration that stands on a marked value.")
class MarkedAchievementDeclaration:
    id: strawberry.ID = strawberry.field(description="Its id, as holdDeclarations takes it.")
    version: int = strawberry.field(description="Its version, as holdDeclarations takes it.")
    provider: str = strawberry.field(description="Whose it is: the provider's, or its network's.")
    status: str = strawberry.field(description="Whose step it is.")
    held: bool = strawberry.field(description="Whether it is held already.")

    @classmethod
    def of(cls, row: Record) -> MarkedAchievementDeclaration:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            provider=row["provider"],
            status=row["status"],
            held=row["held"],
        )


@strawberry.type(description="A value that is far from the provider's own history.")
class MarkedAchievement:
    service: str = strawberry.field(description="The line of the service.")
    provider: str = strawberry.field(description="The provider's ODS code.")
    achievement_date: date = strawberry.field(description="The day it was measured on.")
    indicator: str = strawberry.field(description="The indicator.")
    numerator: int | None = strawberry.field(description="Its numerator, or count.")
    denominator: int | None = strawberry.field(description="Its denominator.")
    register: int | None = strawberry.field(description="Its register.")
    because: str = strawberry.field(description="In what it is far from the one before.")
    origin: AchievementOrigin = strawberry.field(description="Where it came from.")

    @strawberry.field(
        description="The declarations that stand on it, as far as the caller sees them: a "
        "commissioner holds them by holdDeclarations, which takes the mark for its reason. None "
        "where the value came before the period ended: a mark stops nothing by itself."
    )
    async def declarations(self, info: Info) -> list[MarkedAchievementDeclaration]:
        context = info.context

        async def load(keys: list[Value]) -> list[list[Record]]:
            async with context.db.reader() as reader:
                found = await declarations_of(reader, Sight.of(context.principal), keys)
            return [found.get(key, []) for key in keys]

        loader = context.loader("declarations of marked values", lambda: DataLoader(load))
        mine = (self.service, self.achievement_date, self.provider, self.indicator)
        return [MarkedAchievementDeclaration.of(row) for row in await loader.load(mine)]

    @classmethod
    def of(cls, row: Record) -> MarkedAchievement:
        return cls(
            service=row["service_code"],
            provider=row["provider"],
            achievement_date=row["achievement_date"],
            indicator=row["indicator"],
            numerator=row["numerator"],
            denominator=row["denominator"],
            register=row["register"],
            because=row["marked"],
            origin=AchievementOrigin.of(row),
        )
