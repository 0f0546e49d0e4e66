"""The issue's stories about claims, over a real database."""

from datetime import UTC, date, datetime

import pytest

from services.declarations.agreements import commands as agreements
from tests.services.declarations.claiming import SCHEME, begin_claims, les_offer, scheme
from tests.services.declarations.claims.asking import (
    add_all,
    amend,
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

NUMBER = "943 476 5919"


async def test_everything_that_is_wrong_is_listed_at_once_and_nothing_is_written(period: Period):
    components = scheme().as_json()["scheme"]["components"]
    components[1]["tariffs"][0]["valid_to"] = "2025-12-31"  # WOUND's, before the period
    await begin_claims(period, components=components)
    draft = await create(period)
    await attach(period, draft)
    period.now = datetime(2026, 5, 1, 9, tzinfo=UTC)
    before = await everything(period)
    given = content([("PHLEB", "-1"), ("WOUND", "3")], notes=NUMBER)
    answer = await submit(period, draft, content=given)
    assert wrong(answer) == [
        ("LC001", None, "periodStart"),
        ("LC004", 1, "quantity"),
        ("LC005", 2, "component"),
        ("LC009", None, "notes"),
    ]
    assert answer["claim"] == draft
    assert answer["claim"]["status"] == "DRAFT"
    assert await everything(period) == before


@pytest.mark.parametrize(
    ("wounds", "tests", "path", "band"),
    [
        ("600", "0", ["TIER_1", "TIER_2"], "MEDIUM"),
        ("600", "1", ["TIER_1", "TIER_2", "FINANCE"], "MEDIUM"),
        ("599", "0", ["TIER_1", "TIER_2"], "LOW"),
    ],
)
async def test_finance_joins_above_15_000_pounds_and_not_at_them(
    claiming: Period, wounds: str, tests: str, path: list[str], band: str
):
    one = await submitted(claiming, [("WOUND", wounds), ("PHLEB", tests)])
    assert (one["path"], one["band"], one["step"]) == (path, band, "TIER_1")


async def test_a_penny_above_15_000_pounds_goes_to_finance_and_49_999_50_has_a_band(
    period: Period,
):
    components = scheme().as_json()["scheme"]["components"]
    components[0]["tariffs"][1]["amount"] = "0.01"  # PHLEB's
    components[0]["most_per_claim"] = None
    await begin_claims(period, components=components)
    one = await submitted(period, [("WOUND", "600"), ("PHLEB", "1")])
    assert (one["amount"], one["path"][-1]) == ("15000.01", "FINANCE")
    lines = [("WOUND", "1000"), ("COMPLEX", "111"), ("PHLEB", "501950")]
    other = await submitted(period, lines, "other claimant")
    assert (other["amount"], other["band"]) == ("49999.50", "MEDIUM")


async def test_a_claim_is_approved_by_three_people_and_paid_once(claiming: Period):
    one = await submitted(claiming, [("WOUND", "700")])
    after = await approved(claiming, one, "tier 1", "tier 2", "claim finance")
    assert (after["status"], after["step"], after["provisional"]) == ("APPROVED", None, True)
    (paid,) = await claiming.events("payment.authorised.v1")
    assert (paid["claim_id"], paid["declaration_id"]) == (one["id"], one["id"])
    assert (paid["amount"], paid["payee"], paid["service_code"]) == ("17500.00", "A81001", SCHEME)
    assert paid["narrative"].startswith("LESPW2526 A81001 2026-01-01 to 2026-03-31: claim (PROV")
    told = {k: n for k, n in (await claiming.events_by_type()).items() if k.startswith("claim.")}
    assert told == {
        "claim.submitted.v1": 1,
        "claim.tier-approved.v1": 2,
        "claim.approved.v1": 1,
    }


async def test_who_approved_tier_1_is_refused_tier_2(claiming: Period):
    one = await approved(claiming, await submitted(claiming), "both tiers")
    before = await everything(claiming)
    answer = await decide(claiming, "both tiers", [one])
    assert codes(answer) == ["SEPARATION_OF_DUTIES"]
    assert await everything(claiming) == before
    assert await claims(claiming, "both tiers", waitingForMe=True) == []
    assert [c["id"] for c in await claims(claiming, "tier 2", waitingForMe=True)] == [one["id"]]


async def test_a_rejection_without_a_reason_is_refused(claiming: Period):
    one = await submitted(claiming)
    before = await everything(claiming)
    for missing in ({"reason": " "}, {"code": None}):
        answer = await decide(claiming, "tier 1", [one], "reject", **missing)
        assert answer == {"errors": ["REASON_REQUIRED"]}
    named = await decide(claiming, "tier 1", [one], "reject", reason=f"see {NUMBER}")
    assert named == {"errors": ["NHS_NUMBER_IN_NOTE"]}
    assert await everything(claiming) == before


async def test_a_rejected_claim_is_amended_and_its_network_sees_both_versions(claiming: Period):
    one = await submitted(claiming, [("WOUND", "10"), ("PHLEB", "3")])
    answer = await decide(claiming, "tier 1", [one], "reject")
    assert answer["message"] == "The claim(s) have been successfully rejected"
    rejected = await shown(claiming, one)
    assert (rejected["status"], rejected["rejectionCode"], rejected["rejectionReason"]) == (
        "REJECTED",
        "EVIDENCE_NOT_ACCEPTED",
        "The log covers May only",
    )
    draft = await amend(claiming, rejected)
    assert (draft["id"], draft["contentVersion"], draft["status"]) == (one["id"], 2, "DRAFT")
    assert [line["quantity"] for line in draft["lines"]] == ["10", "3"]
    answer = await submit(claiming, draft, content=content([("WOUND", "9")], notes="without May"))
    assert (answer["claim"]["id"], answer["claim"]["rejectionCode"]) == (one["id"], None)
    versions = "versions { contentVersion notes lines { component quantity amount } evidence }"
    seen = (await shown(claiming, one, "pcn viewer", versions))["versions"]
    assert [(v["contentVersion"], v["notes"]) for v in seen] == [(1, None), (2, "without May")]
    assert [[line["quantity"] for line in v["lines"]] for v in seen] == [["10", "3"], ["9"]]
    assert seen[0]["evidence"] == ["log.csv"]
    assert await shown(claiming, one, "other pcn viewer") == {"errors": ["NOT_FOUND"]}
    (amended,) = await claiming.events("claim.amended.v1")
    assert (amended["status"], amended["content_version"]) == ("DRAFT", 2)


async def test_reasons_of_past_rejections_are_shown_on_every_new_claim_of_the_scheme(
    claiming: Period,
):
    one = await submitted(claiming)
    await decide(claiming, "tier 1", [one], "reject", code="WRONG_PERIOD", reason="It was April")
    more = "pastRejections { claim code reason contentVersion periodStart }"
    fresh = await shown(claiming, await create(claiming), more=more)
    assert fresh["pastRejections"] == [
        {
            "claim": one["id"],
            "code": "WRONG_PERIOD",
            "reason": "It was April",
            "contentVersion": 1,
            "periodStart": "2026-01-01",
        }
    ]
    other = await create(claiming, "other claimant")
    assert (await shown(claiming, other, "other claimant", more))["pastRejections"] == []


async def test_add_all_adds_each_component_with_a_tariff_once(period: Period):
    components = scheme().as_json()["scheme"]["components"]
    components[2]["tariffs"][0]["valid_to"] = "2025-12-31"  # COMPLEX's, before the period
    await begin_claims(period, components=components)
    draft = await edit(period, await create(period), [("WOUND", "4")], notes="half")
    after = await add_all(period, draft)
    lines = [(line["position"], line["component"], line["quantity"]) for line in after["lines"]]
    assert lines == [(1, "WOUND", "4"), (2, "PHLEB", "0")]
    assert (after["amount"], after["notes"], after["version"]) == ("100.00", "half", 3)
    assert (await add_all(period, after))["lines"] == after["lines"]
    named = "lines { name unit tariff }"
    assert (await shown(period, draft, more=named))["lines"][1]["name"] == "Phlebotomy"


async def test_a_draft_keeps_quantities_as_they_are_written(claiming: Period):
    draft = await create(claiming)
    assert "claim.submitted.v1" not in await claiming.events_by_type()
    lines = [("WOUND", "ten"), ("NOTHING", "1.5"), ("PHLEB", "2")]
    after = await edit(claiming, draft, lines)
    assert [(o["quantity"], o["amount"]) for o in after["lines"]] == [
        ("ten", None),
        ("1.5", None),
        ("2", "6.70"),
    ]
    assert after["amount"] == "6.70"
    stale = await edit(claiming, draft, [("WOUND", "1")])
    assert stale == {"errors": ["STALE_VERSION"]}
    named = await edit(claiming, after, [("WOUND", "1")], notes=NUMBER)
    assert named == {"errors": ["NHS_NUMBER_IN_NOTE"]}


async def test_a_claim_of_nothing_closes_with_an_entry_of_nothing(claiming: Period):
    one = await submitted(claiming, [("WOUND", "0")])
    await approved(claiming, one, "tier 1", "tier 2")
    payments = "payments { status amount serviceCode declaration { id } claim { id } }"
    (paid,) = (await shown(claiming, one, more=payments))["payments"]
    assert (paid["status"], paid["amount"], paid["declaration"]) == ("CLOSED_ZERO", "0.00", None)
    assert paid["claim"] == {"id": one["id"]}


async def test_provisional_figures_pay_in_a_demonstration_only(claiming: Period):
    claiming.demonstration = False
    one = await approved(claiming, await submitted(claiming), "tier 1")
    before = await everything(claiming)
    assert codes(await decide(claiming, "tier 2", [one])) == ["PROVISIONAL_RULES"]
    assert await everything(claiming) == before


async def test_a_provider_that_ceased_to_take_part_is_told_so(claiming: Period):
    draft = await create(claiming)
    await attach(claiming, draft)
    async with claiming.db.transaction() as tx:
        (known,) = await tx.fetch(
            "select id from offer where provider = 'A81001' and service_code = $1", SCHEME
        )
        ended = {"id": str(known["id"]), "version": 3, "ended_on": "2026-03-30"}
        await agreements.keep_offers(tx, [les_offer("A81001", **ended, status="CANCELLED")])
    answer = await submit(claiming, draft, content=content([("WOUND", "1")]))
    assert wrong(answer) == [("LC002", None, "service")]


async def test_a_rejection_is_told_with_its_reason_coded_and_in_words(claiming: Period):
    one = await submitted(claiming)
    answer = await decide(claiming, "tier 1", [one], "reject")
    assert answer["done"] == [one["id"]], answer
    (told,) = await claiming.events("claim.rejected.v1")
    assert (told["code"], told["reason"]) == ("EVIDENCE_NOT_ACCEPTED", "The log covers May only")
    assert told["period_end"] == date(2026, 3, 31).isoformat()
