"""Approving, rejecting and withdrawing, one or many, by whom and how often."""

import asyncio
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from nhs.roles import Role
from services.declarations.claims import deciding
from tests.services.declarations.claims.asking import (
    approved,
    claims,
    codes,
    create,
    decide,
    everything,
    shown,
    submitted,
)
from tests.services.declarations.period import Period
from tests.support.directory import have_person


async def two(period: Period) -> list[Any]:
    return [
        await submitted(period, [("WOUND", "10")]),
        await submitted(period, [("WOUND", "30")], "other claimant"),
    ]


async def have(period: Period, name: str, *roles: Role, types: list[str] | None = None) -> None:
    async with period.db.transaction() as tx:
        person = await have_person(tx, name, {"QHM": roles})
        sql = "update directory.person_role set payment_types = $2 where person_id = $1"
        await tx.execute(sql, person, types)


async def join_duties(period: Period) -> None:
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into directory.duty_switch values ('QHM', 'CLAIMS', false, '2026-04-01', null)"
        )


async def test_a_filter_is_shown_in_pounds_first_and_then_its_selection_is_done(claiming: Period):
    rows = await two(claiming)
    wanted = {"filter": {"waitingForMe": True}}
    assert await decide(claiming, "tier 1", [], choose=wanted) == {"errors": ["DRY_RUN_FIRST"]}
    before = await everything(claiming)
    looked = await decide(claiming, "tier 1", [], choose=wanted, dryRun=True)
    counted = {one["name"]: one["value"] for one in looked["counts"]}
    assert (counted["pounds"], counted["done"]) == ("1000.00", "2")
    assert looked["message"] == "2 claim(s) can be approved; 0 cannot"
    assert await everything(claiming) == before
    chosen = {"selection": looked["selection"]}
    done = await decide(claiming, "tier 1", [], choose=chosen, key="all")
    assert sorted(done["done"]) == sorted(one["id"] for one in rows)
    assert await decide(claiming, "tier 1", [], choose=chosen, key="all") == done
    told = await claiming.events("claim.tier-approved.v1")
    assert len({one["action"] for one in told}) == 1


async def test_each_row_is_done_or_refused_for_itself(claiming: Period):
    one, other = await two(claiming)
    rows = [one, other | {"version": 99}, {"id": str(new_id()), "version": 1}]
    answer = await decide(claiming, "tier 1", rows)
    assert answer["done"] == [one["id"]]
    assert codes(answer) == ["STALE_VERSION", "NOT_FOUND"]


async def test_of_two_approvers_at_once_one_is_told_that_it_changed(claiming: Period):
    one = await submitted(claiming)
    answers = await asyncio.gather(
        decide(claiming, "tier 1", [one]), decide(claiming, "second tier 1", [one])
    )
    assert sorted(len(answer["done"]) for answer in answers) == [0, 1]
    assert [code for answer in answers for code in codes(answer)] == ["STALE_VERSION"]
    assert (await claiming.events_by_type())["claim.tier-approved.v1"] == 1


async def test_one_approves_and_another_rejects_at_once_and_one_of_them_counts(claiming: Period):
    one = await approved(claiming, await submitted(claiming), "tier 1")
    await have(claiming, "second tier 2", Role.CLAIM_TIER_2)
    approving, rejecting = await asyncio.gather(
        decide(claiming, "tier 2", [one]), decide(claiming, "second tier 2", [one], "reject")
    )
    assert len(approving["done"]) + len(rejecting["done"]) == 1
    after = (await shown(claiming, one))["status"]
    assert after == ("APPROVED" if approving["done"] else "REJECTED")
    paid = len(await claiming.events("payment.authorised.v1"))
    assert paid == len(approving["done"])


async def test_a_role_is_for_its_payment_types(claiming: Period):
    one = await submitted(claiming)
    await have(claiming, "of LIS", Role.CLAIM_TIER_1, types=["LIS"])
    before = await everything(claiming)
    assert codes(await decide(claiming, "of LIS", [one])) == ["ROLE_REQUIRED"]
    assert codes(await decide(claiming, "of LIS", [one], "reject")) == ["ROLE_REQUIRED"]
    assert await claims(claiming, "of LIS") == []
    assert await everything(claiming) == before


