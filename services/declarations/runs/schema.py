"""Payment runs in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.db import Tx
from chassis.graphql import (
    BulkAnswer,
    Connection,
    Context,
    Count,
    Download,
    OdsCode,
    Pounds,
    Refusal,
    as_uuid,
    connection,
    window,
)
from chassis.idempotency import once
from nhs.directory import Principal
from services.declarations.runs import commands, files, store
from services.declarations.runs.commands import FILE, Acknowledged, RunAsked
from services.declarations.runs.domain import Answer
from services.declarations.runs.store import Whose
from services.declarations.sight import not_found

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="Entries gathered into one file: a job, and its control totals.")
class PaymentRun:
    id: strawberry.ID = strawberry.field(description="The run's id: payment_run_id of its file.")
    status: str = strawberry.field(description="WAITING, RUNNING, DONE or FAILED.")
    failure: str | None = strawberry.field(description="Why it failed, if it did.")
    commissioner: OdsCode = strawberry.field(description="Its payments, and those below it.")
    cut_off: date = strawberry.field(description="The last day of entries.")
    asked_at: datetime = strawberry.field(description="When it was asked for.")
    made_at: datetime | None = strawberry.field(description="When it was made.")
    count: int | None = strawberry.field(description="How many lines it has.")
    total: Pounds | None = strawberry.field(description="The sum of their amounts.")
    hash: str | None = strawberry.field(description="SHA-256 of the file as it is downloaded.")
    accepted: int = strawberry.field(description="Lines that finance has accepted.")
    rejected: int = strawberry.field(description="Lines that finance has rejected.")

    @classmethod
    def of(cls, row: Record) -> PaymentRun:
        failure = row["error"]
        return cls(
            id=strawberry.ID(str(row["id"])),
            status=row["status"] or "DONE",  # the job is forgotten in time, the run is not
            failure=f"{failure['code']}: {failure['message']}" if failure else None,
            commissioner=row["commissioner"],
            cut_off=row["cut_off"],
            asked_at=row["asked_at"],
            made_at=row["made_at"],
            count=row["line_count"],
            total=None if row["total"] is None else Pounds(Decimal(row["total"])),
            hash=row["hash"],
            accepted=row["accepted"],
            rejected=row["rejected"],
        )


@strawberry.input(description="What finance answers to one line of a run.")
class PaymentRunAnswer:
    line_id: strawberry.ID = strawberry.field(description="The line: line_id of the file.")
    accepted: bool = strawberry.field(description="False: it is rejected.")
    reason: str | None = strawberry.field(default=None, description="Why it is rejected.")


@strawberry.type(description="What became of each line that was answered.")
class PaymentRunBulkAnswer(BulkAnswer):
    pass


@strawberry.type(description="Where to put the answers to a run.")
class PaymentRunUpload:
    id: strawberry.ID = strawberry.field(description="Name it to acknowledgePaymentRunFile.")
    path: str = strawberry.field(description="PUT the file there within 15 minutes.")


@strawberry.type(description="Something wrong in a file of answers, of which nothing was kept.")
class PaymentRunFileError:
    code: str = strawberry.field(description="Stable: LINE_NOT_OF_RUN.")
    row: int = strawberry.field(description="The row of the file; the header is row 1.")
    field: str | None = strawberry.field(description="The column.")
    message: str = strawberry.field(description="What is wrong, in words.")


@strawberry.type(description="What became of a file of answers: all of it, or none.")
class PaymentRunFileAnswer:
    answered: int = strawberry.field(description="Lines the file answers.")
    changed: int = strawberry.field(description="Of them those that had not been answered so.")
    error_count: int = strawberry.field(description="How many errors there are.")
    errors: list[PaymentRunFileError] = strawberry.field(
        description="The first thousand errors, by row."
    )

    @classmethod
    def of(cls, outcome: files.Acknowledged) -> PaymentRunFileAnswer:
        return cls(
            answered=outcome.answered,
            changed=outcome.changed,
            error_count=len(outcome.problems),
            errors=[
                PaymentRunFileError(
                    code=one.code, row=one.row, field=one.field, message=one.message
                )
                for one in outcome.problems[:MOST_ERRORS]
            ],
        )


MOST_ERRORS = 1_000


@strawberry.type
class RunsQuery:
    @strawberry.field(description="A payment run. Needs Finance Management.")
    async def payment_run(self, info: Info, id: strawberry.ID) -> PaymentRun | None:
        return await _run(info, as_uuid(id))

    @strawberry.field(description="Payment runs, newest first. Needs Finance Management.")
    async def payment_runs(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[PaymentRun] | None:
        context, page = info.context, window(first, after, UUID)
        whose = Whose.of(context.principal)

        async def total() -> int:
            async with context.db.reader() as counting:
                return await store.count(counting, whose)

        async with context.db.reader() as reader:
            rows = await store.page(reader, whose, page.after, page.limit)
        return connection(rows, page, node=PaymentRun.of, key=lambda row: (row["id"],), total=total)


@strawberry.type
class RunsMutation:
    @strawberry.mutation(
        description="Gather the entries that nobody has paid and that are in no run yet, or were "
        "rejected in it, into a file for finance. Needs Finance Management."
    )
    async def create_payment_run(
        self,
        info: Info,
        cut_off: date,
        commissioner: OdsCode | None = None,
        idempotency_key: str | None = None,
    ) -> PaymentRun:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        async with context.db.transaction() as tx:
            run = await once(
                tx,
                key,
                UUID,
                lambda: commands.ask_for_run(
                    tx,
                    context.principal,
                    commissioner=commissioner,
                    cut_off=cut_off,
                    now=context.now,
                ),
                now=context.now,
            )
        return await _run(info, run)

    @strawberry.mutation(
        description="Ask for a run's file: the same each time. `hash` of a line is SHA-256 over "
        "its other cells, unquoted and joined by commas, as UTF-8; only the last of them, the "
        "narrative, may hold commas itself. Needs Finance Management."
    )
    async def request_payment_run_download(self, info: Info, run: strawberry.ID) -> Download | None:
        context, identity = info.context, as_uuid(run, "run")
        async with context.db.reader() as reader:
            await commands.made_run(reader, context.principal, identity)
        return Download.of(context, FILE, RunAsked(identity))

    @strawberry.mutation(
        description="Say which lines of a run finance took, and why not the others: 10,000 lines "
        "at most, each once. Said again, it changes nothing. Needs Finance Management."
    )
    async def acknowledge_payment_run(
        self,
        info: Info,
        run: strawberry.ID,
        lines: list[PaymentRunAnswer],
        idempotency_key: str | None = None,
    ) -> PaymentRunBulkAnswer:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        answers = [Answer(as_uuid(x.line_id, "lineId"), x.accepted, x.reason) for x in lines]

        async def work(tx: Tx) -> Acknowledged:
            who = context.principal
            identity = as_uuid(run, "run")
            return await commands.acknowledge(tx, who, identity, answers, now=context.now)

        async with context.db.transaction() as tx:
            outcome = await once(tx, key, Acknowledged, lambda: work(tx), now=context.now)
        return _answer(outcome)

    @strawberry.mutation(
        description="Ask where to put the answers to a run: a CSV with the columns payment_run_id, "
        "line_id, outcome (ACCEPTED or REJECTED) and reason. Needs Finance Management."
    )
    async def request_payment_run_acknowledgement_upload(
        self, info: Info, file_name: str
    ) -> PaymentRunUpload:
        context = info.context
        upload, path = files.request_upload(context.files, context.principal, file_name)
        return PaymentRunUpload(id=strawberry.ID(str(upload)), path=path)

    @strawberry.mutation(
        description="Answer to the lines of a run by a file that was put where "
        "requestPaymentRunAcknowledgementUpload said: 100,000 rows at most, kept whole or, with a "
        "list of all that is wrong, not at all. The same file again changes nothing. Needs Finance "
        "Management."
    )
    async def acknowledge_payment_run_file(
        self,
        info: Info,
        run: strawberry.ID,
        upload: strawberry.ID,
        idempotency_key: str | None = None,
    ) -> PaymentRunFileAnswer:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        identity, file = as_uuid(run, "run"), as_uuid(upload, "upload")

        async def work(tx: Tx) -> files.Acknowledged:
            return await files.acknowledge(
                tx, context.files, context.principal, identity, file, now=context.now
            )

        async with context.db.transaction() as tx:
            outcome = await once(
                tx,
                key,
                files.Acknowledged,
                lambda: work(tx),
                now=context.now,
                keep=lambda outcome: not outcome.problems,
            )
        return PaymentRunFileAnswer.of(outcome)


async def _run(info: Info, run: UUID) -> PaymentRun:
    async with info.context.db.reader() as reader:
        row = await store.find(reader, Whose.of(info.context.principal), run)
    if row is None:
        raise not_found("payment run", run)
    return PaymentRun.of(row)


def _answer(outcome: Acknowledged) -> PaymentRunBulkAnswer:
    done, refused = len(outcome.done), len(outcome.refused)
    counts = {"done": done, "refused": refused}
    return PaymentRunBulkAnswer(
        done=[strawberry.ID(str(one)) for one in outcome.done],
        refused=[
            Refusal(id=strawberry.ID(str(line)), code=code, message=message, field=field)
            for line, code, message, field in outcome.refused
        ],
        counts=[Count(name=name, value=str(count)) for name, count in counts.items()],
        selection=None,
        message=f"{done} line(s) have been acknowledged; {refused} could not be",
    )
