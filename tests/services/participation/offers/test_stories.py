"""Stories over real HTTP: people with tokens, GraphQL, and what others may not see."""

from tests.services.participation.conftest import PRACTICES, QOF
from tests.services.participation.offers.speaking import ALL, CREATE, TERMS, ask, offer, publish

ACCEPT = """
mutation($choose: OfferChoice!, $dryRun: Boolean!) {
  acceptOffers(choose: $choose, dryRun: $dryRun) {
    done refused { id code } counts { name value } selection message
  }
}
"""
OFFERS = """
query($filter: OfferFilter, $first: Int, $after: String) {
  offers(filter: $filter, first: $first, after: $after) {
    totalCount
    pageInfo { hasNextPage endCursor }
    edges { node {
      id version status provider { odsCode } commissioner { odsCode } responseDaysLeft
      qualityService { id name }
    } }
  }
}
"""
ENTITIES = """
query($representations: [_Any!]!) {
  _entities(representations: $representations) {
    __typename
    ... on Offer { id status history { what by { id } actingFor { odsCode } at reason } }
    ... on QualityService { id points domains { name groups { code indicators { code lower } } } }
    ... on Organisation { odsCode offers { totalCount edges { node { provider { odsCode } } } } }
  }
}
"""


async def listed(service, subject, **variables):
    answer = await ask(service, subject, OFFERS, variables)
    return [edge["node"] for edge in answer.data["offers"]["edges"]]


async def test_a_service_is_published_offered_and_accepted(service):
    made = await offer(service)
    assert made["message"] == "The selected service(s) have been successfully Offered"
    (mine,) = await listed(service, "practice")
    assert mine["status"] == "OFFERED"
    assert mine["responseDaysLeft"] == 18
    assert mine["provider"] == {"odsCode": "A81001"}
    assert mine["commissioner"] == {"odsCode": "QHM"}
    assert mine["qualityService"]["id"] == QOF
    choose = {"rows": [{"id": mine["id"], "version": mine["version"]}]}
    answer = await ask(service, "practice", ACCEPT, {"choose": choose, "dryRun": False})
    assert answer.data["acceptOffers"]["done"] == [mine["id"]]
    (mine,) = await listed(service, "practice")
    assert (mine["status"], mine["version"]) == ("APPROVED", 2)


async def test_select_all_takes_a_dry_run_and_then_its_selection(service):
    await offer(service)
    choose = {"filter": {"status": ["OFFERED"]}}
    refused = await ask(service, "practice", ACCEPT, {"choose": choose, "dryRun": False})
    assert refused.code == "DRY_RUN_FIRST"
    shown = await ask(service, "practice", ACCEPT, {"choose": choose, "dryRun": True})
    shown = shown.data["acceptOffers"]
    assert {"name": "neverOpened", "value": "1"} in shown["counts"]
    choose = {"selection": shown["selection"]}
    done = await ask(service, "practice", ACCEPT, {"choose": choose, "dryRun": False})
    assert done.data["acceptOffers"]["done"] == shown["done"]


async def test_both_lists_are_of_the_current_financial_year_unless_another_is_named(service):
    await offer(service)
    query = """query($year: FinancialYear) {
        myServices(financialYear: $year) { totalCount edges { node { serviceCode } } } }"""
    assert (await ask(service, "practice", query)).data["myServices"]["totalCount"] == 0
    mine = await ask(service, "practice", query, {"year": "2025/26"})
    assert mine.data["myServices"] == {
        "totalCount": 1,
        "edges": [{"node": {"serviceCode": "QOF2526"}}],
    }
    query = """query($year: FinancialYear) { offeredServices(financialYear: $year) {
        qualityService { code } offered approved total } }"""
    assert (await ask(service, "icb", query)).data["offeredServices"] == []
    offered = await ask(service, "icb", query, {"year": "2025/26"})
    everybody = len(PRACTICES)
    assert offered.data["offeredServices"] == [
        {
            "qualityService": {"code": "QOF2526"},
            "offered": everybody,
            "approved": 0,
            "total": everybody,
        }
    ]


