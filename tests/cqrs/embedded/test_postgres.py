import os
import signal
import subprocess
import sys
from pathlib import Path

import asyncpg
import pytest

from cqrs.embedded.binaries import PostgresError
from cqrs.embedded.postgres import Postgres
from tests.support.eventually import soon
from tests.support.processes import assert_gone


async def test_a_service_reaches_its_own_database_and_no_other(postgres: Postgres) -> None:
    mine = postgres.create_database("mine", "mine", "secret")
    postgres.create_database("theirs", "theirs", "other")
    connection = await asyncpg.connect(mine)
    assert await connection.fetchval("select current_user") == "mine"
    await connection.close()
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await asyncpg.connect(postgres.dsn("theirs", "mine", "secret"))


async def test_a_wrong_password_is_refused(postgres: Postgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(postgres.dsn(password="wrong", user="postgres"))


async def test_text_is_ordered_as_everywhere_else(postgres: Postgres) -> None:
    connection = await asyncpg.connect(postgres.dsn())
    asked = "select datlocprovider::text || datlocale from pg_database where datname = 'postgres'"
    assert await connection.fetchval(asked) == "bC.UTF-8"
    await connection.close()


def test_a_failing_statement_says_why(postgres: Postgres) -> None:
    with pytest.raises(PostgresError, match="syntax error"):
        postgres.execute("nonsense")


def test_the_server_goes_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from cqrs.embedded.postgres import Postgres; "
        "print(Postgres.start(pathlib.Path(sys.argv[1])).pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        server = int(parent.stdout.readline())
        os.kill(server, 0)
        parent.send_signal(signal.SIGKILL)
    soon(lambda: assert_gone(server))
