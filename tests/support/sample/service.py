"""The smallest service that has everything: notes with a cost, which hears its own events."""

from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import strawberry
from pydantic import BaseModel

from chassis.auth import Identity
from chassis.db import Reader, Tx
from chassis.db_errors import constraint_means
from chassis.errors import DomainError, TransientError
from chassis.export import Cell, Report
from chassis.files import FileKind
from chassis.graphql import (
    BulkAnswer,
    Connection,
    Context,
    Count,
    Download,
    Pounds,
    as_uuid,
    connection,
    schema,
    window,
)
from chassis.handout import Found, Handout
from chassis.idempotency import once
from chassis.ids import new_id
from chassis.jobs import JobRun, enqueue, find
from chassis.outbox import Event, record
from chassis.received import Received
from chassis.service import EventContract, Service, Strangers, Worker
from chassis.subscription import Subscription

MIGRATIONS = Path(__file__).parent / "migrations"
TOPIC = "organisations.membership-proposal"

constraint_means("note_title_is_free", "TITLE_TAKEN", "There is a note of that title.")


@dataclass(frozen=True)
class Writer:
    person_id: UUID
    organisation: str
    may_write: bool

    def require_writing(self) -> None:
        if not self.may_write:
            raise DomainError("ROLE_REQUIRED", "This needs the role Writer.", role="WRITER")


async def load_writer(
    reader: Reader, identity: Identity, acting_for: str | None, now: datetime
) -> Writer:
    row = await reader.fetchrow("select * from person where subject = $1", identity.subject)
    if row is None:
        raise DomainError("PERSON_NOT_KNOWN", "Nobody of that name is known here.")
    if acting_for not in (None, row["organisation"]):
        raise DomainError(
            "NOT_LINKED", f"You do not act for {acting_for}.", organisation=acting_for
        )
    return Writer(row["id"], row["organisation"], row["may_write"])


Info = strawberry.Info[Context[Writer], None]


@strawberry.federation.type(keys=["id"], description="A note.")
class Note:
    id: strawberry.ID = strawberry.field(description="Its id.")
    version: int = strawberry.field(description="How often it was written.")
    title: str = strawberry.field(description="Its title.")
    cost: Pounds = strawberry.field(description="What it cost.")

    @classmethod
    async def resolve_reference(
        cls,
        info: Info,
        id: strawberry.ID,
    ) -> "Note | None":
        async with info.context.db.reader() as reader:
            row = await reader.fetchrow(
                "select * from note where id = $1 and organisation = $2",
                as_uuid(id),
                info.context.principal.organisation,
            )
        return _note(row) if row else None


def _note(row: Any) -> Note:
    return Note(
        id=strawberry.ID(str(row["id"])),
        version=row["version"],
        title=row["title"],
        cost=Pounds(row["cost"]),
    )


@strawberry.type(description="What came of writing notes.")
class NoteBulkAnswer(BulkAnswer):
    pass


@strawberry.type(description="A path to send a file to.")
class NoteUpload:
    id: strawberry.ID = strawberry.field(description="The file's id.")
    path: str = strawberry.field(description="PUT it there.")


