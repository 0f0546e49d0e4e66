"""Claims by state, age and value; budgets used and left; a network's payments; the claims' file."""

import csv
from datetime import UTC, date, datetime, timedelta
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from chassis.export import Ask
from chassis.sheets import write_csv
from nhs.roles import RelationshipKind, Role
from services.declarations.tracking.queries import CLAIMS, COLUMNS
from tests.services.declarations.bulk.filling import checked, filled, submitted, template
from tests.services.declarations.claiming import SCHEME, begin_claims, drafted
from tests.services.declarations.period import Period
from tests.support.directory import have_person, relate

GOOD = {("A81001", "PHLEB"): "100", ("A81001", "WOUND"): "10", ("A81002", "PHLEB"): "7"}
"""£585.00 and £23.45."""

SUMMARY = """query ($filter: ClaimFilter) { claimSummary(filter: $filter) {
    status count pounds oldestSince
    ages { fromDays toDays count } bands { band count pounds } } }"""
CLAIMED = """query ($filter: ClaimFilter) { claims(filter: $filter) {
    edges { node { id version provider { odsCode } status amount evidence { fileName } } } } }"""
USE = "{ most submitted approved paid left }"
BUDGETS = f"""{{ schemeBudgets {{ service name use {USE}
    providers {{ totalCount edges {{ node {{ provider {{ odsCode }} use {USE} }} }} }} }} }}"""
NETWORK = """query ($network: OdsCode, $year: FinancialYear) {
    networkPayments(network: $network, financialYear: $year) {
        network { odsCode } financialYear
        practices { provider { odsCode } memberFrom memberTo
            declarations { status count points pounds } claims { status count pounds }
            payments { status ofClaims count pounds } }
        own { provider { odsCode } claims { status } }
        total { declarations { status count } claims { status count pounds }
            payments { status ofClaims count pounds } } } }"""


@pytest.fixture
async def tracked(claims: Period) -> Period:
    """Two claims of the commissioner's upload, the first of them approved by tier 2."""
    bulk = await checked(claims, filled(await template(claims), GOOD))
    await submitted(claims, bulk["id"])
    await approve(claims, await found(claims, "tier 2", provider="A81001"))
    return claims


async def approve(period: Period, claims: list[Any]) -> None:
    rows = [{"id": one["id"], "version": one["version"]} for one in claims]
    query = """mutation ($rows: [RowVersion!]!) {
        approveClaims(choose: {rows: $rows}) { done refused { code message } } }"""
    data = await period.ask("tier 2", query, rows=rows)
    assert data["approveClaims"]["refused"] == [], data


async def found(period: Period, who: str, **wanted: Any) -> Any:
    data = await period.ask(who, CLAIMED, filter=wanted)
    return data if "errors" in data else [edge["node"] for edge in data["claims"]["edges"]]


async def providers(period: Period, who: str = "tier 1", **wanted: Any) -> list[str]:
    return [one["provider"]["odsCode"] for one in await found(period, who, **wanted)]


async def summary(period: Period, who: str, **wanted: Any) -> Any:
    data = await period.ask(who, SUMMARY, filter=wanted)
    return data if "errors" in data else data["claimSummary"]


async def budget(period: Period, who: str) -> Any:
    data = await period.ask(who, BUDGETS)
    return data if "errors" in data else data["schemeBudgets"]


async def dashboard(period: Period, who: str, **asked: Any) -> Any:
    data = await period.ask(who, NETWORK, **{"network": None, "year": "2025/26"} | asked)
    return data if "errors" in data else data["networkPayments"]


