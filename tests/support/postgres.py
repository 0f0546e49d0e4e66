"""A real PostgreSQL for the tests: one server an xdist worker, started when first asked for."""

import shutil
from collections.abc import Iterator

import pytest

from cqrs.embedded.postgres import Postgres
from tests.support.containers import PostgresContainer, postgres_container


@pytest.fixture(scope="session")
def postgres(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Postgres | PostgresContainer]:
    if request.config.getoption("containers"):
        with postgres_container() as container:
            yield container
        return
    folder = tmp_path_factory.mktemp("postgres")
    server = Postgres.start(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)
