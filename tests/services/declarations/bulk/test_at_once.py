"""Bulk claims submitted by two at once, and one whose submission is cut off: nothing twice, nothing
in part."""

import asyncio
from typing import Any

from tests.services.declarations.bulk.filling import (
    checked,
    filled,
    kept_claims,
    look,
    submitted,
    template,
)
from tests.services.declarations.bulk.test_bulk import GOOD
from tests.services.declarations.period import Period
from tests.support.eventually import eventually


async def test_the_same_upload_submitted_twice_at_once_is_submitted_once(claims: Period) -> None:
    bulk = await checked(claims, filled(await template(claims), GOOD))
    answers = await asyncio.gather(*(submitted(claims, bulk["id"]) for _ in range(3)))
    assert {one["status"] for one in answers} == {"SUBMITTED"}
    assert len(await kept_claims(claims)) == 2
    assert len(await claims.events("claim.submitted.v1")) == 2


async def test_of_two_who_submit_the_same_claims_at_once_one_has_submitted_them(claims) -> None:
    rows = filled(await template(claims), GOOD)
    whose = {"tier 1": await checked(claims, rows)}
    whose["second tier 1"] = await checked(claims, rows, who="second tier 1")
    answers: list[Any] = await asyncio.gather(
        *(submitted(claims, bulk["id"], who) for who, bulk in whose.items())
    )
    assert sorted(one["status"] for one in answers) == ["REPEATED", "SUBMITTED"]
    (first,) = [one["id"] for one in answers if one["status"] == "SUBMITTED"]
    assert [one["sameAs"] for one in answers if one["status"] == "REPEATED"] == [first]
    assert len(await kept_claims(claims)) == 2
    assert len(await claims.events("claim.submitted.v1")) == 2


async def test_of_a_submission_that_is_cut_off_nothing_is_left_and_it_may_be_submitted_again(
    claims: Period,
) -> None:
    """Its connection dies when all claims are written and the upload's rows are still to be."""
    bulk = await checked(claims, filled(await template(claims), GOOD))
    async with claims.db.transaction() as holding:
        await holding.fetch("select from bulk_claim_row for update")
        submitting = asyncio.create_task(submitted(claims, bulk["id"]))

        async def cut() -> None:
            sql = """select pg_terminate_backend(pid) from pg_stat_activity
                where query like '%update bulk_claim_row r%' and wait_event_type = 'Lock'
                    and datname = current_database()"""
            async with claims.db.reader() as reader:
                assert await reader.fetch(sql)

        await eventually(cut)
        assert "errors" in await submitting
    assert await kept_claims(claims) == []
    assert await claims.events("claim.submitted.v1") == []
    assert (await look(claims, bulk["id"]))["status"] == "CHECKED"
    assert (await submitted(claims, bulk["id"]))["status"] == "SUBMITTED"
    assert len(await kept_claims(claims)) == 2
