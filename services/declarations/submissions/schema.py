"""Manual submission in GraphQL: Record Achievement."""

from __future__ import annotations

from datetime import date

import strawberry
from asyncpg import Record

from chassis.graphql import Connection, Download, as_uuid, connection, window
from chassis.idempotency import once
from services.declarations.achievement.schema import AchievementUpload
from services.declarations.sight import Sight
from services.declarations.submissions import commands, files, listing
from services.declarations.submissions.commands import Recorded, Recording
from services.declarations.submissions.domain import Given
from services.declarations.submissions.files import TemplateAsked
from services.declarations.submissions.listing import MarkedFilter
from services.declarations.submissions.types import (
    AchievementError,
    AchievementSubmission,
    Info,
    MarkedAchievement,
)


@strawberry.input(description="A value of one field of one indicator.")
class AchievementValueInput:
    indicator: str = strawberry.field(description="The indicator: CHOL004.")
    field: str = strawberry.field(description="As extracts call it: Numerator, Yes/No Flag.")
    value: str = strawberry.field(
        description="A whole number, or Y or N; empty takes it out of the work in progress."
    )


@strawberry.input(description="What is submitted of one indicator group.")
class AchievementRecording:
    service: str = strawberry.field(description="The line of the service: QOF2526.")
    provider: str = strawberry.field(description="The provider's ODS code.")
    achievement_date: date = strawberry.field(description="The last day of a payment period.")
    group: str = strawberry.field(description="The indicator group: AF, QIWW.")
    values: list[AchievementValueInput] = strawberry.field(
        description="New values, over the work in progress where there is some."
    )
    notes: str | None = strawberry.field(
        default=None, description="For who reviews it; without anything that names a patient."
    )

    def recording(self) -> Recording:
        given = tuple(
            Given(row, one.indicator, one.field, one.value)
            for row, one in enumerate(self.values, start=1)
        )
        subject = (self.service, self.achievement_date, self.provider)
        return Recording(subject, self.group, given, self.notes)


@strawberry.type(description="What came of a submission: where there are errors, nothing was kept.")
class AchievementRecorded:
    errors: list[AchievementError] = strawberry.field(description="All that is wrong, at once.")
    changed: int = strawberry.field(description="How many values are other than before.")
    marked: int = strawberry.field(
        description="How many of them are far from the provider's own history."
    )
    message: str = strawberry.field(description="What was done, in words.")

    @classmethod
    def of(cls, recorded: Recorded, *, draft: bool) -> AchievementRecorded:
        return cls(
            errors=[AchievementError.of(problem) for problem in recorded.problems],
            changed=recorded.changed,
            marked=recorded.marked,
            message=_said(recorded, draft=draft),
        )


def _said(recorded: Recorded, *, draft: bool) -> str:
    if recorded.problems:
        return f"Nothing has been kept: {len(recorded.problems)} error(s)"
    if draft:
        return "The achievement has been saved as work in progress"
    if not recorded.submissions:
        return "Nothing is other than before"
    return "The achievement has been successfully submitted"


@strawberry.input(description="Which marked values.")
class MarkedAchievementFilter:
    service: str | None = strawberry.field(default=None, description="Of this line of services.")
    provider: str | None = strawberry.field(default=None, description="Of this provider.")
    achievement_date: date | None = strawberry.field(default=None, description="Of this date.")

    def wanted(self) -> MarkedFilter:
        return MarkedFilter(self.service, self.provider, self.achievement_date)


