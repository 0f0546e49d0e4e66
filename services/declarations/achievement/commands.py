"""An extract is loaded: staged as it streams in, checked set-wise, kept in one transaction."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from io import TextIOWrapper
from itertools import islice
from pathlib import Path
from typing import BinaryIO
from uuid import UUID

from chassis import jobs
from chassis.clock import ENGLAND
from chassis.db import Tx
from chassis.errors import DomainError, TransientError
from chassis.files import Files
from chassis.jobs import JobRun
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations import due
from services.declarations.achievement import keeping, staging, store
from services.declarations.achievement.domain import (
    Chunk,
    Field,
    Fields,
    Format,
    Problem,
    Unknown,
    columns_problem,
    format_of,
    read_rows,
)
from services.declarations.achievement.keeping import Keeper, Kept

JOB = "load-achievement"
FILE_KIND = "achievement"
CHUNK = 5_000
"""Rows between two looks at anything else: some milliseconds of reading."""


def request_upload(files: Files, principal: Principal, file_name: str) -> tuple[UUID, str]:
    """Hand out the path to put an extract to."""
    principal.require(Role.DATA_LOAD)
    if not file_name.lower().endswith(".csv"):
        message = f"{file_name} is no CSV file: extracts of values are."
        raise DomainError("FILE_TYPE_NOT_ACCEPTED", message, field="fileName")
    signed = files.upload(FILE_KIND, organisation=principal.organisation)
    return signed.id, signed.path


async def ask_for_load(
    tx: Tx, files: Files, principal: Principal, upload: UUID, *, file_name: str, now: datetime
) -> UUID:
    """Start the job that loads an uploaded extract."""
    principal.require(Role.DATA_LOAD)
    path = files.received(FILE_KIND, upload, organisation=principal.organisation)
    person, organisation = principal.person_id, principal.organisation
    wanted = {"path": str(path)}
    job = await jobs.enqueue(tx, JOB, wanted, person=person, organisation=organisation, now=now)
    await store.open_load(tx, job, file_name, person=person, organisation=organisation, now=now)
    return job


async def load(run: JobRun) -> dict[str, object]:
    """Load the extract of the job; an interrupted run starts again and leaves nothing."""
    async with run.db.transaction() as tx:
        await staging.start_again(tx, run.id)
    path = Path(run.input["path"])
    try:
        form = _format(path)
        counted = await _stage(run, path, form)
        async with run.db.transaction() as tx:
            await staging.look_at_what_grew(tx)
        async with run.db.transaction() as tx:
            counts = await _keep(tx, run, form, counted)
            await run.finish(tx, dict(counts))
    except Exception:
        async with run.db.transaction() as tx:
            await staging.clear(tx, run.id)
        raise
    return dict(counts)


def _format(path: Path) -> Format:
    """The format of the file, by its header; refuses one that is neither's."""
    with path.open("rb") as raw, _as_text(raw) as text:
        header = next(iter(_next(csv.reader(text), 1, most=1)), [])
    form = format_of(header)
    problem = columns_problem(header, form)
    if problem:
        message = f"This is no {form.name} extract: {problem}."
        expected = list(form.columns)
        raise DomainError("COLUMNS_NOT_AS_EXPECTED", message, field="row 1", expected=expected)
    return form


def _as_text(raw: BinaryIO) -> TextIOWrapper:
    return TextIOWrapper(raw, "utf-8-sig", "replace", newline="")


async def _stage(run: JobRun, path: Path, form: Format) -> dict[str, int]:
    """Stream the file into staging, a chunk a transaction; rows that cannot be read are listed."""
    counted = {"rows": 0, "superseded": 0}
    unknown: dict[Field, Unknown] = {}
    async with run.db.reader() as reader:
        fields = await staging.fields(reader)
    for chunk, done, size in _chunks(path, form, fields):
        async with run.db.transaction() as tx:
            await staging.stage(tx, run.id, chunk.submissions)
            await store.keep_problems(tx, run.id, chunk.problems)
        counted["rows"] += chunk.rows
        counted["superseded"] += chunk.superseded
        for what, found in chunk.unknown.items():
            unknown.setdefault(what, Unknown(found.line)).rows += found.rows
        await run.progress(done, size)
    async with run.db.transaction() as tx:
        await store.keep_problems(tx, run.id, _unknown_fields(unknown))
    return counted


def _unknown_fields(unknown: Mapping[Field, Unknown]) -> list[Problem]:
    return [
        Problem(found.line, "UNKNOWN_FIELD", "FIELD_NAME", found.message(what))
        for what, found in unknown.items()
    ]


def _chunks(path: Path, form: Format, fields: Fields) -> Iterator[tuple[Chunk, int, int]]:
    """Chunks of read rows, with how many bytes of how many have gone by."""
    size = path.stat().st_size
    with path.open("rb") as raw, _as_text(raw) as text:
        rows = csv.reader(text)
        _next(rows, 1, most=1)  # the header
        line = 2
        while chunk := _next(rows, line, most=CHUNK):
            yield read_rows(chunk, line, fields, form), raw.tell(), size
            line += len(chunk)


def _next(rows: Iterator[list[str]], line: int, *, most: int) -> list[list[str]]:
    try:
        return list(islice(rows, most))
    except csv.Error as error:
        message = f"The file cannot be read as CSV after row {line}: {error}."
        raise DomainError("EXTRACT_MALFORMED", message, field="row") from error


async def _keep(tx: Tx, run: JobRun, form: Format, counted: dict[str, int]) -> dict[str, int]:
    """Check what was staged against what is known, keep it, and mark what it changes."""
    await tx.plan_anew()
    await staging.prepare(tx, run.id)
    await staging.refuse_unknown(tx, run.id, form)
    await keeping.lock_loaded(tx)
    written_at = run.now.astimezone(ENGLAND).replace(tzinfo=None)  # as extracts write it
    await staging.pivot(tx, run.id, written_at)
    await store.list_superseded(tx, run.id, form)
    await store.refuse_out_of_proportion(tx, run.id)
    await store.refuse_locked(tx, run.id)
    outside = await store.list_not_participating(tx, run.id)
    kept = await keeping.keep_values(tx, Keeper(run.id, run.person, run.organisation, run.now))
    changed = sorted({one.subject for one in kept})
    await due.mark_providers(tx, changed, "achievement was loaded")
    await _check_open(tx, kept)
    marked = sum(one.marked for one in kept)
    counted |= {"loaded": len(kept), "marked": marked, "not_participating": outside}
    await staging.clear(tx, run.id)
    return await store.finish_load(tx, run.id, counted)


async def _check_open(tx: Tx, kept: Sequence[Kept]) -> None:
    """Whoever approves from here on sees the marks; who has approved meanwhile was first."""
    standing = await due.hold_still(tx, sorted({one.subject for one in kept}))
    if any(_approved(standing.get(one.subject, {}), one.indicator) for one in kept):
        raise TransientError("finance approved a declaration while its values were loaded")


def _approved(statuses: due.Statuses, indicator: str) -> bool:
    return "FINANCE_APPROVED" in due.statuses_for(statuses, indicator)
