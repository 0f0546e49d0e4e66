"""Submission: what is left of budgets, who may, how often, and what a refusal leaves behind."""

import asyncio
from datetime import date
from typing import Any

import pytest

from services.declarations.agreements import commands as agreements
from tests.services.declarations.claiming import SCHEME, begin_claims, les_offer, scheme
from tests.services.declarations.claims.asking import (
    add_all,
    approved,
    attach,
    claims,
    codes,
    content,
    create,
    decide,
    edit,
    everything,
    shown,
    submit,
    submitted,
    wrong,
)
from tests.services.declarations.period import Period

PROVIDER_FIRST = [
    {"step": "PROVIDER"},
    {"step": "TIER_1"},
    {"step": "TIER_2"},
    {"step": "FINANCE", "above": "15000.00"},
]


async def drafts(period: Period, *people: str) -> list[Any]:
    made = [await create(period, who) for who in people]
    for one in made:
        await attach(period, one)
    return made


async def test_two_claims_that_exceed_the_budget_together_are_not_both_taken(period: Period):
    await begin_claims(period, budget="1000.00")
    people = ("claimant", "other claimant")
    one, other = await drafts(period, *people)
    given = content([("WOUND", "30")])
    answers = await asyncio.gather(
        *(
            submit(period, draft, who, content=given)
            for draft, who in zip((one, other), people, strict=True)
        )
    )
    refused = [answer for answer in answers if not answer["submitted"]]
    assert len(refused) == 1
    assert wrong(refused[0]) == [("LC008", None, "amount")]
    assert "£250.00 left of the budget" in refused[0]["errors"][0]["message"]


async def test_what_is_rejected_or_withdrawn_is_free_for_others(period: Period):
    await begin_claims(period, budget="1000.00")
    one = await submitted(period, [("WOUND", "40")])
    (other,) = await drafts(period, "other claimant")
    given = content([("WOUND", "1")])
    assert wrong(await submit(period, other, "other claimant", content=given))
    await decide(period, "tier 1", [one], "reject")
    assert (await submit(period, other, "other claimant", content=given))["submitted"]


async def test_a_period_is_claimed_once_where_its_window_says_so(claiming: Period):
    await submitted(claiming)
    (again,) = await drafts(claiming, "claimant")
    answer = await submit(claiming, again, content=content([("WOUND", "1")]))
    assert wrong(answer) == [("LC003", None, "periodStart")]


async def test_caps_of_a_year_count_the_claims_of_its_other_periods(period: Period):
    windows = scheme().as_json()["scheme"]["windows"]
    windows[2] |= {"closes_on": "2026-04-30"}
    await begin_claims(period, windows=windows)
    await submitted(period, [("COMPLEX", "150")], start="2025-10-01")
    (other,) = await drafts(period, "claimant")
    answer = await submit(period, other, content=content([("COMPLEX", "51")]))
    assert wrong(answer) == [("LC004", 1, "quantity")]
    assert "201 in 2025/26" in answer["errors"][0]["message"]
    assert (await submit(period, other, content=content([("COMPLEX", "50")])))["submitted"]


async def test_what_is_claimed_of_a_component_is_counted_however_much_it_is(period: Period):
    """Units come to more than an integer holds where nothing limits them."""
    given = scheme().as_json()["scheme"]
    given["components"][1] |= {"most_per_claim": None, "most_per_year": None}
    given["components"][1]["tariffs"][0]["amount"] = "0.00"
    given["windows"][3]["claims"] = 9
    await begin_claims(period, components=given["components"], windows=given["windows"])
    one = await submitted(period, [("WOUND", "1000000")])
    async with period.db.transaction() as tx:
        sql = """insert into claim_line select (jsonb_populate_record(l,
            jsonb_build_object('position', place))).* from claim_line l, generate_series(2, 2200)
            as place where l.claim_id = $1"""
        await tx.execute(sql, one["id"])
    assert (await submitted(period, [("WOUND", "1")]))["status"] == "AWAITING_TIER_1"


