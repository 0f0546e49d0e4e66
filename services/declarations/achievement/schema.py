"""Loading achievement in GraphQL."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.graphql import Context, Count, as_uuid
from chassis.idempotency import once
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations.achievement import commands, store
from services.declarations.achievement.domain import Problem
from services.declarations.sight import not_found

Info = strawberry.Info[Context[Principal], None]

MOST_ERRORS = 1_000


@strawberry.type(description="Where to put an extract.")
class AchievementUpload:
    id: strawberry.ID = strawberry.field(description="Name it to loadAchievement.")
    path: str = strawberry.field(description="PUT the file there within 15 minutes.")


@strawberry.type(description="Something in an extract that was not loaded, or is not paid.")
class AchievementLoadError:
    code: str = strawberry.field(description="Stable: NUMERATOR_ABOVE_DENOMINATOR.")
    row: int = strawberry.field(description="The row of the file; the header is row 1.")
    field: str | None = strawberry.field(description="The column that is at fault.")
    message: str = strawberry.field(description="What is wrong, in words.")

    @classmethod
    def of(cls, problem: Problem) -> AchievementLoadError:
        return cls(
            code=problem.code, row=problem.line, field=problem.field, message=problem.message
        )


@strawberry.type(description="The load of one extract: a job, and what came of it.")
class AchievementLoad:
    id: strawberry.ID = strawberry.field(description="The load's id.")
    file_name: str = strawberry.field(description="What the file was called.")
    status: str = strawberry.field(description="WAITING, RUNNING, DONE or FAILED.")
    done: int = strawberry.field(description="Bytes of the file that have been read.")
    total: int | None = strawberry.field(description="Bytes of the file.")
    failure: str | None = strawberry.field(description="Why the whole load failed, if it did.")
    counts: list[Count] = strawberry.field(
        description="rows, loaded, marked (far from the provider's own history), unchanged, "
        "superseded, not_participating, unknown, errors."
    )
    error_count: int = strawberry.field(
        description="How many errors there are; what is kept unpaid is none, nor what a person "
        "submitted later and which therefore stands."
    )
    asked_at: datetime = strawberry.field(description="When it was asked for.")

    @strawberry.field(description="The errors, in the order of their rows.")
    async def errors(self, info: Info, first: int = 100) -> list[AchievementLoadError]:
        async with info.context.db.reader() as reader:
            found = await store.find_problems(reader, UUID(self.id), min(first, MOST_ERRORS))
        return [AchievementLoadError.of(problem) for problem in found]

    @classmethod
    def of(cls, row: Record) -> AchievementLoad:
        failure = row["error"]
        return cls(
            id=strawberry.ID(str(row["id"])),
            file_name=row["file_name"],
            status=row["status"],
            done=row["done"],
            total=row["total"],
            failure=f"{failure['code']}: {failure['message']}" if failure else None,
            counts=[Count(name=name, value=str(n)) for name, n in row["counts"].items()],
            error_count=row["error_count"],
            asked_at=row["asked_at"],
        )


async def _load(info: Info, identity: UUID) -> AchievementLoad:
    principal = info.context.principal
    async with info.context.db.reader() as reader:
        row = await store.find_load(reader, identity, principal.organisation)
    if row is None:
        raise not_found("load", identity)
    return AchievementLoad.of(row)


@strawberry.type
class AchievementQuery:
    @strawberry.field(description="A load of achievement: its progress and its errors.")
    async def achievement_load(self, info: Info, id: strawberry.ID) -> AchievementLoad | None:
        info.context.principal.require(Role.DATA_LOAD)
        return await _load(info, as_uuid(id))


@strawberry.type
class AchievementMutation:
    @strawberry.mutation(description="Ask where to put an extract. Needs Data Load.")
    async def request_achievement_upload(self, info: Info, file_name: str) -> AchievementUpload:
        files, principal = info.context.files, info.context.principal
        upload, path = commands.request_upload(files, principal, file_name)
        return AchievementUpload(id=strawberry.ID(str(upload)), path=path)

    @strawberry.mutation(
        description="Load an extract that was put where requestAchievementUpload said: in the "
        "format INDICATOR_VALUES or that of the NCD extract, known by its columns. Rows that "
        "cannot be loaded are listed; the others are loaded. Needs Data Load."
    )
    async def load_achievement(
        self,
        info: Info,
        upload: strawberry.ID,
        file_name: str = "INDICATOR_VALUES.csv",
        idempotency_key: str | None = None,
    ) -> AchievementLoad:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        async with context.db.transaction() as tx:
            job = await once(
                tx,
                key,
                UUID,
                lambda: commands.ask_for_load(
                    tx,
                    context.files,
                    context.principal,
                    as_uuid(upload, "upload"),
                    file_name=file_name,
                    now=context.now,
                ),
                now=context.now,
            )
        return await _load(info, job)
