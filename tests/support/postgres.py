"""A real PostgreSQL for the tests: one server an xdist worker, started when first asked for."""

from collections.abc import Iterator

import pytest

from cqrs.embedded.postgres import Postgres


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    server = Postgres.start(tmp_path_factory.mktemp("postgres"))
    yield server
    server.stop()