async def test_evidence_that_is_missing_of_a_wrong_type_or_names_a_patient_is_refused(
    claiming: Period,
):
    draft, given = await create(claiming), content([("COMPLEX", "1")])
    assert wrong(await submit(claiming, draft, content=given)) == [("LC006", 1, "evidence")]
    await attach(claiming, draft, "PLAN", "plan.exe")
    await attach(claiming, draft, "LOG", "log.xlsx", named=True)
    assert wrong(await submit(claiming, draft, content=given)) == [
        ("LC006", None, "evidence"),
        ("LC009", None, "evidence"),
    ]


async def test_a_dry_run_tells_the_same_and_submits_nothing(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    before = await everything(claiming)
    good, bad = content([("WOUND", "1")]), content([("WOUND", "1.5")])
    assert (await submit(claiming, draft, content=good, dryRun=True))["submitted"]
    assert wrong(await submit(claiming, draft, content=bad, dryRun=True)) == [
        ("LC004", 1, "quantity")
    ]
    assert await everything(claiming) == before


async def test_an_amount_that_was_sent_must_be_the_one_that_is_recomputed(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    given = content([("WOUND", "2")])
    given["lines"][0]["amount"] = "50.01"
    assert wrong(await submit(claiming, draft, content=given)) == [("LC010", 1, "amount")]
    given["lines"][0]["amount"] = "50.00"
    assert (await submit(claiming, draft, content=given))["submitted"]


async def test_the_same_submission_twice_is_one(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    given = {"content": content([("WOUND", "2")]), "key": "once"}
    first = await submit(claiming, draft, **given)
    assert await submit(claiming, draft, **given) == first
    assert (await claiming.events_by_type())["claim.submitted.v1"] == 1
    stale = await submit(claiming, draft, content=given["content"])
    assert stale == {"errors": ["STALE_VERSION"]}
    twice = await submit(claiming, first["claim"])
    assert twice == {"errors": ["WRONG_STATUS"]}


async def test_a_refused_submission_leaves_its_key_free(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    assert wrong(await submit(claiming, draft, content=content([("WOUND", "x")]), key="a"))
    assert (await submit(claiming, draft, content=content([("WOUND", "1")]), key="a"))["submitted"]


async def test_several_levels_at_the_provider_are_two_people(period: Period):
    await begin_claims(period, approval=PROVIDER_FIRST)
    one = await submitted(period)
    assert (one["status"], one["step"]) == ("AWAITING_PROVIDER_APPROVAL", "PROVIDER")
    assert codes(await decide(period, "tier 1", [one])) == ["ROLE_REQUIRED"]
    assert codes(await decide(period, "other tier 1", [one])) == ["NOT_FOUND"]
    assert [c["id"] for c in await claims(period, "claim approver", waitingForMe=True)] == [
        one["id"]
    ]
    after = await approved(period, one, "claim approver")
    assert after["status"] == "AWAITING_TIER_1"
    assert codes(await decide(period, "claim approver", [after])) == ["ROLE_REQUIRED"]
    (told,) = await period.events("claim.tier-approved.v1")
    assert (told["status"], told["step"], told["acting_for"]) == (
        "AWAITING_TIER_1",
        "TIER_1",
        "A81001",
    )


async def test_the_provider_rejects_within_and_the_claim_is_amended(period: Period):
    await begin_claims(period, approval=PROVIDER_FIRST)
    one = await submitted(period)
    answer = await decide(period, "claim approver", [one], "reject", code="OTHER")
    assert answer["done"] == [one["id"]]
    assert (await shown(period, one))["status"] == "REJECTED"


@pytest.fixture
async def together(period: Period) -> Period:
    """LESPW2526 and LESXX2526, claimed together; A81002 takes part in the first alone."""
    await begin_claims(period, claimed_with="COMMUNITY")
    other = scheme(claimed_with="COMMUNITY", budget="500.00", approval=PROVIDER_FIRST)
    other = other.model_copy(update={"code": "LESXX2526", "payment_type": "LIS"})
    given = {"quality_service": "LESXX2526/1", "service_code": "LESXX2526", "payment_type": "LIS"}
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, "LESXX2526/1", 1, other)
        await agreements.keep_offers(tx, [les_offer("A81001", **given)])
    return period


async def test_services_that_are_claimed_together_share_one_claim_and_are_paid_apart(
    together: Period,
):
    draft = await create(together, service="LESXX2526")
    assert [one["code"] for one in draft["services"]] == [SCHEME, "LESXX2526"]
    await attach(together, draft)
    given = content([("WOUND", "4"), ("PHLEB", "2")])
    given["lines"] += content([("PHLEB", "100")], service="LESXX2526")["lines"]
    answer = await submit(together, draft, content=given)
    assert wrong(answer) == [("LC006", 3, "evidence")]  # the log is of the other service
    async with together.db.transaction() as tx:
        await tx.execute("update claim_evidence set service_code = 'LESXX2526'")
    await attach(together, draft)
    one = (await submit(together, draft, content=given))["claim"]
    assert (one["path"], one["amount"]) == (["PROVIDER", "TIER_1", "TIER_2"], "441.70")
    after = await approved(together, one, "claim approver", "tier 1", "tier 2")
    payments = "payments { serviceCode amount paymentType }"
    paid = (await shown(together, after, more=payments))["payments"]
    assert [(p["serviceCode"], p["amount"], p["paymentType"]) for p in paid] == [
        (SCHEME, "106.70", "LES"),
        ("LESXX2526", "335.00", "LIS"),
    ]
    assert len(await together.events("payment.authorised.v1")) == 2


async def test_a_service_of_which_nothing_is_claimed_is_free_to_be_claimed(together: Period):
    """Add All leaves a quantity of 0 where nothing is filled in."""
    draft = await add_all(together, await create(together))
    await attach(together, draft)
    lines = [
        {name: line[name] for name in ("service", "component", "quantity")}
        for line in draft["lines"]
    ]
    lines[0]["quantity"] = "2"  # of the first service
    one = (await submit(together, draft, content={"lines": lines}))["claim"]
    assert (one["amount"], one["path"]) == ("6.70", ["TIER_1", "TIER_2"])
    query = "{ claimOpenings { service periodStart claimsMade } }"
    openings = (await together.ask("claimant", query))["claimOpenings"]
    made = {o["service"]: o["claimsMade"] for o in openings if o["periodStart"] == "2026-01-01"}
    assert made == {SCHEME: 1, "LESXX2526": 0}
    other = await create(together, service="LESXX2526")
    given = content([("PHLEB", "1")], service="LESXX2526")
    assert wrong(await submit(together, other, content=given)) == [("LC006", 1, "evidence")]
    again = await create(together)
    answer = await submit(together, again, content=content([("PHLEB", "0")]))
    assert wrong(answer) == [("LC003", None, "periodStart")]  # of nothing at all, it is one more


async def test_each_service_of_a_shared_claim_keeps_its_own_budget(together: Period):
    draft = await create(together)
    await attach(together, draft)
    lines = content([("WOUND", "30")], service="LESXX2526")["lines"]
    answer = await submit(together, draft, content={"lines": lines})
    assert {"code": "LC008", "service": "LESXX2526"} in [
        {"code": one["code"], "service": one["service"]} for one in answer["errors"]
    ]
    only = await create(together, "other claimant")
    assert [one["code"] for one in only["services"]] == [SCHEME]


async def test_a_component_of_another_scheme_is_named_by_its_line(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    given = content([("WOUND", "1"), ("REVIEW", "1")])
    given["lines"] += content([("REVIEW", "1")], service="LISMO2526")["lines"]
    assert wrong(await submit(claiming, draft, content=given)) == [
        ("LC005", 2, "component"),
        ("LC005", 3, "service"),
    ]


async def test_what_was_offered_to_nobody_and_periods_there_are_not_cannot_be_drafted(
    claiming: Period,
):
    before = await everything(claiming)
    assert await create(claiming, service="LISMO2526") == {"errors": ["NOT_FOUND"]}
    assert await create(claiming, service="QOF2526") == {"errors": ["NOT_FOUND"]}
    assert await create(claiming, start="2026-01-02") == {"errors": ["PERIOD_NOT_KNOWN"]}
    assert await create(claiming, "tier 1") == {"errors": ["ROLE_REQUIRED"]}
    assert await everything(claiming) == before


async def test_nobody_works_on_the_claim_of_another_provider(claiming: Period):
    draft = await create(claiming)
    before = await everything(claiming)
    who = "other claimant"
    for answer in (
        await edit(claiming, draft, [("WOUND", "1")], who),
        await add_all(claiming, draft, who),
        await submit(claiming, draft, who),
    ):
        assert answer == {"errors": ["NOT_FOUND"]}
    assert codes(await decide(claiming, who, [draft], "withdraw")) == ["NOT_FOUND"]
    assert await everything(claiming) == before


async def test_a_claim_too_long_to_be_one_is_refused_with_its_place(claiming: Period):
    draft = await create(claiming)
    long = await edit(claiming, draft, [("WOUND", "1"), ("WOUND", "9" * 41)])
    assert long == {"errors": ["TEXT_NOT_VALID"]}
    many = await edit(claiming, draft, [("WOUND", "1")] * 501)
    assert many == {"errors": ["TOO_MANY_LINES"]}


async def test_openings_say_what_may_be_claimed_now_and_why_not(claiming: Period):
    query = """{ claimOpenings { service name periodStart opensOn closesOn mayClaim whyNot
        claimsMade components { code tariff } } }"""
    first, *_, last = (await claiming.ask("claimant", query))["claimOpenings"]
    assert (first["mayClaim"], first["whyNot"]) == (False, "The window closed on 2025-07-31")
    assert (last["periodStart"], last["mayClaim"]) == ("2026-01-01", True)
    assert {one["code"]: one["tariff"] for one in last["components"]} == {
        "PHLEB": "3.35",
        "WOUND": "25.00",
        "COMPLEX": "180.00",
    }
    await submitted(claiming)
    last = (await claiming.ask("claimant", query))["claimOpenings"][-1]
    assert (last["claimsMade"], last["whyNot"]) == (1, "LESPW2526 has been claimed 1 of 1 times")
    assert await claiming.ask("tier 1", query) == {"errors": ["ROLE_REQUIRED"]}


async def test_a_corrected_scheme_counts_from_the_next_submission_on(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    draft = await edit(claiming, draft, [("WOUND", "1")])
    assert draft["amount"] == "25.00"
    components = scheme().as_json()["scheme"]["components"]
    components[1]["tariffs"][0]["amount"] = "26.00"
    async with claiming.db.transaction() as tx:
        await agreements.keep_service(tx, f"{SCHEME}/2", 2, scheme(components=components))
        known = await tx.fetchval(
            "select id from offer where provider = 'A81001' and service_code = $1", SCHEME
        )
        moved = {"id": str(known), "version": 3, "quality_service": f"{SCHEME}/2"}
        await agreements.keep_offers(tx, [les_offer("A81001", **moved)])
    one = (await submit(claiming, draft))["claim"]
    assert (one["amount"], one["services"][0]["qualityService"]["id"]) == (
        "26.00",
        "LESPW2526/2",
    )


async def test_a_practice_that_has_closed_before_the_period_claims_nothing(claiming: Period):
    (draft,) = await drafts(claiming, "claimant")
    async with claiming.db.transaction() as tx:
        await tx.execute(
            "update directory.organisation set closed_on = $1 where ods_code = 'A81001'",
            date(2025, 12, 31),
        )
    answer = await submit(claiming, draft, content=content([("WOUND", "1")]))
    assert wrong(answer) == [("LC007", None, "provider")]


async def test_a_scheme_opens_no_declarations(claiming: Period):
    async with claiming.db.transaction() as tx:
        await tx.execute("delete from offer where service_code <> $1", SCHEME)
    await claiming.settle()
    assert await claiming.declarations() == []


async def test_notes_too_long_are_refused_whenever_they_come(claiming: Period):
    draft = await create(claiming)
    long = {"notes": "x" * 2_001}
    for answer in (
        await edit(claiming, draft, [("WOUND", "1")], **long),
        await submit(claiming, draft, content=content([("WOUND", "1")], **long)),
    ):
        assert answer == {"errors": ["NOTES_TOO_LONG"]}