@strawberry.type
class Query:
    @strawberry.field(description="The notes of the organisation acted for.")
    async def notes(
        self, info: Info, first: int | None = None, after: str | None = None
    ) -> Connection[Note]:
        page, context = window(first, after, str, UUID), info.context
        organisation = context.principal.organisation
        async with context.db.reader() as reader:
            rows = await reader.fetch(_NOTES, organisation, *page.after, page.limit)

        async def total() -> int:
            async with context.db.reader() as reader:
                return await reader.fetchval(
                    "select count(*) from note where organisation = $1", organisation
                )

        return connection(
            rows, page, node=_note, key=lambda row: (row["title"], row["id"]), total=total
        )

    @strawberry.field(description="Something that has a bug.")
    def broken(self) -> str | None:
        raise RuntimeError("the password is hunter2")

    @strawberry.field(description="Something that is out of reach.")
    def unreachable(self) -> str | None:
        raise TransientError("10.0.0.1:5432 is away")

    @strawberry.field(description="Something that takes longer than anybody waits.")
    async def slow(self, info: Info, seconds: float = 20) -> str | None:
        async with info.context.db.reader() as reader:
            return str(await reader.fetchval("select pg_sleep($1)", seconds))

    @strawberry.field(description="How far a count has come.")
    async def counting(self, info: Info, job_id: strawberry.ID) -> str | None:
        async with info.context.db.reader() as reader:
            job = await find(reader, as_uuid(job_id))
        return job.status if job else None

    @strawberry.field(description="A word to whoever comes with a token.")
    def welcome(self, info: Info) -> str:
        return (
            f"Welcome, {info.context.identity.subject}, of {info.context.principal.organisation!r}."
        )

    @strawberry.field(description="The business date.")
    def today(self, info: Info) -> str:
        return info.context.clock.today().isoformat()


@dataclass(frozen=True)
class NotesFilter:
    """What is asked of the report of notes."""

    cost_at_least: Decimal = Decimal(0)


async def note_rows(
    reader: Reader, principal: Writer, wanted: NotesFilter
) -> AsyncIterator[Sequence[Cell]]:
    principal.require_writing()
    async for row in reader.stream(_NOTES, principal.organisation, None, None, None):
        if row["cost"] >= wanted.cost_at_least:
            yield row["title"], row["version"], row["cost"]


async def drawing(reader: Reader, principal: Writer, note: UUID) -> Found:
    """What somebody drew beside a note of theirs."""
    principal.require_writing()
    sql = "select title from note where id = $1 and organisation = $2"
    title = await reader.fetchval(sql, note, principal.organisation)
    if title is None:
        raise DomainError("NOT_FOUND", f"There is no note {note} of yours.")
    return Found(f"{principal.organisation}/{note}", f"{title}.png", "image/png")


DRAWINGS = Handout("drawings", UUID, drawing)

NOTES_REPORT = Report("notes", ("Title", "Version", "Cost"), NotesFilter, note_rows)


@strawberry.type
class Mutation:
    @strawberry.mutation(description="Ask for the notes as a file.")
    def request_notes_download(self, info: Info, cost_at_least: Pounds) -> Download:
        return Download.of(info.context, NOTES_REPORT, NotesFilter(cost_at_least))

    @strawberry.mutation(description="Write a note.")
    async def write_note(
        self,
        info: Info,
        title: str,
        cost: Pounds,
        idempotency_key: str | None = None,
    ) -> NoteBulkAnswer:
        context = info.context
        context.principal.require_writing()
        key = context.idempotency(info, idempotency_key)
        async with context.db.transaction() as tx:

            async def write() -> Written:
                return await _write(tx, context, title, cost)

            written = await once(tx, key, Written, write, now=context.now)
        return NoteBulkAnswer(
            done=[strawberry.ID(str(note)) for note in written.done],
            refused=[],
            counts=[Count(name="done", value=str(len(written.done)))],
            message=written.message,
        )

    @strawberry.mutation(description="Ask for a path to send a note's file to.")
    def request_note_upload(self, info: Info) -> NoteUpload:
        signed = info.context.files.upload("note", organisation=info.context.principal.organisation)
        return NoteUpload(id=strawberry.ID(str(signed.id)), path=signed.path)

    @strawberry.mutation(description="Count the bytes of an uploaded file.")
    async def count_upload(self, info: Info, upload: strawberry.ID) -> strawberry.ID:
        context = info.context
        place = context.files.received(
            "note", as_uuid(upload), organisation=context.principal.organisation
        )
        async with context.db.transaction() as tx:
            job = await enqueue(
                tx,
                "count",
                {"path": str(place)},
                person=context.principal.person_id,
                organisation=context.principal.organisation,
                now=context.now,
            )
        return strawberry.ID(str(job))


@dataclass(frozen=True)
class Written:
    """What the command answers: kept under its key, and made into the answer's type."""

    done: list[UUID]
    message: str