async def test_claims_are_counted_by_state_age_and_value(tracked: Period) -> None:
    since, tracked.now = tracked.now.isoformat(), tracked.now + timedelta(days=10)
    approved, waiting = await summary(tracked, "tier 1")
    assert (approved["status"], approved["count"], approved["pounds"]) == ("APPROVED", 1, "585.00")
    assert waiting == {
        "status": "AWAITING_TIER_2",
        "count": 1,
        "pounds": "23.45",
        "oldestSince": since,
        "ages": [
            {"fromDays": 0, "toDays": 7, "count": 0},
            {"fromDays": 8, "toDays": 14, "count": 1},
            {"fromDays": 15, "toDays": 28, "count": 0},
            {"fromDays": 29, "toDays": 56, "count": 0},
            {"fromDays": 57, "toDays": None, "count": 0},
        ],
        "bands": [{"band": "LOW", "count": 1, "pounds": "23.45"}],
    }


@pytest.mark.parametrize(
    ("who", "counted"),
    [
        ("tier 1", {"APPROVED": "585.00", "AWAITING_TIER_2": "23.45"}),
        ("claim viewer", {"APPROVED": None, "AWAITING_TIER_2": None}),
        ("claimant", {"APPROVED": "585.00"}),
        ("other claimant", {"AWAITING_TIER_2": "23.45"}),
        ("pcn viewer", {"APPROVED": "585.00"}),
        ("other pcn viewer", {"AWAITING_TIER_2": "23.45"}),
        ("other tier 1", {}),
        ("data load", {"errors": ["ROLE_REQUIRED"]}),
    ],
)
async def test_each_sees_their_own_and_pounds_by_their_roles(tracked, who, counted) -> None:
    seen = await summary(tracked, who)
    assert (seen if "errors" in seen else {one["status"]: one["pounds"] for one in seen}) == counted


async def test_claims_are_found_by_network_period_age_and_value(tracked: Period) -> None:
    assert await providers(tracked, network="U11111") == ["A81001"]
    assert await providers(tracked, network="U22222") == ["A81002"]
    assert await providers(tracked, network="A81002") == ["A81002"]
    assert await providers(tracked, periodStart="2026-01-01") == ["A81001", "A81002"]
    assert await providers(tracked, periodStart="2025-10-01") == []
    assert await providers(tracked, atLeast="23.46") == ["A81001"]
    assert await providers(tracked, atLeast="23.45", below="585.00") == ["A81002"]
    assert await providers(tracked, "claim viewer", atLeast="0.00") == []  # sees no pounds
    assert await providers(tracked, days=1) == []
    tracked.now += timedelta(days=1)
    assert await providers(tracked, days=1) == ["A81001", "A81002"]
    assert await providers(tracked, days=1, status=["APPROVED"]) == ["A81001"]
    assert await providers(tracked, "tier 2", waitingForMe=True) == ["A81002"]


async def test_a_claim_shows_the_files_of_its_version(claims: Period) -> None:
    draft = await drafted(claims)
    async with claims.db.transaction() as tx:
        await tx.executemany(
            """insert into claim_evidence (id, claim_id, service_code, code, file_name, media_type,
                size, digest, pictures, object_key, from_version, to_version, attached_at,
                attached_by, attached_for)
            select gen_random_uuid(), $1, 'LESPW2526', 'LOG', $2, 'text/csv', 1, $2, 0, $2, $3, $4,
                now(), gen_random_uuid(), 'A81001'""",
            [(draft.id, "old.csv", 1, 1), (draft.id, "kept.csv", 1, None)],
        )
        await tx.execute("update claim set content_version = 2")
    (one,) = await found(claims, "claimant")
    assert one["evidence"] == [{"fileName": "kept.csv"}]


async def test_a_commissioner_sees_what_is_used_and_left_of_a_budget(tracked: Period) -> None:
    async with tracked.db.transaction() as tx:
        await tx.execute("update entry_state set status = 'SETTLED'")
    (one,) = await budget(tracked, "tier 1")
    assert one["use"] == {
        "most": "750000.00",
        "submitted": "23.45",
        "approved": "585.00",
        "paid": "585.00",
        "left": "749391.55",
    }
    assert [edge["node"] for edge in one["providers"]["edges"]] == [
        {
            "provider": {"odsCode": "A81001"},
            "use": {
                "most": "60000.00",
                "submitted": "0.00",
                "approved": "585.00",
                "paid": "585.00",
                "left": "59415.00",
            },
        },
        {
            "provider": {"odsCode": "A81002"},
            "use": {
                "most": "60000.00",
                "submitted": "23.45",
                "approved": "0.00",
                "paid": "0.00",
                "left": "59976.55",
            },
        },
    ]


