"""Who sees what, and may do what: other organisations' data is not there."""

from datetime import date

import pytest

from chassis.ids import new_id
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.declarations.approval import lists
from services.declarations.sight import Sight
from tests.services.declarations.paying import finance_approved, payments
from tests.services.declarations.period import Period
from tests.support.directory import have_organisation, have_person, relate


async def test_a_provider_sees_its_own_alone(period: Period):
    await period.calculated("A81001", "A81002")
    found = await period.declarations("practice")
    assert [one["provider"]["odsCode"] for one in found] == ["A81001"]


async def test_a_commissioner_of_others_sees_nothing_and_may_do_nothing(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    declared = await period.of("A81001")
    before = await period.everything()
    assert await period.declarations("other commissioner") == []
    one = await period.ask(
        "other commissioner",
        "query ($id: ID!) { declaration(id: $id) { id } }",
        id=declared["id"],
    )
    assert one == {"errors": ["NOT_FOUND"]}
    answer = await period.approve("other commissioner", [declared])
    assert [r["code"] for r in answer["refused"]] == ["NOT_FOUND"]
    assert await period.everything() == before


@pytest.mark.parametrize("kind", ["Declaration", "Payment"])
async def test_an_entity_join_shows_nothing_of_others(period: Period, kind: str):
    await period.calculated("A81001")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    data = await period.ask("finance", "{ payments { edges { node { id declaration { id } } } } }")
    node = data["payments"]["edges"][0]["node"]
    identity = node["id"] if kind == "Payment" else node["declaration"]["id"]
    query = """query ($r: [_Any!]!) { _entities(representations: $r) {
        ... on Declaration { id } ... on Payment { id } } }"""
    wanted = [{"__typename": kind, "id": identity}]
    seen = await period.ask("finance", query, r=wanted)
    assert seen == {"_entities": [{"id": identity}]}
    unseen = await period.ask("other commissioner", query, r=wanted)
    assert unseen == {"errors": ["NOT_FOUND"]}


async def test_joins_from_organisations_and_offers_are_scoped(period: Period):
    await period.calculated("A81001", "A81002")
    query = """query ($r: [_Any!]!) { _entities(representations: $r) {
        ... on Organisation { declarations {
            totalCount edges { node { provider { odsCode } } } } } } }"""
    codes = [{"__typename": "Organisation", "odsCode": c} for c in ("A81001", "A81002")]
    data = await period.ask("practice", query, r=codes)
    own = {"totalCount": 1, "edges": [{"node": {"provider": {"odsCode": "A81001"}}}]}
    none = {"totalCount": 0, "edges": []}
    assert data == {"_entities": [{"declarations": own}, {"declarations": none}]}
    async with period.db.reader() as reader:
        offer = await reader.fetchval("select id from offer where provider = 'A81001'")
    query = """query ($r: [_Any!]!) { _entities(representations: $r) {
        ... on Offer { declarations { totalCount edges { node { status } } } } } }"""
    joined = [{"__typename": "Offer", "id": str(offer)}]
    data = await period.ask("practice", query, r=joined)
    waiting = {"totalCount": 1, "edges": [{"node": {"status": "AWAITING_PROVIDER_APPROVAL"}}]}
    assert data == {"_entities": [{"declarations": waiting}]}
    data = await period.ask("other practice", query, r=joined)
    assert data == {"_entities": [{"declarations": none}]}


_PAGES = """query ($r: [_Any!]!, $after: String) { _entities(representations: $r) {
    ... on Organisation { odsCode declarations(first: 1, after: $after) {
        totalCount pageInfo { hasNextPage endCursor } edges { node { achievementDate } } }
        closed: declarations(filter: {status: [CLOSED]}) { totalCount edges { cursor } } } } }"""


async def test_a_join_pages_through_the_declarations_of_each_provider(period: Period):
    await period.calculated("A81001", "A81002")
    async with period.db.transaction() as tx:
        await tx.execute(_EARLIER)
    codes = [{"__typename": "Organisation", "odsCode": c} for c in ("A81002", "A81001")]
    data = await period.ask("approver", _PAGES, r=codes)
    assert [one["odsCode"] for one in data["_entities"]] == ["A81002", "A81001"]
    pages = [one["declarations"] for one in data["_entities"]]
    assert [page["totalCount"] for page in pages] == [2, 2]
    newest = [{"node": {"achievementDate": "2026-03-31"}}]
    assert [page["edges"] for page in pages] == [newest, newest]
    assert [one["closed"]["totalCount"] for one in data["_entities"]] == [0, 0]
    after = pages[1]["pageInfo"]["endCursor"]
    data = await period.ask("approver", _PAGES, r=codes[1:], after=after)
    (second,) = [one["declarations"] for one in data["_entities"]]
    assert second["edges"] == [{"node": {"achievementDate": "2025-03-31"}}]
    assert (second["totalCount"], second["pageInfo"]["hasNextPage"]) == (2, False)
    refused = await period.ask("approver", _PAGES.replace("first: 1", "first: 1001"), r=codes)
    assert set(refused["errors"]) == {"PAGE_TOO_LONG"}


_EARLIER = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at)
select gen_random_uuid(), 1, offer_id, quality_service, service_code, payment_type, provider,
    commissioner, date '2024-04-01', date '2025-03-31', date '2025-03-31', status, opened_at,
    changed_at