async def test_a_list_is_paged_and_counted(service):
    await offer(service)
    first = (await ask(service, "icb", OFFERS, {"first": 4})).data["offers"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (len(PRACTICES), True)
    rest = await listed(service, "icb", first=4, after=first["pageInfo"]["endCursor"])
    codes = [edge["node"]["provider"]["odsCode"] for edge in first["edges"]]
    assert codes + [node["provider"]["odsCode"] for node in rest] == PRACTICES


async def test_another_organisations_offers_are_invisible_through_an_entity_join(service):
    made = await offer(service)
    representations = [{"__typename": "Offer", "id": one} for one in made["done"]]
    representations += [{"__typename": "Organisation", "odsCode": code} for code in PRACTICES]
    answer = await ask(service, "other", ENTITIES, {"representations": representations})
    found = answer.found["_entities"]
    assert found[: len(PRACTICES)] == [None] * len(PRACTICES)
    refused = [(each["path"], each["extensions"]["code"]) for each in answer.body["errors"]]
    assert refused == [(["_entities", place], "NOT_FOUND") for place in range(len(PRACTICES))]
    assert {one["offers"]["totalCount"] for one in found[len(PRACTICES) :]} == {0}
    answer = await ask(service, "practice", ENTITIES, {"representations": representations})
    offers, organisations = (
        answer.found["_entities"][: len(PRACTICES)],
        answer.found["_entities"][len(PRACTICES) :],
    )
    assert sum(one is not None for one in offers) == 1
    assert [one["offers"]["totalCount"] for one in organisations] == [1] + [0] * 5


async def test_entities_carry_the_tree_and_the_history(service):
    made = await offer(service, providers=["A81001"])
    representations = [
        {"__typename": "QualityService", "id": QOF},
        {"__typename": "Offer", "id": made["done"][0]},
    ]
    answer = await ask(service, "icb", ENTITIES, {"representations": representations})
    qof, one = answer.data["_entities"]
    assert qof["points"] == "564.00"
    indicators = [i for d in qof["domains"] for g in d["groups"] for i in g["indicators"]]
    assert len(indicators) == 44
    (entry,) = one["history"]
    assert (entry["what"], entry["actingFor"]) == ("MADE", {"odsCode": "QHM"})


async def test_a_role_that_does_not_see_offers_costs_that_field_only(service):
    await offer(service)
    representations = [{"__typename": "Organisation", "odsCode": "A81001"}]
    answer = await ask(service, "clerk", ENTITIES, {"representations": representations})
    assert answer.body["data"]["_entities"] == [
        {"__typename": "Organisation", "odsCode": "A81001", "offers": None}
    ]
    assert answer.code == "ROLE_REQUIRED"


async def test_who_is_linked_to_two_organisations_acts_for_the_one_named(service):
    await offer(service)
    assert (await ask(service, "two", OFFERS)).code == "ACTING_FOR_REQUIRED"
    for code in ("A81001", "A81002"):
        answer = await ask(service, "two", OFFERS, X_Acting_For=code)
        (edge,) = answer.data["offers"]["edges"]
        assert edge["node"]["provider"] == {"odsCode": code}
    (mine,) = await listed(service, "practice")
    choose = {"rows": [{"id": mine["id"], "version": 1}]}
    refused = await ask(
        service, "two", ACCEPT, {"choose": choose, "dryRun": False}, X_Acting_For="A81002"
    )
    assert refused.code == "ROLE_REQUIRED"


async def test_a_role_taken_away_refuses_the_same_token(service, participation):
    await offer(service)
    async with participation.db.transaction() as tx:
        await tx.execute("delete from directory.person_role where organisation = 'A81001'")
    assert (await ask(service, "practice", OFFERS)).code == "ROLE_REQUIRED"


async def test_whom_to_offer_is_said_in_one_way(service):
    await publish(service)
    for others in ({}, {"providers": PRACTICES, "providersFilter": {}}):
        answer = await ask(service, "icb", CREATE, {"input": TERMS | others, "dryRun": False})
        assert answer.code == "PROVIDERS_REQUIRED"


async def test_select_all_offers_a_service_to_those_the_dry_run_showed(service):
    await publish(service)
    filtered = TERMS | {"providersFilter": {}}
    refused = await ask(service, "icb", CREATE, {"input": filtered, "dryRun": False})
    assert refused.code == "DRY_RUN_FIRST"
    shown = await ask(service, "icb", CREATE, {"input": filtered, "dryRun": True})
    assert shown.data["createOffers"]["done"] == PRACTICES
    chosen = TERMS | {"selection": shown.data["createOffers"]["selection"]}
    made = await ask(service, "icb", CREATE, {"input": chosen, "dryRun": False})
    assert len(made.data["createOffers"]["done"]) == len(PRACTICES)


async def test_one_key_with_another_input_is_refused(service):
    await publish(service)
    key = {"dryRun": False, "key": "k1"}
    first = await ask(service, "icb", CREATE, {"input": ALL, **key})
    again = await ask(service, "icb", CREATE, {"input": ALL, **key})
    assert again.data == first.data
    other = await ask(service, "icb", CREATE, {"input": ALL | {"targetOn": "2025-04-01"}, **key})
    assert other.code == "KEY_REUSED"


async def test_a_role_for_other_payment_types_sees_no_offer_of_this_one(service, participation):
    made = await offer(service)
    everything = {"representations": [{"__typename": "Offer", "id": one} for one in made["done"]]}
    other = """
    query { myServices(financialYear: "2025/26") { totalCount } offers { totalCount } }"""
    for types, seen in ((["NCD"], 0), (["NCD", "QOF"], 1), (None, 1)):
        async with participation.db.transaction() as tx:
            await tx.execute(
                "update directory.person_role set payment_types = $1"
                " where organisation = 'A81001' and role = 'SERVICE_MANAGEMENT'",
                types,
            )
        joined = (await ask(service, "practice", ENTITIES, everything)).found["_entities"]
        listed = (await ask(service, "practice", other)).data
        assert sum(one is not None for one in joined) == seen
        counts = (listed["myServices"]["totalCount"], listed["offers"]["totalCount"])
        assert counts == (seen, seen)
