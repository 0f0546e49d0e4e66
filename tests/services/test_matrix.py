"""Who is let in where: every role at every operation of every service."""

import pytest

from chassis.db import Database
from chassis.migrate import CHASSIS
from nhs.roles import Role
from tests.support.matrix import SERVICES, exposed, kept, operations, refused, service


@pytest.mark.parametrize("name", SERVICES)
def test_every_operation_has_its_line_and_every_line_its_operation(name):
    lines, all_entities = set(kept(name).MATRIX), "Query._entities"
    found = {one for one in exposed(name) if all_entities not in lines or all_entities not in one}
    assert lines - {all_entities} == found
    assert not operations(name) or set(operations(name)) == lines


@pytest.fixture
async def empty(request, new_database):
    """The service's database with nothing in it: roles are asked for before anything is read."""
    dsn = await new_database([CHASSIS, *service(request.param).migrations])
    database = await Database.connect(dsn, name="test", pool_size=2)
    yield database
    await database.close()


@pytest.mark.parametrize(
    ("empty", "name", "operation"),
    [(name, name, operation) for name in SERVICES for operation in operations(name)],
    indirect=["empty"],
)
async def test_each_role_is_let_in_where_the_matrix_says_and_nowhere_else(empty, name, operation):
    line, document = kept(name).MATRIX[operation], operations(name)[operation]
    let_in = {role for role in [*Role, None] if not await refused(name, empty, role, document)}
    assert let_in == set(line)
