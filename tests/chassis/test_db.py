"""Transactions, deadlines, and what PostgreSQL's errors mean."""

# ruff: noqa: PT012 - a transaction is a block

import asyncio
import socket
from contextlib import suppress
from datetime import date
from decimal import Decimal
from uuid import uuid4

import asyncpg
import pytest

from chassis.connections import GIVE_UP_SOON
from chassis.db import Database, Reader, deadline
from chassis.db_errors import constraint_means
from chassis.errors import DomainError, TransientError
from chassis.ids import new_id


@pytest.fixture
async def things(database: Database) -> Database:
    async with database.transaction() as tx:
        await tx.execute("""
            create table thing (
                id uuid primary key,
                name text constraint thing_has_one_name unique,
                points numeric(9, 2) constraint thing_has_some_points check (points >= 0),
                about jsonb
            )
        """)
    return database


INSERT = "insert into thing values ($1, $2, $3, $4)"


async def names(database: Database) -> list[str]:
    async with database.reader() as reader:
        return [row["name"] for row in await reader.fetch("select name from thing order by 1")]


async def test_a_transaction_is_committed_at_the_end_of_its_block(things):
    async with things.transaction() as tx:
        await tx.execute(INSERT, uuid4(), "a", Decimal("1.50"), {"why": ["no", None]})

    async with things.reader() as reader:
        row = await reader.fetchrow("select * from thing")
    assert (row["points"], row["about"]) == (Decimal("1.50"), {"why": ["no", None]})


async def test_any_exception_undoes_a_transaction(things):
    with pytest.raises(KeyError):
        async with things.transaction() as tx:
            await tx.execute(INSERT, uuid4(), "a", None, None)
            raise KeyError

    assert await names(things) == []


async def test_a_block_that_swallows_an_error_of_the_database_does_not_end_as_if_all_were_well(
    things,
):
    with pytest.raises(RuntimeError, match="was not committed"):
        async with things.transaction() as tx:
            await tx.execute(INSERT, uuid4(), "a", None, None)
            with suppress(asyncpg.CheckViolationError):
                await tx.execute(INSERT, uuid4(), "b", Decimal(-1), None)

    assert await names(things) == []


async def test_a_block_with_a_savepoint_fails_alone(things):
    async with things.transaction() as tx:
        await tx.execute(INSERT, uuid4(), "a", None, None)
        with suppress(asyncpg.CheckViolationError):
            async with tx.savepoint():
                await tx.execute(INSERT, uuid4(), "b", None, None)
                await tx.execute(INSERT, uuid4(), "c", Decimal(-1), None)
        async with tx.savepoint():
            await tx.execute(INSERT, uuid4(), "d", None, None)

    assert await names(things) == ["a", "d"]


@pytest.mark.parametrize(
    ("name", "about"),
    [("a\0b", None), ("a", {"why": "\0"}), ("\ud800", None), ("a", {"why": "\ud800"})],
    ids=["text", "json", "half a character", "half a character in json"],
)
async def test_a_text_that_cannot_be_stored_is_refused(things, name, about):
    with pytest.raises(DomainError) as refused:
        async with things.transaction() as tx:
            await tx.execute(INSERT, uuid4(), name, None, about)

    assert refused.value.code == "TEXT_NOT_VALID"
    assert await names(things) == []


async def test_a_reader_cannot_write(things):
    with pytest.raises(asyncpg.ReadOnlySQLTransactionError):
        async with things.reader() as reader:
            await reader.fetch(INSERT + " returning id", uuid4(), "a", None, None)


async def test_a_reader_sees_one_moment(things):
    async with things.reader() as reader:
        assert await reader.fetchval("select count(*) from thing") == 0
        async with things.transaction() as tx:
            await tx.execute(INSERT, uuid4(), "a", None, None)
        assert await reader.fetchval("select count(*) from thing") == 0


async def test_copy_takes_json_and_decimals(things):
    rows = [(new_id(), str(n), Decimal(n), {"n": n}) for n in range(3)]
    async with things.transaction() as tx:
        await tx.copy("thing", columns=["id", "name", "points", "about"], records=rows)

    async with things.reader() as reader:
        assert [row["about"]["n"] async for row in streamed(reader)] == [0, 1, 2]


def streamed(reader: Reader):
    return reader.stream("select about from thing order by name")


async def test_json_holds_dates_ids_and_exact_numbers_as_strings(things):
    about = {"id": uuid4(), "on": date(2025, 4, 1), "pounds": Decimal("37227.05")}
    async with things.transaction() as tx:
        await tx.execute(INSERT, uuid4(), "a", None, about)
        read = await tx.fetchval("select about from thing")

    assert read == {"id": str(about["id"]), "on": "2025-04-01", "pounds": "37227.05"}