async def test_a_provider_sees_its_own_cap_alone(tracked: Period) -> None:
    (one,) = await budget(tracked, "claimant")
    assert (one["service"], one["use"], one["providers"]["totalCount"]) == (SCHEME, None, 1)
    (own,) = one["providers"]["edges"]
    assert own["node"]["provider"] == {"odsCode": "A81001"}
    assert own["node"]["use"]["left"] == "59415.00"


async def test_budgets_are_for_who_sees_pounds_and_of_whose_they_are(tracked: Period) -> None:
    assert await budget(tracked, "other tier 1") == []
    assert await budget(tracked, "claim viewer") == {"errors": ["ROLE_REQUIRED"]}
    (one,) = await budget(tracked, "pcn viewer")
    assert one["use"] is None
    assert [e["node"]["provider"]["odsCode"] for e in one["providers"]["edges"]] == ["A81001"]


async def test_rejected_and_withdrawn_claims_take_nothing_of_a_budget(tracked: Period) -> None:
    async with tracked.db.transaction() as tx:
        sql = "update claim set status = 'WITHDRAWN' where provider = 'A81002'"
        await tx.execute(sql)
    (one,) = await budget(tracked, "tier 1")
    assert (one["use"]["submitted"], one["use"]["left"]) == ("0.00", "749415.00")


async def test_a_scheme_without_a_cap_shows_none(period: Period) -> None:
    await begin_claims(period, most_per_provider=None)
    (one,) = await budget(period, "claimant")
    use = one["providers"]["edges"][0]["node"]["use"]
    assert (use["most"], use["left"], use["submitted"]) == (None, None, "0.00")


async def test_a_network_sees_its_practices_payments_side_by_side(tracked: Period) -> None:
    await tracked.calculated("A81001")
    shown = await dashboard(tracked, "pcn viewer")
    assert (shown["network"], shown["financialYear"]) == ({"odsCode": "U11111"}, "2025/26")
    (one,) = shown["practices"]
    (declared,) = one["declarations"]
    assert one["provider"] == {"odsCode": "A81001"}
    assert (one["memberFrom"], one["memberTo"]) == ("2013-04-01", None)
    assert (declared["status"], declared["count"]) == ("AWAITING_PROVIDER_APPROVAL", 1)
    assert (await tracked.of("A81001"))["pounds"] == declared["pounds"]
    assert one["claims"] == [{"status": "APPROVED", "count": 1, "pounds": "585.00"}]
    paid = {"status": "AUTHORISED", "ofClaims": True, "count": 1, "pounds": "585.00"}
    assert one["payments"] == [paid]
    assert shown["total"] == {
        "declarations": [{"status": "AWAITING_PROVIDER_APPROVAL", "count": 1}],
        "claims": [{"status": "APPROVED", "count": 1, "pounds": "585.00"}],
        "payments": [paid],
    }
    assert shown["own"] == {"provider": {"odsCode": "U11111"}, "claims": []}


async def test_another_network_is_not_seen_and_a_commissioner_names_one(tracked: Period) -> None:
    assert await dashboard(tracked, "pcn viewer", network="U22222") == {"errors": ["NOT_FOUND"]}
    assert await dashboard(tracked, "tier 1") == {"errors": ["NETWORK_REQUIRED"]}
    assert await dashboard(tracked, "tier 1", network="A81001") == {"errors": ["NOT_FOUND"]}
    assert await dashboard(tracked, "data load") == {"errors": ["ROLE_REQUIRED"]}
    other = await dashboard(tracked, "other pcn viewer")
    assert [one["provider"]["odsCode"] for one in other["practices"]] == ["A81002"]
    assert other["total"]["payments"] == []


