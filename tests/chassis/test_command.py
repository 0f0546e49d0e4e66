import asyncio
import json
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import asyncpg
import pytest

from chassis.command import run
from chassis.migrate import CHASSIS
from chassis.objects import Bucket
from cqrs.embedded.broker import Broker
from cqrs.embedded.ports import free_port
from tests.support.database import NewDatabase
from tests.support.eventually import eventually
from tests.support.issuer import AUDIENCE, TestIssuer
from tests.support.sample.service import MIGRATIONS, TOPIC, service

ROOT = Path(__file__).parents[2]
ALL = [CHASSIS, MIGRATIONS]
STARTING = 60.0
"""Seconds a process may take to start where others compete for the machine."""

Environment = dict[str, str]
Start = Callable[..., Awaitable[asyncio.subprocess.Process]]


def bare() -> Environment:
    return {name: value for name, value in os.environ.items() if not name.startswith("CQRS_")}


@pytest.fixture
def environment(issuer: TestIssuer, tmp_path: Path) -> Environment:
    return bare() | {
        "CQRS_DATABASE_URL": "postgresql://nobody:hunter2@127.0.0.1:1/none",
        "CQRS_KAFKA": "127.0.0.1:1",
        "CQRS_KAFKA_SESSION_TIMEOUT_MS": "2000",
        "CQRS_KAFKA_FETCH_MAX_WAIT_MS": "20",
        "CQRS_ISSUER": issuer.address,
        "CQRS_AUDIENCE": AUDIENCE,
        "CQRS_JWKS_URL": issuer.jwks_url,
        "CQRS_PORT": str(free_port()),
        "CQRS_FILES": str(tmp_path),
        "CQRS_FILES_KEY": "a key for tests",
    }


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    started: list[asyncio.subprocess.Process] = []

    async def make(*arguments: str, env: Mapping[str, str]) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.support.sample", *arguments),
            cwd=ROOT,
            env=env,
            stdout=pipe,
            stderr=pipe,
        )
        started.append(process)
        return process

    yield make
    for process in started:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def outcome(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    out, err = await asyncio.wait_for(process.communicate(), STARTING)
    assert process.returncode is not None
    return process.returncode, out.decode(), err.decode()


async def health(environment: Environment) -> tuple[int, dict[str, str]]:
    url = f"http://127.0.0.1:{environment['CQRS_PORT']}/health/ready"
    async with aiohttp.ClientSession() as http, http.get(url) as response:
        return response.status, await response.json()


async def ready(environment: Environment) -> None:
    async def check() -> None:
        assert await health(environment) == (200, {"database": "ready", "reader": "ready"})

    await eventually(check, STARTING)


async def rows(dsn: str, sql: str) -> list[asyncpg.Record]:
    connection = await asyncpg.connect(dsn)
    try:
        return await connection.fetch(sql)
    finally:
        await connection.close()


async def ask(environment: Environment, issuer: TestIssuer, query: str) -> dict[str, Any]:
    url = f"http://127.0.0.1:{environment['CQRS_PORT']}/graphql"
    headers = {"Authorization": f"Bearer {issuer.token('anna')}"}
    async with (
        aiohttp.ClientSession() as http,
        http.post(url, json={"query": query}, headers=headers) as response,
    ):
        body = await response.json()
    assert "errors" not in body, body
    return body["data"]


def told(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[object, str]:
    """What the command exits with, and what it printed; for commands that need no process."""
    with pytest.raises(SystemExit) as end:
        run(service, arguments)
    return end.value.code, capsys.readouterr().out


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith("CQRS_"):
            monkeypatch.delenv(name)


def test_the_schema_is_printed_without_a_setting(
    nothing_set: None, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = told(capsys, "sdl")
    assert code == 0
    assert 'type Note @key(fields: "id")' in out


def test_the_events_are_printed_with_topic_schema_and_example(
    nothing_set: None, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out = told(capsys, "events")
    assert code == 0
    event = json.loads(out)["note.added.v1"]
    assert event["topic"] == TOPIC
    assert set(event["example"]) == set(event["schema"]["properties"])


async def test_a_service_starts_without_the_slow_libraries_it_has_no_use_for() -> None:
    loaded = "import sys, tests.support.sample.service, chassis.command; print(*sys.modules)"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", loaded), cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    out, _ = await process.communicate()
    modules = out.decode().split()
    assert "structlog" in modules
    assert not {"rich", "aiohttp", "typer"} & set(modules)


def test_a_setting_that_is_missing_or_wrong_is_named_without_its_value(
    nothing_set: None, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CQRS_PORT", "hunter2")
    code, _ = told(capsys, "serve")
    assert "CQRS_FILES_KEY: Field required" in str(code)
    assert "CQRS_PORT: " in str(code)
    assert "hunter2" not in str(code)


@pytest.mark.parametrize(
    ("since", "wrong"),
    [
        ("yesterday", "Invalid isoformat string: 'yesterday'"),
        ("2026-04-01T06:00", "2026-04-01T06:00 does not say in which zone"),
    ],
)
def test_what_is_read_again_is_said_by_a_moment_with_its_zone(
    nothing_set: None, capsys: pytest.CaptureFixture[str], since: str, wrong: str
) -> None:
    with pytest.raises(SystemExit) as end:
        run(service, ["reread", since])
    assert end.value.code == 2
    assert wrong in capsys.readouterr().err


async def test_a_database_that_is_away_is_said_in_one_line_without_the_password(
    start: Start, environment: Environment
) -> None:
    code, out, err = await outcome(await start("serve", env=environment))
    assert code == 1
    assert err.startswith("sample serve: ")
    assert err.count("\n") == 1
    assert "hunter2" not in out + err


@pytest.mark.parametrize("command", ["api", "worker", "migrate"])
@pytest.mark.parametrize(
    ("part", "wrong", "named"),
    [
        ("password", "hunter2", 'password authentication failed for user "'),
        ("path", "/none", 'database "none" does not exist'),
        ("hostname", "nowhere.invalid", "no connection to nowhere.invalid"),
    ],
)
async def test_a_database_that_cannot_be_entered_is_said_in_one_line_without_the_password(
    start: Start,
    environment: Environment,
    new_database: NewDatabase,
    *,
    part: str,
    wrong: str,
    named: str,
    command: str,
) -> None:
    there = urlsplit(await new_database([]))
    parts = {name: getattr(there, name) for name in ("username", "password", "hostname", "path")}
    parts[part] = wrong
    form = f"postgresql://{{username}}:{{password}}@{{hostname}}:{there.port}{{path}}"
    told = {"CQRS_DATABASE_URL": form.format(**parts)}
    code, out, err = await outcome(await start(command, env=environment | told))
    assert code == 1
    assert err.startswith(f"sample {command}: ")
    assert named in err
    assert err.count("\n") == 1
    assert parts["password"] not in out + err


async def test_a_database_nobody_migrates_ends_the_process_with_a_line(
    start: Start, environment: Environment, new_database: NewDatabase
) -> None:
    environment |= {"CQRS_DATABASE_URL": await new_database([]), "CQRS_START_SECONDS": "0.5"}
    code, _, err = await outcome(await start("api", env=environment))
    first = "chassis/0001_messaging.sql"
    assert code == 1
    assert err.startswith("sample api: after 0.5 seconds it still waits for ")
    assert err.endswith(f"the first {first}\n")


async def test_a_broker_that_does_not_come_ends_a_worker_with_a_line(
    start: Start, environment: Environment, new_database: NewDatabase
) -> None:
    environment |= {"CQRS_DATABASE_URL": await new_database(ALL), "CQRS_START_SECONDS": "0.5"}
    code, _, err = await outcome(await start("worker", env=environment))
    missing = "sample worker: after 0.5 seconds it still finds no broker at 127.0.0.1:1\n"
    assert (code, err) == (1, missing)


@pytest.mark.parametrize("command", ["api", "worker"])
async def test_a_bucket_that_is_not_there_ends_the_process_with_a_line(
    start: Start, environment: Environment, new_database: NewDatabase, bucket: Bucket, command: str
) -> None:
    environment |= {
        "CQRS_DATABASE_URL": await new_database(ALL),
        "CQRS_START_SECONDS": "0.5",
        "CQRS_OBJECTS": "s3://none",
        "CQRS_OBJECTS_ENDPOINT": bucket.endpoint,
        "CQRS_OBJECTS_REGION": bucket.region,
        "CQRS_OBJECTS_ACCESS_KEY": bucket.access_key,
        "CQRS_OBJECTS_SECRET_KEY": bucket.secret_key,
    }
    code, _, err = await outcome(await start(command, env=environment))
    missing = f"finds no bucket s3://none at {bucket.endpoint}"
    assert (code, err) == (1, f"sample {command}: after 0.5 seconds it still {missing}\n")


async def test_an_event_goes_out_and_is_heard_within_one_process(
    start: Start,
    environment: Environment,
    issuer: TestIssuer,
    new_database: NewDatabase,
    broker: Broker,
) -> None:
    """The whole way: migrate with first people, serve, command, relay, projection, job, stop."""
    dsn = await new_database([])
    environment |= {"CQRS_DATABASE_URL": dsn, "CQRS_KAFKA": broker.bootstrap}
    process = await start("serve", env=environment)

    async def waits_for_migrations() -> None:
        status, body = await health(environment)
        assert status == 503
        assert "migrations" in body["database"]

    await eventually(waits_for_migrations, STARTING)
    people = Path(environment["CQRS_FILES"]) / "people.json"
    people.write_text('{"people": ["anna"]}')
    for _ in range(2):
        migrating = await start("migrate", "--bootstrap", str(people), env=environment)
        assert (await outcome(migrating))[0] == 0
    await ready(environment)

    await ask(environment, issuer, 'mutation { writeNote(title: "Bread", cost: "1.00") { done } }')

    async def heard() -> None:
        assert [row["title"] for row in await rows(dsn, "select title from heard")] == ["Bread"]
        assert await rows(dsn, "select from chassis.outbox") == []

    await eventually(heard, STARTING)
    await a_job_counts_an_upload(environment, issuer)
    code, out, err = await stopped(process)
    assert (code, err) == (0, "")
    assert "eyJ" not in out
    assert all(json.loads(line)["service"] == "sample" for line in out.splitlines())


async def a_job_counts_an_upload(environment: Environment, issuer: TestIssuer) -> None:
    answer = await ask(environment, issuer, "mutation { requestNoteUpload { id path } }")
    upload = answer["requestNoteUpload"]
    url = f"http://127.0.0.1:{environment['CQRS_PORT']}{upload['path']}"
    async with aiohttp.ClientSession() as http, http.put(url, data=b"hello") as response:
        assert response.status == 201
    counting = f'mutation {{ countUpload(upload: "{upload["id"]}") }}'
    job = (await ask(environment, issuer, counting))["countUpload"]

    async def done() -> None:
        told = await ask(environment, issuer, f'{{ counting(jobId: "{job}") }}')
        assert told == {"counting": "DONE"}

    await eventually(done, STARTING)


async def stopped(process: asyncio.subprocess.Process) -> tuple[int, str, str]:
    """Tell it to stop, and see that it does within a second (of a busy machine, three)."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    told = await outcome(process)
    assert time.monotonic() - began < 3
    return told


async def test_a_process_may_migrate_its_own_database_first(
    start: Start, environment: Environment, new_database: NewDatabase, broker: Broker
) -> None:
    environment["CQRS_DATABASE_URL"] = await new_database([])
    environment["CQRS_KAFKA"] = broker.bootstrap
    process = await start("serve", "--migrate", env=environment)
    await ready(environment)
    await stopped(process)


async def test_state_is_republished_and_the_read_model_rebuilt_from_it(
    start: Start, environment: Environment, new_database: NewDatabase, broker: Broker
) -> None:
    dsn = await new_database(ALL)
    environment |= {"CQRS_DATABASE_URL": dsn, "CQRS_KAFKA": broker.bootstrap}
    note = "0190d5a4-0000-7000-8000-000000000001"
    await rows(dsn, f"insert into note values ('{note}', 1, 'A1', 'Old', 1)")  # noqa: S608
    code, _, err = await outcome(await start("republish", env=environment))
    assert (code, err) == (0, "")
    events = await rows(dsn, "select aggregatetype, aggregateid, type from chassis.outbox")
    assert [tuple(event) for event in events] == [(TOPIC, note, "note.added.v1")]
    code, _, err = await outcome(await start("republish", "no.such.topic", env=environment))
    assert (code, err) == (1, "sample republish: it publishes no state on no.such.topic\n")


async def test_a_part_that_dies_ends_the_process_and_is_named(
    start: Start, environment: Environment, new_database: NewDatabase
) -> None:
    environment["CQRS_DATABASE_URL"] = await new_database(ALL)
    with socket.create_server(("127.0.0.1", int(environment["CQRS_PORT"]))):
        code, out, err = await outcome(await start("serve", env=environment))
    assert code == 1
    assert err.startswith("sample serve: the api died: OSError")
    assert '"part.died"' in out


async def test_a_request_in_flight_is_answered_before_the_end(
    start: Start, environment: Environment, issuer: TestIssuer, new_database: NewDatabase
) -> None:
    dsn = await new_database(ALL)
    environment["CQRS_DATABASE_URL"] = dsn
    await rows(dsn, "insert into person values ('anna', gen_random_uuid(), 'A1', true)")
    process = await start("api", env=environment)
    await eventually(lambda: health(environment), STARTING)
    answer = asyncio.create_task(ask(environment, issuer, "{ slow(seconds: 0.5) }"))

    async def asked() -> None:
        busy = "select from pg_stat_activity where query like 'select pg_sleep%'"
        assert await rows(dsn, busy + " and state = 'active' and pid <> pg_backend_pid()")

    await eventually(asked)
    code, _, err = await stopped(process)
    assert (code, err) == (0, "")
    assert await answer == {"slow": "None"}


async def test_a_worker_alone_tells_its_health(
    start: Start, environment: Environment, new_database: NewDatabase, broker: Broker
) -> None:
    dsn = await new_database(ALL)
    environment |= {"CQRS_DATABASE_URL": dsn, "CQRS_KAFKA": broker.bootstrap}
    process = await start("worker", env=environment)
    await ready(environment)
    url = f"http://127.0.0.1:{environment['CQRS_PORT']}/graphql"
    async with aiohttp.ClientSession() as http, http.post(url, json={}) as response:
        assert response.status == 404
    assert (await stopped(process))[0] == 0
