"""What a container says when it was told something wrong: one line, and an end."""

import pytest

from cqrs.compose.stack import StackError
from tests.support.stack import TestStack, environment

pytestmark = [
    pytest.mark.containers,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("stack"),
]

IMAGE = "cqrs/participation:local"


@pytest.fixture
def told(stack: TestStack) -> dict[str, str]:
    """What the participation worker is told in the stack."""
    secrets = stack.secrets
    password = secrets["PARTICIPATION_PASSWORD"]
    return {
        "CQRS_DATABASE_URL": f"postgresql://participation:{password}@postgres/participation",
        "CQRS_KAFKA": "kafka:9092",
        "CQRS_KAFKA_USERNAME": "participation",
        "CQRS_KAFKA_PASSWORD": secrets["KAFKA_PARTICIPATION_PASSWORD"],
        "CQRS_FILES_KEY": secrets["PARTICIPATION_FILES_KEY"],
        "CQRS_ISSUER": "http://localhost/realms/cqrs",
        "CQRS_JWKS_URL": "http://keycloak:8080/realms/cqrs/protocol/openid-connect/certs",
        "CQRS_START_SECONDS": "5",
    }


WRONG = {
    "a secret that is missing": ("CQRS_FILES_KEY", None, "CQRS_FILES_KEY: Field required"),
    "a wrong database password": (
        "CQRS_DATABASE_URL",
        "postgresql://participation:hunter2@postgres/participation",
        'password authentication failed for user "participation"',
    ),
    "a database that is not there": (
        "CQRS_DATABASE_URL",
        "postgresql://participation:hunter2@nowhere/participation",
        "no connection to nowhere/participation",
    ),
    "a broker that cannot be reached": ("CQRS_KAFKA", "nowhere:9092", "finds no broker"),
    "a wrong broker password": ("CQRS_KAFKA_PASSWORD", "hunter2", "finds no broker that lets"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_it_is_named_in_one_line_without_a_secret(
    stack: TestStack, told: dict[str, str], wrong: str
) -> None:
    name, value, expected = WRONG[wrong]
    told.pop(name)
    status, line = stack.run(IMAGE, "worker", **told | ({name: value} if value else {}))
    assert status != 0
    assert line.startswith("participation worker: ")
    assert expected in line
    assert "hunter2" not in line


def test_a_database_that_nobody_migrated_is_named(stack: TestStack, told: dict[str, str]) -> None:
    stack.execute("postgres", "create database empty owner participation")
    try:
        there = told["CQRS_DATABASE_URL"].removesuffix("participation") + "empty"
        status, line = stack.run(IMAGE, "api", **told | {"CQRS_DATABASE_URL": there})
    finally:
        stack.execute("postgres", "drop database empty with (force)")
    assert status != 0
    assert "still waits for" in line
    assert "chassis/0001_messaging.sql" in line


def test_a_topic_that_is_not_there_is_named(stack: TestStack, told: dict[str, str]) -> None:
    """The broker shows the user of organisations its own topics only: to it, ours are not there."""
    others = {
        "CQRS_KAFKA_USERNAME": "organisations",
        "CQRS_KAFKA_PASSWORD": stack.secrets["KAFKA_ORGANISATIONS_PASSWORD"],
    }
    status, line = stack.run(IMAGE, "worker", **told | others)
    assert status != 0
    assert "finds no topic participation.offer, participation.quality-service" in line


def test_compose_names_the_secret_that_is_missing(stack: TestStack) -> None:
    empty = stack.secret_folder / "empty.env"
    empty.touch()
    with (
        environment({"COMPOSE_ENV_FILES": str(empty)}),
        pytest.raises(StackError, match="run make secrets"),
    ):
        stack.compose("config", "-q")