from declaration
"""
_MANY = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, status, opened_at,
    changed_at)
select gen_random_uuid(), 1, gen_random_uuid(), 'QOF2526/1', 'QOF2526', 'QOF', 'P' || n, 'QHM',
    date '2025-04-01', date '2026-03-31', date '2026-03-31', 'INCOMPLETE', now(), now()
from generate_series(1, 5000) n
"""


@pytest.mark.parametrize("owner", lists.Owner)
async def test_a_join_reads_the_declarations_asked_for_by_index(period: Period, owner: lists.Owner):
    sight = Sight.of(await period.principal("approver"))
    wanted = lists.DeclarationFilter().arguments(sight)
    asked = ["A81001"] if owner == lists.Owner.PROVIDER else [new_id()]
    async with period.db.transaction() as tx:
        await tx.execute(_MANY)
        await tx.execute("analyze declaration")
        plan = await tx.fetchval(
            f"explain (format json) {lists._pages_of(owner)}",
            *sight.arguments,
            *wanted,
            None,
            None,
            None,
            51,
            asked,
        )
    index = {"provider": "declaration_by_provider", "offer_id": "declaration_once_a_period"}
    assert index[owner] in str(plan)


async def test_a_viewer_sees_points_without_pounds_receipts_or_payments(period: Period):
    await period.calculated("A81001")
    data = await period.ask(
        "practice viewer",
        """{ declarations { edges { node { points pounds receipt payment { id }
            lines { indicator points pounds receipt } history { action pounds } } } } }""",
    )
    (edge,) = data["declarations"]["edges"]
    node = edge["node"]
    assert (node["points"], node["pounds"], node["receipt"]) == ("139.47", None, None)
    assert {line["pounds"] for line in node["lines"]} == {None}
    assert {line["receipt"] for line in node["lines"]} == {None}
    assert {entry["pounds"] for entry in node["history"]} == {None}
    refused = await period.ask("practice viewer", "{ paymentTotal { amount } }")
    assert refused == {"errors": ["ROLE_REQUIRED"]}


async def test_a_role_that_sees_no_declarations_is_refused(period: Period):
    refused = await period.ask("service manager", "{ declarations { totalCount } }")
    assert refused == {"errors": ["ROLE_REQUIRED"]}


