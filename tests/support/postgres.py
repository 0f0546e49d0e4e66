"""A real PostgreSQL for the tests: one server an xdist worker, started when first asked for."""

import shutil
from collections.abc import Iterator

import pytest

from cqrs.embedded.postgres import Postgres


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    folder = tmp_path_factory.mktemp("postgres")
    server = Postgres.start(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)