async def test_a_broken_constraint_is_the_refusal_it_was_said_to_mean(things):
    constraint_means("thing_has_one_name", "NAME_TAKEN", "There is one already.", field="name")

    with pytest.raises(DomainError) as refused:
        async with things.transaction() as tx:
            await tx.execute(INSERT, uuid4(), "a", None, None)
            await tx.execute(INSERT, uuid4(), "a", None, None)

    assert (refused.value.code, refused.value.field) == ("NAME_TAKEN", "name")
    assert await names(things) == []


async def test_a_broken_constraint_nobody_named_is_a_bug(things):
    with pytest.raises(asyncpg.CheckViolationError):
        async with things.transaction() as tx:
            await tx.execute(INSERT, uuid4(), "a", Decimal(-1), None)


async def test_a_row_that_stays_locked_is_a_transient_refusal(things):
    async with things.transaction() as tx:
        await tx.execute(INSERT, uuid4(), "a", None, None)

    async with things.transaction() as holder:
        await holder.execute("update thing set points = 1")
        with pytest.raises(TransientError):
            async with things.transaction() as tx:
                await tx.execute("set local lock_timeout = '10ms'")
                await tx.execute("update thing set points = 2")


async def test_a_deadline_ends_a_statement(things):
    token = deadline.set(asyncio.get_running_loop().time() + 0.05)
    try:
        with pytest.raises(TransientError):
            async with things.reader() as reader:
                await reader.fetchval("select pg_sleep(5)")
        with pytest.raises(TransientError, match="ran out of time"):
            async with things.transaction():
                pass
    finally:
        deadline.reset(token)
    assert await names(things) == []


async def test_a_lost_connection_is_transient_and_the_next_one_works(things):
    with pytest.raises(TransientError):
        async with things.transaction() as tx:
            await tx.execute("select pg_terminate_backend(pg_backend_pid())")

    assert await names(things) == []


async def test_a_connection_that_the_server_ends_is_transient_whatever_it_had_heard_of_it(dsn):
    """Its last words may come at any moment: unread, half read, or after the next statement."""
    database = await Database.connect(dsn, name="test", pool_size=1)
    administrator = await asyncpg.connect(dsn)
    ended = "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'test'"
    for pause in range(60):
        with suppress(TransientError):
            async with database.reader() as reader:
                await administrator.execute(ended)
                for _ in range(pause % 20):
                    await asyncio.sleep(0)
                await reader.fetchval("select 1")
        with suppress(TransientError):
            await administrator.execute(ended)
            async with database.reader() as reader:
                await reader.fetchval("select 1")
    async with database.reader() as reader:
        assert await reader.fetchval("select 1") == 1
    await administrator.close()
    await database.close()


async def test_a_cancelled_transaction_leaves_nothing_and_its_connection_serves_again(dsn):
    database = await Database.connect(dsn, name="test", pool_size=1)
    async with database.transaction() as tx:
        await tx.execute("create table thing (id int)")
    started = asyncio.Event()

    async def work() -> None:
        async with database.transaction() as tx:
            await tx.execute("insert into thing values (1)")
            started.set()
            await tx.fetchval("select pg_sleep(5)")

    task = asyncio.create_task(work())
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from thing") == 0
    await database.close()


async def test_the_server_is_told_to_end_the_session_of_who_was_cut_off(things):
    async with things.reader() as reader:
        rows = await reader.fetch(
            "select name, setting from pg_settings where name = any($1)", list(GIVE_UP_SOON)
        )
    assert {row["name"]: row["setting"] for row in rows} == GIVE_UP_SOON


async def test_our_end_of_a_connection_notices_a_server_that_is_gone(things):
    async with things.reader() as reader:
        line = reader._connection._con._transport.get_extra_info("socket")
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        told = [socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT]
        assert [line.getsockopt(socket.IPPROTO_TCP, option) for option in told] == [5, 2, 3]


async def test_what_a_statement_lacks_does_not_pass(things):
    with pytest.raises(asyncpg.ObjectNotInPrerequisiteStateError):
        async with things.reader() as reader:
            await reader.fetchval("select lastval()")


async def test_a_database_that_is_away_is_transient():
    with pytest.raises(TransientError):
        await Database.connect("postgresql://nobody@127.0.0.1:1/none", name="test")


async def test_what_is_left_for_the_end_is_done_once_and_committed_with_the_rest(things):
    async def write(tx, noted):
        await tx.executemany(INSERT, [(uuid4(), name, None, None) for name in noted])

    async with things.transaction() as tx:
        for name in ("b", "a", "b"):
            tx.at_end(write)[name] = None
        assert await tx.fetchval("select count(*) from thing") == 0

    assert await names(things) == ["a", "b"]
    with pytest.raises(KeyError):
        async with things.transaction() as tx:
            tx.at_end(write)["c"] = None
            raise KeyError
    assert await names(things) == ["a", "b"]
