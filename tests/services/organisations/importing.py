"""Imports as the worker runs them."""

import tempfile
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

from chassis import jobs
from chassis.db import Database
from chassis.ids import new_id
from services.organisations.ods import commands
from services.organisations.ods.domain import JOB

NOW = datetime(2026, 4, 9, 9, tzinfo=UTC)


async def load_files(
    database: Database,
    files: Mapping[str, bytes],
    *,
    since: date | None = None,
    dry_run: bool = False,
    skip_bad_lines: bool = False,
    attempt: int = 1,
    now: datetime = NOW,
):
    """Import the files (content by name) in the job's first attempt, or in what it takes for one;
    answers outcome and report."""
    with tempfile.TemporaryDirectory() as folder:
        uploads = [_upload(Path(folder), name, files[name], since) for name in files]
        asked = commands.ImportInput(
            uploads=uploads, dry_run=dry_run, skip_bad_lines=skip_bad_lines
        ).model_dump(mode="json")
        person, id_ = new_id(), None
        async with database.transaction() as tx:
            id_ = await jobs.enqueue(tx, JOB, asked, person=person, organisation="ENG", now=now)
            await tx.execute(
                "update chassis.job set status = 'RUNNING', attempts = 1 where id = $1", id_
            )
        run = jobs.JobRun(database, id_, attempt, asked, person, "ENG", now)
        await commands.run_import(run)
    async with database.reader() as reader:
        found = await reader.fetchrow("select outcome, report from import where id = $1", id_)
    return found["outcome"], found["report"]


def changes(report, subject):
    """How many of each kind of change, of one kind of thing."""
    return next(row for row in report["changes"] if row["subject"] == subject)


def _upload(folder: Path, name: str, content: bytes, since: date | None) -> commands.Upload:
    path = folder / name
    path.write_bytes(content)
    return commands.Upload(path=path, name=name, since=since)


async def rows(database, sql, *args):
    async with database.reader() as reader:
        return [tuple(row) for row in await reader.fetch(sql, *args)]


async def relationships(database, source, kind):
    return await rows(
        database,
        "select target, valid_from, valid_to from directory.relationship"
        " where source = $1 and kind = $2 order by valid_from, target",
        source,
        kind,
    )


async def told(database):
    """The organisations told of since the last time."""
    async with database.transaction() as tx:
        found = await tx.fetch("select aggregateid from chassis.outbox order by position")
        await tx.execute("delete from chassis.outbox")
    return [row["aggregateid"] for row in found]


async def nothing_came_of_it(database):
    assert await told(database) == []
    assert await rows(database, "select ods_code from organisation") == []
    assert await rows(database, "select id from membership_row") == []