@strawberry.type
class SubmissionsQuery:
    @strawberry.field(
        description="What a provider has submitted of a service for an achievement date: by group "
        "how far it is, by indicator the current values, where they came from, and whether the "
        "caller may change them. For who sees the provider's declarations."
    )
    async def achievement_submission(
        self, info: Info, service: str, provider: str, achievement_date: date
    ) -> AchievementSubmission | None:
        principal, subject = info.context.principal, (service, achievement_date, provider)
        async with info.context.db.reader() as reader:
            standing, rows = await commands.look(reader, principal, subject)
        return AchievementSubmission.of(standing, rows, principal.today)

    @strawberry.field(
        description="Values that are far from their provider's own history, for who reviews them: "
        "newest achievement date first, then by provider. A mark stops nothing."
    )
    async def marked_achievement(
        self,
        info: Info,
        filter: MarkedAchievementFilter | None = None,  # noqa: A002 (GraphQL's word)
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[MarkedAchievement] | None:
        context, page = info.context, window(first, after, *listing.KEY)
        sight = Sight.of(context.principal)
        wanted = filter.wanted() if filter else MarkedFilter()

        async def total() -> int:
            async with context.db.reader() as counting:
                return await listing.count_marked(counting, sight, wanted)

        async with context.db.reader() as reader:
            rows = await listing.marked(reader, sight, wanted, page.after, page.limit)
        return connection(rows, page, node=MarkedAchievement.of, key=_marked_key, total=total)


def _marked_key(row: Record) -> tuple[object, ...]:
    return row["achievement_date"], row["provider"], row["service_code"], row["indicator"]


@strawberry.type
class SubmissionsMutation:
    @strawberry.mutation(
        description="Ask for the template of many submissions: one row a field that the caller "
        "may submit, of every provider they enter for, with its current value; rows of "
        "adjustments may be added. Needs Achievement Entry. Fill in VALUE and put the CSV where "
        "requestAchievementSubmissionUpload says."
    )
    def request_achievement_template(
        self, info: Info, service: str, achievement_date: date
    ) -> Download | None:
        files.check_template(info.context.principal)
        asked = TemplateAsked(service, achievement_date)
        return Download.of(info.context, files.TEMPLATE, asked)

    @strawberry.mutation(description="Ask where to put a filled template. Needs Achievement Entry.")
    async def request_achievement_submission_upload(
        self, info: Info, file_name: str
    ) -> AchievementUpload:
        principal = info.context.principal
        upload, path = files.request_upload(info.context.files, principal, file_name)
        return AchievementUpload(id=strawberry.ID(str(upload)), path=path)

    @strawberry.mutation(
        description="Submit everything a filled template says, or nothing of it: the same rules as "
        "recordAchievement, all that is wrong listed by row. A row without VALUE says nothing. The "
        "same file again changes nothing. Needs Achievement Entry."
    )
    async def submit_achievement_file(
        self, info: Info, upload: strawberry.ID, idempotency_key: str | None = None
    ) -> AchievementRecorded | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        put = as_uuid(upload, "upload")
        async with context.db.transaction() as tx:
            recorded = await once(
                tx,
                key,
                Recorded,
                lambda: files.submit_file(
                    tx, context.files, context.principal, put, now=context.now
                ),
                now=context.now,
                keep=lambda done: not done.problems,
            )
        return AchievementRecorded.of(recorded, draft=False)

    @strawberry.mutation(
        description="Record Achievement: submit the values of an indicator group by hand, or save "
        "them as work in progress, which counts for nothing yet. A provider changes its own values "
        "until the commissioner approves, unless an extract brought them, within the window of the "
        "achievement date; its commissioner on its behalf until finance approves. Needs "
        "Achievement Entry."
    )
    async def record_achievement(
        self,
        info: Info,
        input: AchievementRecording,  # noqa: A002 (GraphQL's word)
        *,
        save_as_draft: bool = False,
        idempotency_key: str | None = None,
    ) -> AchievementRecorded | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        async with context.db.transaction() as tx:
            recorded = await once(
                tx,
                key,
                Recorded,
                lambda: commands.record(
                    tx,
                    context.principal,
                    input.recording(),
                    draft=save_as_draft,
                    now=context.now,
                ),
                now=context.now,
                keep=lambda done: not done.problems,
            )
        return AchievementRecorded.of(recorded, draft=save_as_draft)
