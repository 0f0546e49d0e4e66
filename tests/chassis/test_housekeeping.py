"""What is forgotten, and what is not."""

import asyncio
import os
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chassis.clock import Clock
from chassis.db import Database
from chassis.files import Files
from chassis.housekeeping import FILES, keep_house, tidy
from chassis.ids import new_id
from tests.support.eventually import eventually

NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
OLD, NEW = NOW - timedelta(days=1), NOW - timedelta(hours=23)


@pytest.fixture
async def kept(database: Database) -> Database:
    """An old and a new one of everything."""
    async with database.transaction() as tx:
        for key, at in ("old", OLD), ("new", NEW):
            await tx.execute(
                "insert into chassis.idempotency values"
                " (gen_random_uuid(), 'ENG', $1, 'declare', 'f', null, $2)",
                key,
                at,
            )
            await tx.execute(
                "insert into chassis.selection values"
                " ($1, gen_random_uuid(), 'ENG', 'declare', '{}', '{}', $2)",
                key,
                at + timedelta(days=1),
            )
        for key, days in ("old", 61), ("new", 59):
            await tx.execute(
                "insert into chassis.inbox values ($1, gen_random_uuid(), now() - $2::interval)",
                key,
                timedelta(days=days),
            )
            await tx.execute(
                "insert into chassis.job (id, kind, input, person, organisation, status, asked_at,"
                " changed_at) values (gen_random_uuid(), $1, '{}', gen_random_uuid(), 'ENG',"
                " 'DONE', now(), now() - $2::interval)",
                key,
                timedelta(days=days),
            )
    return database


async def names(database: Database) -> list[str]:
    async with database.reader() as reader:
        rows = await reader.fetch("""
            select 'key ' || key as name from chassis.idempotency
            union all select 'selection ' || token from chassis.selection
            union all select 'heard ' || reader from chassis.inbox
            union all select 'job ' || kind from chassis.job
            order by name
        """)
    return [row["name"] for row in rows]


async def test_what_has_expired_is_forgotten_and_nothing_else(kept):
    await tidy(kept, NOW)
    assert await names(kept) == ["heard new", "job new", "key new", "selection new"]


async def test_a_job_that_waits_is_never_forgotten(kept):
    async with kept.transaction() as tx:
        await tx.execute("update chassis.job set status = 'WAITING'")
    await tidy(kept, NOW)
    assert "job old" in await names(kept)


def came(folder: Path, name: str, ago: timedelta) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x")
    os.utime(path, (time.time() - ago.total_seconds(),) * 2)
    return path


def test_a_file_goes_a_day_after_it_came_be_it_whole_or_cut_short(tmp_path):
    old, new = timedelta(hours=25), timedelta(hours=23)
    for ago in old, new:
        came(tmp_path, f"sample/note/A1/{new_id()}", ago)
        came(tmp_path, f"sample/note/A1/{new_id()}.part", ago)
    anothers = came(tmp_path, f"other/note/A1/{new_id()}", old)

    Files("sample", tmp_path, b"", ()).forget(FILES)

    left = [path for path in tmp_path.glob("sample/*/*/*") if path.is_file()]
    assert len(left) == 2
    assert all(path.stat().st_mtime > time.time() - old.total_seconds() for path in left)
    assert anothers.exists()


async def test_it_is_done_in_the_background_until_told_to_stop(kept, tmp_path):
    stop = asyncio.Event()
    clock = Clock.from_setting(NOW.isoformat(), demonstration=True)
    upload = came(tmp_path, f"sample/note/A1/{new_id()}", timedelta(days=2))
    files = Files("sample", tmp_path, b"", ())
    running = asyncio.create_task(keep_house(kept, files, clock, stop))

    async def tidied() -> None:
        assert len(await names(kept)) == 4
        assert not upload.exists()

    await eventually(tidied)
    stop.set()
    await asyncio.wait_for(running, 5)