async def test_roles_for_one_of_both_see_that_alone(tracked: Period) -> None:
    async with tracked.db.transaction() as tx:
        await relate(tx, "U11111", RelationshipKind.COMMISSIONED_BY, "16C")
        await have_person(tx, "declares", {"U11111": [Role.DECLARATION_MANAGEMENT]})
    shown = await dashboard(tracked, "declares")
    assert (shown["practices"][0]["claims"], shown["practices"][0]["payments"]) == (None, [])
    assert shown["practices"][0]["declarations"] is not None
    claims = await dashboard(tracked, "tier 1", network="U11111")
    assert claims["practices"][0]["declarations"] is None
    assert claims["total"]["claims"][0]["pounds"] == "585.00"


async def test_a_practice_that_left_is_shown_for_its_days_alone(tracked: Period) -> None:
    left = datetime(2025, 12, 31, tzinfo=UTC).date()
    async with tracked.db.transaction() as tx:
        sql = (
            "update directory.relationship set valid_to = $1 where source = 'A81001' and kind = $2"
        )
        await tx.execute(sql, left, RelationshipKind.MEMBER_OF)
    (one,) = (await dashboard(tracked, "pcn viewer"))["practices"]
    assert (one["memberTo"], one["claims"], one["payments"]) == ("2025-12-31", [], [])
    assert (await dashboard(tracked, "pcn viewer", year="2026/27"))["practices"] == []


async def test_what_is_measured_in_another_year_is_of_that_year(tracked: Period) -> None:
    """A practice that joined in May 2026, when what it declares of 2025/26 is measured then."""
    await tracked.calculated("A81001")
    async with tracked.db.transaction() as tx:
        await tx.execute("update declaration set achievement_date = '2026-06-30'")
        sql = "update directory.relationship set valid_from = $1 where target = 'U11111'"
        await tx.execute(sql, date(2026, 5, 1))
    assert (await dashboard(tracked, "pcn viewer"))["practices"] == []
    (one,) = (await dashboard(tracked, "pcn viewer", year="2026/27"))["practices"]
    assert [of["count"] for of in one["declarations"]] == [1]


async def file_of(period: Period, who: str, **wanted: Any) -> list[dict[str, str]]:
    query = "mutation ($filter: ClaimFilter) { requestClaimsDownload(filter: $filter) { csv } }"
    data = await period.ask(who, query, filter=wanted)
    path = data["requestClaimsDownload"]["csv"]
    asked = CLAIMS.read(Ask.unpacked(parse_qs(urlsplit(path).query)["ask"][0]).asked)
    principal, out = await period.principal(who), BytesIO()
    async with period.db.reader() as reader:
        await write_csv(out, CLAIMS.titles(asked), CLAIMS.rows(reader, principal, asked))
    return list(csv.DictReader(StringIO(out.getvalue().decode("utf-8-sig"))))


async def test_the_claims_are_had_as_a_file_of_what_the_list_shows(tracked: Period) -> None:
    first, second = await file_of(tracked, "tier 1")
    assert tuple(first) == COLUMNS
    assert first["Provider name"] == "Organisation A81001"
    shown = ("Provider", "Services", "Status", "Band", "Pounds", "Uploaded in bulk")
    assert [first[name] for name in shown] == [
        "A81001",
        SCHEME,
        "APPROVED",
        "LOW",
        "585.00",
        "yes",
    ]
    assert second["Period start"] == date(2026, 1, 1).isoformat()
    assert [row["Provider"] for row in await file_of(tracked, "tier 1", atLeast="500.00")] == [
        "A81001"
    ]
    assert {row["Pounds"] for row in await file_of(tracked, "claim viewer")} == {""}
    assert await file_of(tracked, "other tier 1") == []
