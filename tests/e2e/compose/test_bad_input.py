"""What a container says when it was told something wrong: one line, and an end."""

import pytest

from cqrs.compose.stack import StackError
from cqrs.services import SERVICES
from tests.support.stack import TestStack, environment

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("stack"),
]


WRONG: dict[str, tuple[str, str | None, str]] = {
    "a secret that is missing": ("CQRS_FILES_KEY", None, "CQRS_FILES_KEY: Field required"),
    "a wrong database password": (
        "CQRS_DATABASE_URL",
        "postgresql://participation:hunter2@postgres/participation",
        "password authentication failed for user",
    ),
    "a database that is not there": (
        "CQRS_DATABASE_URL",
        "postgresql://participation:hunter2@nowhere/participation",
        "no connection to nowhere/participation",
    ),
    "a broker that cannot be reached": ("CQRS_KAFKA", "nowhere:9092", "finds no broker"),
    "a wrong broker password": ("CQRS_KAFKA_PASSWORD", "hunter2", "finds no broker that lets"),
}
WHERE = [
    *((wrong, "participation", "worker") for wrong in WRONG),
    *(("a secret that is missing", service, "api") for service in SERVICES),
    *(("a wrong database password", service, "migrate") for service in SERVICES),
]


@pytest.mark.parametrize(("wrong", "service", "process"), WHERE)
def test_it_is_named_in_one_line_without_a_secret(
    stack: TestStack, wrong: str, service: str, process: str
) -> None:
    name, value, expected = WRONG[wrong]
    status, said = stack.run(f"{service}-{process}", process, **{name: value})
    assert status != 0
    (line,) = said.splitlines()
    assert line.startswith(f"{service} {process}: ")
    assert expected in line
    assert "hunter2" not in line


def test_a_gateway_that_is_told_of_services_in_other_words_says_so(stack: TestStack) -> None:
    status, said = stack.run("gateway", CQRS_SUBGRAPHS="participation-api:8000")
    assert status != 0
    (line,) = said.splitlines()
    assert line.startswith("gateway serve: CQRS_SUBGRAPHS: ")


def test_topics_on_a_broker_that_is_not_there_are_named(stack: TestStack) -> None:
    status, said = stack.run("kafka-topics", CQRS_KAFKA="nowhere:9092")
    assert status != 0
    (line,) = said.splitlines()
    assert "no broker at nowhere:9092" in line


@pytest.mark.parametrize("process", ["api", "worker"])
def test_a_database_that_nobody_migrated_is_named(stack: TestStack, process: str) -> None:
    stack.execute("postgres", "create database empty owner participation")
    password = stack.secrets["PARTICIPATION_PASSWORD"]
    there = f"postgresql://participation:{password}@postgres/empty"
    try:
        status, said = stack.run(f"participation-{process}", CQRS_DATABASE_URL=there)
    finally:
        stack.execute("postgres", "drop database empty with (force)")
    assert status != 0
    (line,) = said.splitlines()
    assert "still waits for" in line
    assert "chassis/0001_messaging.sql" in line


def test_a_topic_that_is_not_there_is_named(stack: TestStack) -> None:
    """One that notifications alone reads, and of which nothing is told here."""
    topic = "organisations.membership-proposal"
    administrator = ("--entrypoint", "python", "kafka-topics", "-")
    try:
        stack.compose("stop", "notifications-worker")
        stack.compose("run", "--rm", "-T", *administrator, given=_FORGET.format(topic))
        status, said = stack.run("notifications-worker")
    finally:
        stack.compose("run", "--rm", "-T", "kafka-topics")
        stack.compose("up", "-d", "--wait", "--no-build", "notifications-worker")
    assert status != 0
    (line,) = said.splitlines()
    assert f"finds no topic {topic}" in line


_FORGET = """
import os
from confluent_kafka.admin import AdminClient
told = os.environ
client = AdminClient({{
    "bootstrap.servers": told["CQRS_KAFKA"],
    "security.protocol": "SASL_PLAINTEXT",
    "sasl.mechanism": "PLAIN",
    "sasl.username": told["CQRS_KAFKA_USERNAME"],
    "sasl.password": told["CQRS_KAFKA_PASSWORD"],
}})
[gone.result() for gone in client.delete_topics(["{}"]).values()]
"""


def test_compose_shows_what_a_service_was_told_wrong(stack: TestStack) -> None:
    try:
        with (
            environment({"PARTICIPATION_PASSWORD": "hunter2"}),
            pytest.raises(StackError, match="participation-migrate"),
        ):
            stack.compose("up", "-d", "--wait", "--no-build", "participation-worker")
        shown = stack.compose("logs", "--no-log-prefix", "participation-migrate")
        assert "password authentication failed for user" in shown
        assert "hunter2" not in shown
    finally:
        stack.compose("up", "-d", "--wait", "--no-build")


def test_compose_names_the_secret_that_is_missing(stack: TestStack) -> None:
    empty = stack.secret_folder / "empty.env"
    empty.touch()
    with (
        environment({"COMPOSE_ENV_FILES": str(empty)}),
        pytest.raises(StackError, match="run make secrets"),
    ):
        stack.compose("config", "-q")
