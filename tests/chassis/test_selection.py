"""What a dry run showed, kept for its commit."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from chassis import selection
from chassis.db import Database
from chassis.errors import DomainError

NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
MINE = {"person": uuid4(), "organisation": "A84002", "operation": "acceptOffers"}
ROWS = [(uuid4(), 3), (uuid4(), 1)]


@pytest.fixture
async def token(database: Database) -> str:
    async with database.transaction() as tx:
        return await selection.keep(tx, **MINE, rows=ROWS, now=NOW)


async def test_rows_are_kept_with_their_versions_in_order(database, token):
    async with database.transaction() as tx:
        assert await selection.take(tx, token, **MINE, now=NOW + timedelta(minutes=14)) == ROWS


@pytest.mark.parametrize(
    "other",
    [
        {"now": NOW + timedelta(minutes=15)},
        {"person": uuid4()},
        {"organisation": "A84003"},
        {"operation": "rejectOffers"},
        {"token": "made up"},
    ],
    ids=lambda other: next(iter(other)),
)
async def test_it_serves_nobody_else_nothing_else_and_not_for_ever(database, token, other):
    asked = {"token": token, **MINE, "now": NOW, **other}
    with pytest.raises(DomainError) as refused:
        async with database.transaction() as tx:
            await selection.take(tx, asked.pop("token"), **asked)
    assert refused.value.code == "SELECTION_EXPIRED"