async def test_a_role_for_one_payment_type_reaches_that_type_alone(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    async with period.db.transaction() as tx:
        await tx.execute(
            "update directory.person_role set payment_types = '{DES}'"
            " where person_id = (select id from directory.person where subject = 'approver')"
        )
    assert await period.declarations("approver") == []
    declared = (await period.declarations("second approver"))[0]
    before = await period.everything()
    answer = await period.approve("approver", [declared])
    assert [r["code"] for r in answer["refused"]] == ["ROLE_REQUIRED"]
    assert await period.everything() == before


async def test_a_practice_declares_its_own_alone(period: Period):
    await period.calculated("A81001")
    declaration = await period.of("A81001")
    before = await period.everything()
    answer = await period.declare("other practice", [declaration])
    assert [r["code"] for r in answer["refused"]] == ["NOT_FOUND"]
    assert await period.everything() == before


async def test_who_holds_the_role_no_more_is_refused_at_once(period: Period):
    await period.calculated("A81001")
    declaration = await period.of("A81001")
    async with period.db.transaction() as tx:
        await tx.execute(
            "delete from directory.person_role"
            " where person_id = (select id from directory.person where subject = 'practice')"
        )
    assert await period.declare("practice", [declaration]) == {"errors": ["ROLE_REQUIRED"]}


async def test_a_network_sees_its_members_and_who_leads_it_sees_them_without_pounds(period: Period):
    await period.calculated("A81001", "A81002")
    async with period.db.transaction() as tx:
        await have_organisation(tx, "U12345", OrganisationKind.PCN)
        await relate(tx, "U12345", RelationshipKind.COMMISSIONED_BY, "QZZ")
        await relate(tx, "A81001", RelationshipKind.MEMBER_OF, "U12345")
        await have_person(tx, "network", {"U12345": [Role.PCN_VIEW, Role.DECLARATION_MANAGEMENT]})
    (seen,) = await period.declarations("network")
    assert (seen["provider"]["odsCode"], seen["pounds"]) == ("A81001", "37227.05")
    (led,) = await period.declarations("other commissioner")
    assert (led["points"], led["pounds"]) == ("139.47", None)
    answer = await period.declare("network", [seen])
    assert [r["code"] for r in answer["refused"]] == ["NOT_FOUND"]


async def test_who_led_a_commissioner_on_the_achievement_date_acts_for_it(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    declared = await period.of("A81001")
    async with period.db.transaction() as tx:
        await tx.execute("update declaration set commissioner = '16C'")
        await tx.execute(
            "update directory.relationship set valid_to = '2026-03-30' where source = '16C'"
        )
        await relate(tx, "16C", RelationshipKind.PART_OF, "QZZ", date(2026, 3, 31))
    before = await period.everything()
    answer = await period.approve("approver", [declared])
    assert [one["code"] for one in answer["refused"]] == ["NOT_FOUND"]
    assert await period.everything() == before
    assert (await period.approve("other commissioner", [declared]))["refused"] == []


async def test_who_leads_a_network_sees_no_payments_of_others_practices(period: Period):
    await finance_approved(period, "A81001")
    async with period.db.transaction() as tx:
        await have_organisation(tx, "U12345", OrganisationKind.PCN)
        await relate(tx, "U12345", RelationshipKind.COMMISSIONED_BY, "QZZ")
        await relate(tx, "A81001", RelationshipKind.MEMBER_OF, "U12345")
    assert len(await period.declarations("other commissioner")) == 1
    assert await payments(period, "other commissioner") == []


async def test_summaries_and_filters_count_what_is_seen(period: Period):
    await period.calculated("A81001", "A81002")
    query = """query ($filter: DeclarationFilter) { declarationSummary(filter: $filter) {
        status count points pounds } }"""
    waiting = {"status": "AWAITING_PROVIDER_APPROVAL"}
    data = await period.ask("approver", query, filter={"financialYear": "2025/26"})
    both = waiting | {"count": 2, "points": "278.94", "pounds": "74454.10"}
    assert data == {"declarationSummary": [both]}
    data = await period.ask("practice viewer", query, filter=None)
    own = waiting | {"count": 1, "points": "139.47", "pounds": None}
    assert data == {"declarationSummary": [own]}
    data = await period.ask("approver", query, filter={"financialYear": "2024/25"})
    assert data == {"declarationSummary": []}
    assert await period.declarations("approver", status=["CLOSED"]) == []
