"""What is kept of a claim is what happened to it, step by step, whatever the steps are."""

import random
from typing import Any

import pytest

from cqrs import verify_history
from services.declarations.claims import domain, keeping, lists, store
from services.declarations.claims.domain import Claim, Happening, RejectionCode, Step
from services.declarations.claims.history import exported
from tests.services.declarations.claims.making import claim, found, person
from tests.services.declarations.period import Period

PEOPLE = [person() for _ in range(5)]


def something(before: Claim, chance: random.Random) -> list[Happening]:
    """Any step at all, by anybody; refused more often than not."""
    by, path = chance.choice(PEOPLE), tuple(Step) if chance.random() < 0.5 else ()
    terms = found("15000.01", *path, band="MEDIUM", provisional=True)
    given: dict[str, Any] = {"content": "0" * 64, "notes": "as it was", "joined": True}
    return chance.choice(
        [
            lambda: domain.submit(before, by, terms, **given, upload=chance.random() < 0.2),
            lambda: domain.approve(before, by, joined=True, demonstration=True),
            lambda: domain.approve(before, by),
            lambda: domain.reject(before, by, RejectionCode.OTHER, "why"),
            lambda: domain.amend(before, by),
        ]
    )()


@pytest.mark.parametrize("seed", range(4))
async def test_a_claim_is_read_back_as_it_was_written(claiming: Period, seed: int):
    chance, now = random.Random(seed), claim()
    async with claiming.db.transaction() as tx:
        (known,) = await keeping.create(tx, [now], PEOPLE[0], acting_for="A81001", now=claiming.now)
        for _ in range(60):
            try:
                happened = something(known, chance)
            except domain.RefusedError:
                continue
            (known,) = await keeping.save(tx, [happened], acting_for="QHM", now=claiming.now)
            await store.keep_services(tx, [known])
            (row,) = await store.lock(tx, [known.id])
            assert store.claim_of(row) == known
        rows = (await lists.histories(tx, [known.id]))[known.id]
    length, head = known.history_length, known.history_hash
    document = exported(known.id, rows, [], length=length, head=head)
    assert length > 5
    assert [d for d in verify_history.differences(document) if "submitted" not in d] == []
