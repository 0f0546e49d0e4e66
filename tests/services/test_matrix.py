"""Who is let in where: every role at every operation of every service."""

import pytest

from chassis.db import Database
from chassis.migrate import CHASSIS
from tests.support.matrix import EVERYBODY, SERVICES, exposed, matrix, refused, rows, service


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_has_its_line_and_every_line_its_operation(name):
    assert matrix(name).keys() == exposed(name)


@pytest.fixture
async def empty(request, new_database):
    """The service's database with nothing in it: roles are asked for before anything is read."""
    dsn = await new_database([CHASSIS, *service(request.param).migrations])
    database = await Database.connect(dsn, name="test", pool_size=2)
    yield database
    await database.close()


@pytest.mark.parametrize(("empty", "name"), [(n, n) for n in SERVICES], indirect=["empty"])
async def test_each_role_is_let_in_where_its_line_says_and_nowhere_else(empty, name):
    before = await rows(empty)
    let_in = {
        operation: {
            role for role in EVERYBODY if not await refused(name, empty, role, line.document)
        }
        for operation, line in matrix(name).items()
    }
    assert let_in == {operation: line.let_in for operation, line in matrix(name).items()}
    assert await rows(empty) == before
