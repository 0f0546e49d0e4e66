"""Who sees which claims, and whether with pounds."""

import pytest

from nhs.roles import OrganisationKind, RelationshipKind, Role
from tests.services.declarations.claiming import begin_claims, scheme
from tests.services.declarations.claims.asking import claims, create, decide, shown, submitted
from tests.services.declarations.period import Period
from tests.support.directory import have_organisation, have_person, relate


@pytest.mark.parametrize(
    ("who", "sees"),
    [
        ("claimant", ["A81001"]),
        ("claim approver", ["A81001"]),
        ("other claimant", ["A81002"]),
        ("pcn viewer", ["A81001"]),
        ("other pcn viewer", ["A81002"]),
        ("tier 1", ["A81001", "A81002"]),
        ("claim viewer", ["A81001", "A81002"]),
        ("other tier 1", []),
    ],
)
async def test_a_provider_its_network_and_its_commissioner_see_a_claim(
    claiming: Period, who: str, sees: list[str]
):
    one = await submitted(claiming)
    other = await submitted(claiming, who="other claimant")
    ids = {"A81001": one["id"], "A81002": other["id"]}
    assert {row["id"] for row in await claims(claiming, who)} == {ids[code] for code in sees}
    unseen = [code for code in ids if code not in sees]
    for code in unseen:
        assert await shown(claiming, {"id": ids[code]}, who) == {"errors": ["NOT_FOUND"]}


async def test_who_may_not_see_pounds_sees_quantities(claiming: Period):
    one = await submitted(claiming)
    more = "historyExport history { amount } payments { id } versions { lines { amount } }"
    seen = await shown(claiming, one, "claim viewer", more)
    assert (seen["amount"], seen["services"][0]["amount"]) == (None, None)
    assert [(line["quantity"], line["tariff"]) for line in seen["lines"]] == [("10", None)]
    assert (seen["historyExport"], seen["payments"]) == (None, [])
    assert {entry["amount"] for entry in seen["history"]} == {None}
    assert seen["versions"][0]["lines"] == [{"amount": None}]


async def test_a_network_sees_the_claims_of_who_was_its_member_in_the_period(claiming: Period):
    async with claiming.db.transaction() as tx:
        await have_organisation(tx, "U33333", OrganisationKind.PCN)
        await relate(tx, "A81001", RelationshipKind.MEMBER_OF, "U33333")
        await tx.execute(
            "update directory.relationship set valid_to = '2026-03-30' where target = 'U33333'"
        )
        await have_person(tx, "past network", {"U33333": [Role.PCN_VIEW]})
    await submitted(claiming)
    assert await claims(claiming, "past network") == []


async def test_past_rejections_are_of_claims_that_the_caller_sees(period: Period):
    windows = scheme().as_json()["scheme"]["windows"]
    windows[2] |= {"closes_on": "2026-04-30"}
    await begin_claims(period, windows=windows)
    old = await submitted(period, start="2025-10-01")
    await decide(period, "tier 1", [old], "reject")
    fresh, more = await create(period), "pastRejections { claim }"
    async with period.db.transaction() as tx:
        await have_organisation(tx, "U33333", OrganisationKind.PCN)
        await tx.execute(_MOVED, RelationshipKind.MEMBER_OF)
        await have_person(tx, "new network", {"U33333": [Role.PCN_VIEW]})
    for who in ("claimant", "tier 1"):
        seen = (await shown(period, fresh, who, more))["pastRejections"]
        assert seen == [{"claim": old["id"]}]
    assert await shown(period, old, "new network") == {"errors": ["NOT_FOUND"]}
    assert (await shown(period, fresh, "new network", more))["pastRejections"] == []


# The practice leaves its network for another on the first day of the later period.
_MOVED = """
with left_one as (
    update directory.relationship set valid_to = '2025-12-31'
    where source = 'A81001' and kind = $1
)
insert into directory.relationship (id, kind, source, target, valid_from)
values (gen_random_uuid(), $1, 'A81001', 'U33333', '2026-01-01')
"""


async def test_an_organisation_shows_its_claims_to_whom_they_may_be_shown(claiming: Period):
    one = await submitted(claiming)
    query = """{ _entities(representations: [
        {__typename: "Organisation", odsCode: "A81001"},
        {__typename: "Organisation", odsCode: "A81002"}]) {
        ... on Organisation { claims(first: 1) { totalCount edges { node { id } } } } } }"""
    own, other = (await claiming.ask("claimant", query))["_entities"]
    assert own["claims"] == {"totalCount": 1, "edges": [{"node": {"id": one["id"]}}]}
    assert other["claims"]["totalCount"] == 0
    entity = f"""{{ _entities(representations: [{{__typename: "Claim", id: "{one["id"]}"}}]) {{
        ... on Claim {{ status }} }} }}"""
    assert (await claiming.ask("tier 1", entity))["_entities"] == [{"status": "AWAITING_TIER_1"}]
    assert await claiming.ask("other tier 1", entity) == {"errors": ["NOT_FOUND"]}


async def test_claims_are_filtered_and_paged(claiming: Period):
    one = await submitted(claiming, [("WOUND", "700")])
    await submitted(claiming, who="other claimant")
    assert len(await claims(claiming, "tier 1", service="LESPW2526", financialYear="2025/26")) == 2
    assert await claims(claiming, "tier 1", financialYear="2024/25") == []
    assert [c["id"] for c in await claims(claiming, "tier 1", band="MEDIUM")] == [one["id"]]
    assert [c["id"] for c in await claims(claiming, "tier 1", provider="A81001")] == [one["id"]]
    assert await claims(claiming, "tier 1", status=["REJECTED"]) == []
    query = """query ($after: String) { claims(first: 1, after: $after) {
        pageInfo { hasNextPage endCursor } edges { node { provider { odsCode } } } } }"""
    first = (await claiming.ask("tier 1", query))["claims"]
    assert first["pageInfo"]["hasNextPage"] is True
    after = first["pageInfo"]["endCursor"]
    last = (await claiming.ask("tier 1", query, after=after))["claims"]
    seen = [page["edges"][0]["node"]["provider"]["odsCode"] for page in (first, last)]
    assert (seen, last["pageInfo"]["hasNextPage"]) == (["A81001", "A81002"], False)