async def _write(tx: Tx, context: Context[Writer], title: str, cost: Decimal) -> Written:
    if not title:
        raise DomainError("TITLE_MISSING", "A note has a title.", field="title")
    note, organisation = new_id(), context.principal.organisation
    await tx.execute("insert into note values ($1, 1, $2, $3, $4)", note, organisation, title, cost)
    payload = NoteAdded(id=str(note), version=1, title=title).model_dump(mode="json")
    await record(tx, [Event("note.added.v1", TOPIC, str(note), payload)], at=context.now)
    return Written([note], "1 note was written.")


_NOTES = """
select * from note
where organisation = $1 and ($2::text is null or (title, id) > ($2, $3))
order by title, id limit $4
"""


class NoteAdded(BaseModel):
    """A note was written."""

    id: str
    version: int
    title: str


async def project_notes(tx: Tx, events: Sequence[Received]) -> None:
    await tx.executemany(
        "insert into heard values ($1, $2, $3) on conflict do nothing",
        [
            (UUID(event.payload["id"]), event.payload["version"], event.payload["title"])
            for event in events
        ],
    )


async def all_notes(tx: Tx) -> AsyncIterator[Event]:
    for row in await tx.fetch("select * from note order by id for share"):
        note = NoteAdded(id=str(row["id"]), version=row["version"], title=row["title"])
        yield Event("note.added.v1", TOPIC, note.id, note.model_dump(mode="json"))


async def count(run: JobRun) -> dict[str, Any]:
    return {"bytes": Path(run.input["path"]).stat().st_size}


async def watch(worker: Worker) -> None:
    await worker.stop.wait()


async def first_people(tx: Tx, document: Any, now: datetime) -> None:
    for subject in document["people"]:
        await tx.execute(
            "insert into person values ($1, $2, 'A1', true) on conflict do nothing",
            subject,
            new_id(),
        )


@strawberry.type(name="Subscription")
class Notices:
    @strawberry.subscription(description="The titles of the organisation's notes, as they come.")
    async def titles(self, info: Info, times: int = 1) -> AsyncGenerator[str, None]:
        context = info.context
        live, organisation = context.stream, context.principal.organisation
        number = live.after or 0
        async with live.watching(organisation) as watch:
            while True:
                await watch.beyond(number)
                await live.renew()
                async with context.db.reader() as reader:
                    rows = await reader.fetch(_TITLES, organisation, number)
                for number, row in enumerate(rows, number + 1):  # noqa: B020 (where it goes on)
                    live.number = number
                    yield row["title"] * times


_TITLES = "select title from note where organisation = $1 order by id offset $2"
_WRITTEN = """
select organisation, count(*) as written from note where organisation = any ($1)
group by organisation
"""


async def written(reader: Reader, organisations: Sequence[str]) -> dict[str, int]:
    rows = await reader.fetch(_WRITTEN, organisations)
    return {row["organisation"]: row["written"] for row in rows}


service = Service(
    name="sample",
    migrations=[MIGRATIONS],
    schema=schema(Query, Mutation, subscription=Notices),
    numbers=written,
    principal=load_writer,
    strangers=Strangers(
        refusals=frozenset({"PERSON_NOT_KNOWN"}),
        fields=frozenset({"welcome"}),
        principal=lambda _identity, _now: Writer(new_id(), "", may_write=False),
    ),
    subscription=Subscription(
        group="sample", topics=[TOPIC], projections={"note.added.v1": project_notes}
    ),
    jobs={"count": count},
    background=[watch],
    republish={TOPIC: all_notes},
    events=[
        EventContract(
            "note.added.v1",
            TOPIC,
            "A note was written.",
            NoteAdded,
            NoteAdded(id="0190d5a4-0000-7000-8000-000000000000", version=1, title="Bread"),
        )
    ],
    files=[FileKind("note", limit=200_000, media_type="text/plain")],
    reports=[NOTES_REPORT],
    handouts=[DRAWINGS],
    bootstrap=first_people,
)