async def test_what_waits_for_the_caller_is_what_their_role_is_for(claiming: Period):
    one = await submitted(claiming)
    await have(claiming, "of LIS", Role.CLAIM_TIER_1, types=["LIS"])
    async with claiming.db.transaction() as tx:
        await tx.execute(
            "insert into directory.person_role select person_id, organisation, 'VIEW'"
            " from directory.person_role join directory.person on id = person_id"
            " where subject = 'of LIS'"
        )
    assert [row["id"] for row in await claims(claiming, "of LIS")] == [one["id"]]
    assert await claims(claiming, "of LIS", waitingForMe=True) == []
    wanted = {"filter": {"waitingForMe": True}}
    looked = await decide(claiming, "of LIS", [], choose=wanted, dryRun=True)
    assert (looked["done"], looked["refused"]) == ([], [])


async def test_nobody_takes_the_step_of_another_tier(claiming: Period):
    one = await submitted(claiming)
    before = await everything(claiming)
    for who in ("tier 2", "claim finance", "claim approver"):
        assert codes(await decide(claiming, who, [one])) == ["ROLE_REQUIRED"]
    assert codes(await decide(claiming, "other tier 1", [one])) == ["NOT_FOUND"]
    for who in ("claimant", "claim viewer"):
        assert await decide(claiming, who, [one]) == {"errors": ["ROLE_REQUIRED"]}
    assert await everything(claiming) == before


async def test_duties_may_be_joined_and_every_use_is_marked(claiming: Period):
    one = await approved(claiming, await submitted(claiming), "both tiers")
    assert codes(await decide(claiming, "both tiers", [one])) == ["SEPARATION_OF_DUTIES"]
    await join_duties(claiming)
    assert [row["id"] for row in await claims(claiming, "both tiers", waitingForMe=True)] == [
        one["id"]
    ]
    await approved(claiming, one, "both tiers")
    history = (await shown(claiming, one, more="history { action status }"))["history"]
    assert [entry["action"] for entry in history] == [
        "CREATED",
        "SUBMITTED",
        "TIER_1_APPROVED",
        "DUTIES_JOINED",
        "TIER_2_APPROVED",
    ]


async def test_the_provider_withdraws_before_a_decision_and_not_after(claiming: Period):
    draft, other = await create(claiming), await submitted(claiming)
    waiting = await approved(claiming, other, "tier 1")
    answer = await decide(claiming, "claimant", [draft, waiting], "withdraw", reason=None)
    assert answer["message"] == "The claim(s) have been successfully withdrawn"
    assert [row["status"] for row in await claims(claiming, "claimant")] == ["WITHDRAWN"] * 2
    told = [one["id"] for one in await claiming.events("claim.withdrawn.v1")]
    assert told == [other["id"]]  # of a draft nobody had heard
    again = await decide(claiming, "claimant", await claims(claiming, "claimant"), "withdraw")
    assert codes(again) == ["WRONG_STATUS"] * 2
    paid = await approved(claiming, await submitted(claiming), "tier 1", "tier 2")
    assert codes(await decide(claiming, "claimant", [paid], "withdraw")) == ["WRONG_STATUS"]
    assert codes(await decide(claiming, "tier 2", [paid], "reject")) == ["WRONG_STATUS"]


async def test_approving_forty_takes_as_many_statements_as_approving_one(claiming: Period):
    one = await submitted(claiming)
    async with claiming.db.transaction() as tx:
        await tx.execute(_FORTY, UUID(one["id"]))
        rows = await tx.fetch("select id, version from claim")
        await tx.execute(_THEIR_SERVICES, UUID(one["id"]), [row["id"] for row in rows])
    ids = [(row["id"], row["version"]) for row in rows]
    for who in ("tier 1", "tier 2"):
        await statements(claiming, who, ids[:1])  # the first of a connection learns types too
        few = await statements(claiming, who, ids[1:2])
        assert await statements(claiming, who, ids[2:]) == few
        ids = [(identity, version + 1) for identity, version in ids]


async def statements(period: Period, who: str, rows: list[tuple[UUID, int]]) -> int:
    principal, asked = await period.principal(who), list[Any]()
    async with period.db.transaction() as tx:
        with tx._connection.query_logger(asked.append):
            outcome = await deciding.approve(
                tx, principal, rows, dry_run=False, now=period.now, demonstration=True
            )
    assert len(outcome.done) == len(rows)
    return len(asked)


# As the one that was submitted, but for their ids: approving them asks for no more.
_FORTY = """
insert into claim
select (jsonb_populate_record(c, jsonb_build_object('id', gen_random_uuid(),
    'history_length', 0, 'history_hash', ''))).*
from claim c, generate_series(1, 41) where c.id = $1
"""
_THEIR_SERVICES = """
insert into claim_service
select (jsonb_populate_record(s, jsonb_build_object('claim_id', other))).*
from claim_service s, unnest($2::uuid[]) other where s.claim_id = $1 and other <> $1
"""
