"""The fixtures every test may ask for; each is written in a file of tests/support."""

import pytest

pytest_plugins = [
    "tests.support.log",
    "tests.support.postgres",
    "tests.support.broker",
    "tests.support.bucket",
    "tests.support.database",
    "tests.support.messaging",
    "tests.support.things",
    "tests.support.issuer",
    "tests.support.profiles",
    "tests.support.sample.fixtures",
    "tests.support.system",
    "tests.support.period",
    "tests.support.stack",
]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--containers",
        action="store_true",
        help="PostgreSQL and Kafka in containers in place of the embedded ones",
    )
