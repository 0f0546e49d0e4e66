"""Importing the files of ODS: all of it or nothing, once."""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from uuid import UUID

from pydantic import BaseModel

from chassis import jobs
from chassis.clock import ENGLAND
from chassis.db import Database, Reader, Tx
from chassis.errors import DomainError
from chassis.files import FileKind, Files, Signed
from chassis.idempotency import IdempotencyKey, once
from chassis.jobs import JobRun
from nhs.directory import Principal
from nhs.roles import OrganisationKind, Role
from services.organisations.directory import commands as directory
from services.organisations.directory import store as organisations
from services.organisations.directory.domain import Author
from services.organisations.directory.events import OrganisationChange
from services.organisations.network import store as network
from services.organisations.network.proposals import commands as proposals
from services.organisations.ods import store
from services.organisations.ods.consistency import examine
from services.organisations.ods.domain import JOB, Reading
from services.organisations.ods.formats.files import File, read_files
from services.organisations.ods.plan import Known, Plan, plan
from services.organisations.ods.report import report
from services.organisations.ods.telling import memberships_changed

UPLOAD = FileKind("ods", limit=64 * 1024 * 1024)

_STEPS = 6  # files fetched; compared; organisations, relationships, list sizes written; told


class Outcome(StrEnum):
    APPLIED = "APPLIED"
    UNCHANGED = "UNCHANGED"
    DRY_RUN = "DRY_RUN"
    REFUSED = "REFUSED"


class Upload(BaseModel):
    path: Path
    name: str
    since: date | None = None


class ImportInput(BaseModel):
    uploads: list[Upload]
    dry_run: bool
    skip_bad_lines: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """A file as the caller names it."""

    id: UUID
    name: str
    since: date | None = None


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, when, and under which key."""

    principal: Principal
    now: datetime
    key: IdempotencyKey | None = None


def request_upload(files: Files, principal: Principal) -> Signed:
    """Hand out a path to PUT a file to."""
    principal.require(Role.DATA_LOAD)
    return files.upload(UPLOAD.name, organisation=principal.organisation)


async def ask_for_import(
    db: Database,
    files: Files,
    asking: Asking,
    uploads: Sequence[Wanted],
    *,
    dry_run: bool,
    skip_bad_lines: bool,
) -> UUID:
    """Have a worker import the uploaded files; answers the import's id."""
    asking.principal.require(Role.DATA_LOAD)
    if not uploads:
        raise DomainError("NOTHING_UPLOADED", "Name at least one uploaded file", field="uploads")
    asked = ImportInput(
        uploads=[_upload(files, asking.principal, one) for one in uploads],
        dry_run=dry_run,
        skip_bad_lines=skip_bad_lines,
    )
    async with db.transaction() as tx:
        return await once(tx, asking.key, UUID, lambda: _enqueue(tx, asking, asked), now=asking.now)


def _upload(files: Files, principal: Principal, one: Wanted) -> Upload:
    path = files.received(UPLOAD.name, one.id, organisation=principal.organisation)
    return Upload(path=path, name=one.name, since=one.since)


async def _enqueue(tx: Tx, asking: Asking, asked: ImportInput) -> UUID:
    return await jobs.enqueue(
        tx,
        JOB,
        asked.model_dump(mode="json"),
        person=asking.principal.person_id,
        organisation=asking.principal.organisation,
        now=asking.now,
    )


async def run_import(run: JobRun) -> dict[str, Any]:
    """The job. Reading and comparing take seconds of CPU, so they leave the loop to others."""
    asked, today = ImportInput.model_validate(run.input), run.now.astimezone(ENGLAND).date()
    files = [_file(upload) for upload in asked.uploads]
    steps = _Steps(run)
    await steps.done()
    async with run.db.transaction() as tx:
        await store.alone(tx)
        known, reading, planned = await _compare(tx, files, today)
        told = await asyncio.to_thread(report, known, reading, planned, today)
        await steps.done()
        outcome = would_be = _outcome(asked, reading, planned)
        if asked.dry_run:
            outcome = Outcome.DRY_RUN
        if outcome is Outcome.APPLIED:
            await _write(tx, planned, steps, memberships_changed(known, planned, today))
        await store.keep_report(
            tx,
            run.id,
            asked_by=run.person,
            organisation=run.organisation,
            at=run.now,
            files=[_described(file) for file in files],
            outcome=outcome,
            report=told | {"would_be": would_be, "overtaken": await store.overtaken(tx, run.id)},
        )
        answer = {"outcome": outcome.value}
        await run.finish(tx, answer)
    return answer


@dataclass(slots=True)
class _Steps:
    """How far the import is, for whoever watches."""

    run: JobRun
    _done: int = 0

    async def done(self) -> None:
        self._done += 1
        await self.run.progress(self._done, _STEPS)


async def _compare(
    reader: Reader, files: Sequence[File], today: date
) -> tuple[Known, Reading, Plan]:
    known_organisations = await organisations.known_organisations(reader)
    practices = {
        code for code, one in known_organisations.items() if one.kind is OrganisationKind.PRACTICE
    }
    reading = await asyncio.to_thread(read_files, files, practices)
    known = Known(
        organisations=known_organisations,
        spans=await network.known_spans(reader),
        rows=await network.known_rows(reader),
        list_sizes=await organisations.known_list_sizes(
            reader, {one.counted_on for one in reading.list_sizes}
        ),
        confirmed=await store.confirmed(reader),
    )
    examine(known, reading, today)
    return known, reading, await asyncio.to_thread(plan, known, reading, today)


def _outcome(asked: ImportInput, reading: Reading, planned: Plan) -> Outcome:
    """What comes of it, or would if it were no dry run."""
    if not all(asked.skip_bad_lines and one.may_be_skipped for one in reading.problems):
        return Outcome.REFUSED
    return Outcome.UNCHANGED if planned.is_empty else Outcome.APPLIED


async def _write(
    tx: Tx, planned: Plan, steps: _Steps, told: Mapping[str, Sequence[OrganisationChange]]
) -> None:
    run = steps.run
    await organisations.write_organisations(tx, planned.organisations, run.now)
    await steps.done()
    await network.write_spans(tx, planned.ended, planned.started, run.now)
    await network.write_rows(tx, planned.ended_rows, planned.started_rows, run.now)
    await proposals.overtake(tx, planned.touched, run.now, run.id)
    await steps.done()
    await organisations.write_list_sizes(tx, planned.list_sizes, run.now)
    await steps.done()
    author = Author(run.person, run.organisation, file_import=run.id)
    await directory.tell(tx, planned.touched, run.now, author=author, changes=told)
    await steps.done()


def _file(upload: Upload) -> File:
    try:
        return File(upload.name, upload.path.read_bytes(), upload.since)
    except FileNotFoundError:
        raise DomainError("UPLOAD_NOT_FOUND", f"{upload.name} is here no longer") from None


def _described(file: File) -> dict[str, Any]:
    described = {name: value for name, value in asdict(file).items() if name != "content"}
    return described | {
        "bytes": len(file.content),
        "sha256": hashlib.sha256(file.content).hexdigest(),
    }
