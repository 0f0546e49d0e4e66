"""Commands sent twice."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

import pytest

from chassis.db import Database
from chassis.errors import DomainError, TransientError
from chassis.idempotency import IdempotencyKey, once

NOW = datetime(2025, 4, 1, 9, tzinfo=UTC)
KEY = IdempotencyKey("k", uuid4(), "A84002", "acceptOffers", "input")


@dataclass
class Answer:
    id: UUID
    pounds: Decimal


class Command:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.done = 0

    async def __call__(self, key=KEY, now=NOW, work=None) -> Answer:
        async with self.database.transaction() as tx:
            return await once(tx, key, Answer, work or self.work, now=now)

    async def work(self) -> Answer:
        self.done += 1
        return Answer(uuid4(), Decimal("1.50"))


@pytest.fixture
def command(database: Database) -> Command:
    return Command(database)


async def test_a_command_sent_twice_is_done_once_and_answers_the_same(command):
    assert await command() == await command()
    assert command.done == 1


async def test_without_a_key_it_is_done_each_time(command):
    assert await command(key=None) != await command(key=None)


async def test_the_same_key_with_another_input_is_refused(command):
    await command()
    other = IdempotencyKey(KEY.key, KEY.person, KEY.organisation, KEY.operation, "other input")

    with pytest.raises(DomainError) as refused:
        await command(key=other)

    assert (refused.value.code, command.done) == ("KEY_REUSED", 1)


async def test_a_key_belongs_to_a_person_and_an_organisation(command):
    await command()
    await command(key=IdempotencyKey("k", uuid4(), "A84002", "acceptOffers", "other input"))
    await command(key=IdempotencyKey("k", KEY.person, "A84003", "acceptOffers", "other input"))
    assert command.done == 3


async def test_a_key_is_forgotten_after_a_day(command):
    first = await command()
    assert await command(now=NOW + timedelta(hours=23)) == first
    assert await command(now=NOW + timedelta(hours=24)) != first


async def test_a_refusal_is_not_remembered(command):
    async def refuse() -> Answer:
        raise DomainError("NO", "no")

    with pytest.raises(DomainError, match="no"):
        await command(work=refuse)

    await command()
    assert command.done == 1


async def test_an_answer_that_is_not_to_be_kept_leaves_the_key_free(command):
    async with command.database.transaction() as tx:
        await once(tx, KEY, Answer, command.work, now=NOW, keep=lambda _: False)
    other = IdempotencyKey(KEY.key, KEY.person, KEY.organisation, KEY.operation, "other input")
    assert await command(key=other) == await command(key=other)
    assert command.done == 2


async def test_two_at_the_same_moment_do_it_once(command):
    async def attempt() -> Answer | None:
        try:
            return await command()
        except TransientError:
            return None

    answers = await asyncio.gather(*(attempt() for _ in range(5)))

    assert command.done == 1
    assert len({answer.id for answer in answers if answer}) == 1
