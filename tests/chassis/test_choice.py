"""Which rows a bulk command is about."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from chassis import choice
from chassis.choice import Choice, Chooser
from chassis.db import Database
from chassis.errors import DomainError

NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
ROWS = {uuid4(): 3, uuid4(): 1}
WHO = {"person": uuid4(), "organisation": "QHM", "operation": "acceptOffers", "now": NOW}
LOOKING, ACTING = Chooser(**WHO, dry_run=True), Chooser(**WHO, dry_run=False)


async def everything(_: str, most: int) -> Sequence[tuple[UUID, int]]:
    return list(ROWS.items())[:most]


async def code_of(database: Database, chooser: Chooser, wanted: Choice[UUID, str]) -> str:
    with pytest.raises(DomainError) as refused:
        async with database.transaction() as tx:
            await chooser.chosen(tx, wanted, everything)
    return refused.value.code


async def test_rows_are_taken_as_they_are_named(database):
    for chooser in (LOOKING, ACTING):
        async with database.transaction() as tx:
            assert await chooser.chosen(tx, Choice(rows=ROWS), everything) == ROWS


async def test_a_filter_chooses_what_it_reaches_in_a_dry_run_only(database):
    async with database.transaction() as tx:
        assert await LOOKING.chosen(tx, Choice(filter="all"), everything) == ROWS
    assert await code_of(database, ACTING, Choice(filter="all")) == "DRY_RUN_FIRST"


async def test_what_was_shown_is_what_is_chosen_whatever_the_filter_reaches_by_now(database):
    one = list(ROWS.items())[:1]
    async with database.transaction() as tx:
        token = await LOOKING.shown(tx, one)
        assert await ACTING.chosen(tx, Choice(selection=token), everything) == dict(one)


async def test_rows_may_go_by_their_names(database):
    async with database.transaction() as tx:
        token = await LOOKING.shown(tx, [("A81001", 0), ("A81002", 0)])
        named: Choice[str, str] = Choice(selection=token)
        assert list(await ACTING.chosen(tx, named, everything)) == ["A81001", "A81002"]


async def test_nothing_shown_is_no_selection(database):
    async with database.transaction() as tx:
        assert await LOOKING.shown(tx, []) is None
        assert await tx.fetchval("select count(*) from chassis.selection") == 0


async def test_a_selection_that_is_made_up_has_expired(database):
    assert await code_of(database, ACTING, Choice(selection="")) == "SELECTION_EXPIRED"


async def test_more_rows_than_one_command_takes_are_refused(database, monkeypatch):
    monkeypatch.setattr(choice, "MOST", 1)
    assert await code_of(database, LOOKING, Choice(filter="all")) == "TOO_MANY_ROWS"
    assert await code_of(database, ACTING, Choice(rows=ROWS)) == "TOO_MANY_ROWS"
