"""Migrations: in order, once, forward only."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import asyncpg
import pytest

from chassis.migrate import MigrationError, migrate


@pytest.fixture
def migrations() -> Sequence[Path]:
    return []


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "feature" / "migrations"
    made.mkdir(parents=True)
    (made / "0001_first.sql").write_text("create table a (n int); insert into a values (1);")
    (made / "0002_second.sql").write_text("insert into a select n + 1 from a;")
    return made


async def numbers(dsn: str) -> list[int]:
    connection = await asyncpg.connect(dsn)
    try:
        return [row["n"] for row in await connection.fetch("select n from a order by n")]
    finally:
        await connection.close()


async def test_files_are_applied_in_order_and_once(dsn, folder):
    assert await migrate(dsn, [folder]) == ["feature/0001_first.sql", "feature/0002_second.sql"]
    assert await migrate(dsn, [folder]) == []
    assert await numbers(dsn) == [1, 2]


async def test_two_starters_at_once_apply_each_file_once(dsn, folder):
    applied = await asyncio.gather(*(migrate(dsn, [folder]) for _ in range(4)))

    assert sorted(len(names) for names in applied) == [0, 0, 0, 2]
    assert await numbers(dsn) == [1, 2]


async def test_a_file_that_fails_leaves_nothing_and_those_before_it_stay(dsn, folder):
    (folder / "0003_third.sql").write_text("insert into a values (9); select 1 / 0;")

    with pytest.raises(asyncpg.DivisionByZeroError):
        await migrate(dsn, [folder])

    assert await numbers(dsn) == [1, 2]


async def test_a_file_changed_after_it_was_applied_is_refused(dsn, folder):
    await migrate(dsn, [folder])
    (folder / "0001_first.sql").write_text("create table a (n bigint);")
    (folder / "0003_third.sql").write_text("insert into a values (9);")

    with pytest.raises(MigrationError, match="0001_first"):
        await migrate(dsn, [folder])

    assert await numbers(dsn) == [1, 2]


async def test_two_folders_may_not_share_a_name(dsn, folder, tmp_path):
    other = tmp_path / "elsewhere" / "feature" / "migrations"
    other.mkdir(parents=True)
    (other / "0001_first.sql").write_text("select 1")

    with pytest.raises(MigrationError, match="two migrations"):
        await migrate(dsn, [folder, other])
