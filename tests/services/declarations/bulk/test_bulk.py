"""Bulk claims: a template is handed out, filled in, checked whole, and submitted whole or not."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from services.declarations.agreements import commands as agreements
from services.declarations.bulk import commands
from services.declarations.bulk.domain import COLUMNS, MOST_ROWS
from tests.services.declarations.bulk.filling import (
    SHORT,
    as_csv,
    as_xlsx,
    asked,
    checked,
    errors,
    filled,
    kept_claims,
    look,
    run,
    submitted,
    template,
)
from tests.services.declarations.claiming import (
    ENDS,
    SCHEME,
    STARTS,
    many_take_part,
    put,
    scheme,
)
from tests.services.declarations.period import Period

GOOD = {
    ("A81001", "PHLEB"): "100",
    ("A81001", "WOUND"): "10",
    ("A81002", "PHLEB"): "7",
}
TOTAL = "608.45"  # 107 x 3.35 and 10 x 25.00


async def test_a_template_has_a_row_for_each_provider_and_component(claims: Period) -> None:
    rows = await template(claims)
    assert tuple(rows[0][:-1]) == COLUMNS
    assert rows[0][-1].startswith(f"TEMPLATE 1 {SCHEME}/1 {STARTS} {ENDS} QHM ")
    assert [row[1:2] + row[3:4] + row[6:] for row in rows[1:4]] == [
        ["A81001", "PHLEB", "3.35", ""],
        ["A81001", "WOUND", "25.00", ""],
        ["A81001", "COMPLEX", "180.00", ""],
    ]
    assert {row[1] for row in rows[1:]} == {"A81001", "A81002"}


async def test_a_template_is_of_the_components_and_providers_that_were_chosen(claims) -> None:
    rows = await template(claims, components=["PHLEB"], providers=["A81002"])
    assert [(row[1], row[3]) for row in rows[1:]] == [("A81002", "PHLEB")]


@pytest.mark.parametrize(
    ("who", "wanted", "code"),
    [
        ("tier 1", {"components": ["XRAY"]}, "COMPONENT_NOT_KNOWN"),
        ("tier 1", {"periodStart": "2026-02-01"}, "PERIOD_NOT_KNOWN"),
        ("tier 1", {"service": "QOF2526"}, "NOT_FOUND"),
        ("tier 1", {"providers": ["A81003"]}, "PROVIDER_NOT_TAKING_PART"),
        ("other tier 1", {}, "PROVIDER_NOT_TAKING_PART"),
        ("tier 2", {}, "ROLE_REQUIRED"),
    ],
)
async def test_a_template_is_refused_for_what_cannot_be_claimed(claims, who, wanted, code) -> None:
    assert await template(claims, who, **wanted) == {"errors": [code]}


@pytest.mark.parametrize("form", [as_csv, as_xlsx])
async def test_a_filled_template_is_previewed_and_nothing_is_claimed_yet(claims, form) -> None:
    bulk = await checked(claims, filled(await template(claims), GOOD), form=form)
    assert (bulk["status"], bulk["errors"], bulk["total"]) == ("CHECKED", [], TOTAL)
    assert (bulk["rowCount"], bulk["claimCount"]) == (3, 2)
    assert bulk["providers"] == [
        {"provider": "A81001", "rows": 2, "amount": "585.00", "claim": None},
        {"provider": "A81002", "rows": 1, "amount": "23.45", "claim": None},
    ]
    nodes = [edge["node"] for edge in bulk["rows"]["edges"]]
    assert [(node["row"], node["amount"], node["outcome"]) for node in nodes] == [
        (2, "335.00", "CLAIMABLE"),
        (3, "250.00", "CLAIMABLE"),
        (5, "23.45", "CLAIMABLE"),
    ]
    assert await kept_claims(claims) == []


async def test_submitted_claims_wait_for_tier_2_and_the_uploader_has_submitted_them(claims) -> None:
    bulk = await checked(claims, filled(await template(claims), GOOD))
    done = await submitted(claims, bulk["id"])
    assert done["status"] == "SUBMITTED"
    uploader = (await claims.principal("tier 1")).person_id
    made = await kept_claims(claims)
    assert [(c["provider"], c["status"], c["amount"], c["bulk"]) for c in made] == [
        ("A81001", "AWAITING_TIER_2", Decimal("585.00"), True),
        ("A81002", "AWAITING_TIER_2", Decimal("23.45"), True),
    ]
    for claim in made:
        assert (claim["submitted_by"], claim["tier_1_by"]) == ([uploader], [uploader])
    assert [p["claim"] for p in done["providers"]] == [str(claim["id"]) for claim in made]
    assert {edge["node"]["outcome"] for edge in done["rows"]["edges"]} == {"CLAIMED"}
    events = await claims.events("claim.submitted.v1")
    assert [(e["provider"], e["status"], e["bulk"]) for e in events] == [
        ("A81001", "AWAITING_TIER_2", True),
        ("A81002", "AWAITING_TIER_2", True),
    ]
    assert len({event["action"] for event in events}) == 1


async def test_whoever_uploaded_is_refused_tier_2(claims: Period) -> None:
    bulk = await checked(claims, filled(await template(claims), GOOD), who="both tiers")
    await submitted(claims, bulk["id"], "both tiers")
    rows = [{"id": str(one["id"]), "version": one["version"]} for one in await kept_claims(claims)]
    query = """mutation ($rows: [RowVersion!]!) {
        approveClaims(choose: {rows: $rows}) { done refused { code } } }"""
    refused = (await claims.ask("both tiers", query, rows=rows))["approveClaims"]
    assert refused["refused"] == [{"code": "SEPARATION_OF_DUTIES"}] * 2
    answer = (await claims.ask("tier 2", query, rows=rows))["approveClaims"]
    assert len(answer["done"]) == 2
    assert {one["status"] for one in await kept_claims(claims)} == {"APPROVED"}
    assert len(await claims.events("payment.authorised.v1")) == 2


async def nothing_happened(period: Period) -> bool:
    return await kept_claims(period) == [] and await period.events("claim.submitted.v1") == []


async def test_of_10_000_rows_one_is_wrong_and_is_named_and_nothing_is_submitted(claims) -> None:
    codes, components = await many_take_part(claims, 3_332), ("PHLEB", "WOUND", "COMPLEX")
    quantities = {(code, component): "1" for code in codes for component in components}
    more = {("A81002", "WOUND"): "1"}
    rows = filled(await template(claims), GOOD | more | quantities)
    rows[7_300][7] = "1.5"
    bulk = await checked(claims, rows, looking=SHORT)
    assert (bulk["status"], bulk["rowCount"], bulk["errorCount"]) == ("REFUSED", 10_000, 1)
    assert errors(bulk) == [(7_301, "LC004", "QUANTITY")]
    assert await submitted(claims, bulk["id"]) == {"errors": ["BULK_CLAIM_NOT_VALID"]}
    assert await nothing_happened(claims)


async def test_the_same_upload_twice_doubles_nothing(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    first, second = await checked(claims, rows), await checked(claims, rows, form=as_xlsx)
    await submitted(claims, first["id"])
    before = await kept_claims(claims), await claims.events()
    assert (await submitted(claims, first["id"]))["status"] == "SUBMITTED"
    repeated = await submitted(claims, second["id"])
    assert (repeated["status"], repeated["sameAs"]) == ("REPEATED", first["id"])
    assert (await checked(claims, rows[:1] + rows[:0:-1]))["errors"] != []
    assert (await kept_claims(claims), await claims.events()) == before


async def test_what_was_rejected_altogether_may_be_uploaded_again(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    first, second, third = [await checked(claims, rows) for _ in range(3)]
    await submitted(claims, first["id"])
    one, other = await kept_claims(claims)
    await reject(claims, one)
    assert (await submitted(claims, second["id"]))["status"] == "REPEATED"  # one is claimed still
    await reject(claims, other)
    fourth = await checked(claims, rows)
    assert fourth["status"] == "CHECKED"
    done = await submitted(claims, fourth["id"])
    assert (done["status"], done["sameAs"], len(await kept_claims(claims))) == (
        "SUBMITTED",
        None,
        4,
    )
    again = await submitted(claims, third["id"])
    assert (again["status"], again["sameAs"]) == ("REPEATED", fourth["id"])


async def reject(period: Period, claim: dict[str, Any]) -> None:
    query = """mutation ($rows: [RowVersion!]!) { rejectClaims(choose: {rows: $rows},
        reason: "No log", reasonCode: EVIDENCE_MISSING) { done } }"""
    rows = [{"id": str(claim["id"]), "version": claim["version"]}]
    assert (await period.ask("tier 2", query, rows=rows))["rejectClaims"]["done"]


async def test_what_was_good_when_it_was_checked_is_checked_again(claims: Period) -> None:
    bulk = await checked(claims, filled(await template(claims), GOOD))
    claims.now = datetime(2026, 5, 1, 9, tzinfo=UTC)  # the window closed on 30 April
    refused = await submitted(claims, bulk["id"])
    assert refused["status"] == "REFUSED"
    assert {code for _, code, _ in errors(refused)} == {"LC001"}
    assert await nothing_happened(claims)


async def test_every_rule_is_asked_of_every_claim_and_told_by_row(claims: Period) -> None:
    rows = filled(
        await template(claims),
        {
            ("A81001", "PHLEB"): "-1",
            ("A81001", "WOUND"): "1001",  # at most 1,000
            ("A81002", "PHLEB"): "",
            ("A81002", "COMPLEX"): "ten",
        },
    )
    bulk = await checked(claims, rows)
    assert errors(bulk) == [
        (2, "LC004", "QUANTITY"),
        (3, "LC004", "QUANTITY"),
        (7, "LC004", "QUANTITY"),
    ]


async def test_a_fraction_is_never_taken_for_a_whole_number(claims: Period) -> None:
    rows = filled(
        await template(claims),
        {("A81001", "PHLEB"): "1.05", ("A81001", "WOUND"): "2.0", ("A81002", "PHLEB"): "-1.0"},
    )
    bulk = await checked(claims, rows)
    assert errors(bulk) == [(2, "LC004", "QUANTITY"), (5, "LC004", "QUANTITY")]
    quantities = [edge["node"]["quantity"] for edge in bulk["rows"]["edges"]]
    assert quantities == ["1.05", "2", "-1.0"]


async def test_a_second_claim_of_the_period_and_one_beyond_the_budget_are_refused(claims) -> None:
    rows = await template(claims)
    await submitted(claims, (await checked(claims, filled(rows, GOOD)))["id"])
    again = await checked(claims, filled(rows, {("A81001", "PHLEB"): "1"}))
    assert errors(again) == [(2, "LC003", "periodStart")]


async def test_a_template_of_an_older_version_is_refused_by_name(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    async with claims.db.transaction() as tx:
        await agreements.keep_service(tx, f"{SCHEME}/2", 2, scheme())
    bulk = await checked(claims, rows)
    assert errors(bulk) == [(1, "LC011", None)]
    assert f"{SCHEME}/1" in bulk["errors"][0]["message"]
    assert f"{SCHEME}/2" in bulk["errors"][0]["message"]


@pytest.mark.parametrize("place", [2, 3, 4, 5, 6])
async def test_a_mark_that_was_changed_is_refused(claims: Period, place: int) -> None:
    rows = filled(await template(claims), GOOD)
    words = rows[0][8].split(" ")
    words[place] = {2: f"{SCHEME}/9", 3: "2025-01-01", 4: "2025-03-31", 5: "QZZ"}.get(
        place, words[place][::-1]
    )
    bulk = await checked(claims, [[*rows[0][:8], " ".join(words)], *rows[1:]])
    assert errors(bulk) == [(1, "LC011", None)]


async def test_another_commissioners_template_is_none_of_ours(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    assert errors(await checked(claims, rows, who="other tier 1")) == [(1, "LC011", None)]


@pytest.mark.parametrize(
    ("header", "said"),
    [
        (["SERVICE", "PROVIDER"], "no template of claims"),
        ([*COLUMNS, "TEMPLATE"], "no template of claims"),
        ([*COLUMNS[::-1], "TEMPLATE"], "no template of claims"),
        ([*COLUMNS, f"TEMPLATE 7 {SCHEME}/1 2026-01-01 2026-03-31 QHM {'x' * 24}"], "format 7"),
        ([*COLUMNS, f"TEMPLATE 1 {SCHEME}/1 2026-13-01 2026-03-31 QHM {'x' * 24}"], "mark"),
    ],
)
async def test_what_is_no_template_is_refused(claims: Period, header, said) -> None:
    bulk = await checked(claims, [header, ["x"] * 8])
    assert errors(bulk) == [(1, "LC011", "row 1")]
    assert said in bulk["errors"][0]["message"]


async def test_every_row_that_cannot_be_resolved_is_named(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    extra = [
        [SCHEME, "A81003", "", "PHLEB", "", "", "3.35", "1"],  # takes no part
        [SCHEME, "Z99999", "", "PHLEB", "", "", "3.35", "1"],
        [SCHEME, "A81002", "", "XRAY", "", "", "3.35", "1"],
        ["QOF2526", "A81002", "", "WOUND", "", "", "25.00", "1"],
        [SCHEME, "A81001", "", "PHLEB", "", "", "3.35", "1"],  # stands in row 2
        [SCHEME, "A81002", "", "WOUND", "", "", "26.00", "1"],  # is 25.00
        [SCHEME, "A81002", "", "COMPLEX", "", "", "180.00", "1", "", "more"],
    ]
    bulk = await checked(claims, [*rows, *extra])
    first = len(rows) + 1
    assert errors(bulk) == [
        (first, "LC011", "PROVIDER"),
        (first + 1, "LC011", "PROVIDER"),
        (first + 2, "LC011", "COMPONENT"),
        (first + 3, "LC011", "SERVICE"),
        (first + 4, "LC011", "COMPONENT"),
        (first + 5, "LC011", "TARIFF"),
        (first + 6, "LC011", None),
    ]
    assert bulk["status"] == "REFUSED"


async def test_a_row_that_was_not_handed_out_is_named(claims: Period) -> None:
    whole = await template(claims)
    rows = await template(claims, components=["PHLEB"], providers=["A81001"])
    added = filled(whole, {("A81001", "WOUND"): "1", ("A81002", "PHLEB"): "1"})
    bulk = await checked(claims, [*filled(rows, GOOD), *[row for row in added[1:] if row[7]]])
    assert errors(bulk) == [(3, "LC011", "COMPONENT"), (4, "LC011", "PROVIDER")]
    assert bulk["status"] == "REFUSED"


async def test_a_template_that_claims_nothing_is_refused(claims: Period) -> None:
    bulk = await checked(claims, filled(await template(claims), {}))
    assert errors(bulk) == [(1, "LC011", "QUANTITY")]


async def test_a_file_of_another_type_or_that_names_a_patient_is_refused(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    bulk = await asked(claims, as_csv(rows), who="tier 1", name="claims.xlsx")
    await run(claims, bulk)
    assert [code for _, code, _ in errors(await look(claims, bulk))] == ["EVIDENCE_NOT_READABLE"]
    rows[1][2] = "Seen: 943 476 5919"
    assert [e[1] for e in errors(await checked(claims, rows))] == ["NHS_NUMBER_IN_EVIDENCE"]
    upload = await put(claims, commands.FILE_KIND.name, "tier 1", b"x")
    query = (
        """mutation ($upload: ID!) { checkBulkClaim(upload: $upload, fileName: "x.pdf") {id} }"""
    )
    refused = await claims.ask("tier 1", query, upload=str(upload))
    assert refused == {"errors": ["FILE_TYPE_NOT_ACCEPTED"]}


async def test_too_many_rows_are_refused(claims: Period, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("services.declarations.bulk.domain.MOST_ROWS", 3)
    bulk = await checked(claims, filled(await template(claims), GOOD))
    assert errors(bulk) == [(1, "TOO_MANY_ROWS", "row")]
    assert MOST_ROWS == 50_000


async def test_only_whoever_uploaded_submits_and_only_their_organisation_sees(claims) -> None:
    bulk = await checked(claims, filled(await template(claims), GOOD))
    assert await submitted(claims, bulk["id"], "second tier 1") == {
        "errors": ["UPLOADED_BY_ANOTHER"]
    }
    assert (await look(claims, bulk["id"], "second tier 1"))["total"] == TOTAL
    assert await look(claims, bulk["id"], "other tier 1") == {"errors": ["NOT_FOUND"]}
    assert await submitted(claims, bulk["id"], "other tier 1") == {"errors": ["NOT_FOUND"]}
    assert await nothing_happened(claims)


async def test_what_is_not_checked_yet_is_not_submitted(claims: Period) -> None:
    rows = filled(await template(claims), GOOD)
    bulk = await asked(claims, as_csv(rows), who="tier 1", name="claims.csv")
    assert (await look(claims, bulk))["status"] == "CHECKING"
    assert await submitted(claims, bulk) == {"errors": ["NOT_YET_CHECKED"]}
