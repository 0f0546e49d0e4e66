"""The catalogue as it is asked for in GraphQL: drafted, edited, published, compared, listed."""

import pytest

from chassis.errors import DomainError
from nhs.roles import Role
from services.participation.catalogue.shipped import library
from tests.services.participation.asking import asked
from tests.services.participation.conftest import QOF, person

MANAGER = person("ENG", Role.CATALOGUE_MANAGER)
ANOTHER = person("ENG", Role.CATALOGUE_MANAGER)
PRACTICE = person("A81001", Role.SERVICE_MANAGEMENT)
UPPER = "domains/CL/groups/AF/indicators/AF006/upper"

EDIT = """
mutation ($id: ID!, $revision: Int!, $edit: QualityServiceEdit!) {
  editQualityServiceDraft(id: $id, revision: $revision, edit: $edit, reason: "Guidance") {
    id revision problems { code where warning }
    history { what by { id } reason changes { path change old new } }
  }
}
"""
DRAFT = """
mutation ($source: QualityServiceDraftSource!, $code: String, $key: String) {
  draftQualityService(source: $source, code: $code, idempotencyKey: $key) {
    id status owner kind version
  }
}
"""
PUBLISH = """
mutation ($id: ID!, $on: Date, $offers: QualityServiceAcceptedOffers) {
  publishQualityService(id: $id, on: $on, acceptedOffers: $offers) {
    id status publishOn acceptedOffers publishedAt
  }
}
"""
LIST = """
query ($filter: QualityServiceFilter) {
  qualityServices(filter: $filter, first: 100) {
    totalCount edges { node { id status kind startsOn endsOn } }
  }
}
"""


async def draft(participation, who=MANAGER, **given):
    return (await asked(participation.db, who, DRAFT, given))["draftQualityService"]


async def listed(participation, who, **wanted):
    found = (await asked(participation.db, who, LIST, {"filter": wanted}))["qualityServices"]
    assert found["totalCount"] == len(found["edges"])
    return {edge["node"]["id"]: edge["node"]["status"] for edge in found["edges"]}


async def test_a_draft_is_edited_by_paths_and_says_what_is_wrong_with_it(participation):
    assert (await draft(participation, source={"shipped": "QOF2526"}))["id"] == QOF
    edit = {"set": [{"path": UPPER, "value": 95}, {"path": "points", "value": "563"}]}
    given = {"id": QOF, "revision": 1, "edit": edit}
    made = (await asked(participation.db, MANAGER, EDIT, given))["editQualityServiceDraft"]
    assert made["revision"] == 2
    assert made["problems"] == [
        {"code": "POINTS_DO_NOT_ADD_UP", "where": "QOF2526", "warning": False}
    ]
    drafted, edited = made["history"]
    assert (drafted["what"], edited["what"], edited["reason"]) == ("DRAFTED", "EDITED", "Guidance")
    assert edited["by"] == {"id": str(MANAGER.person_id)}
    assert edited["changes"] == [
        {"path": "points", "change": "CHANGED", "old": "564", "new": "563"},
        {"path": UPPER, "change": "CHANGED", "old": "90", "new": "95"},
    ]
    with pytest.raises(DomainError, match="563"):
        await asked(participation.db, ANOTHER, PUBLISH, {"id": QOF})


async def test_two_versions_of_a_line_are_published_compared_and_listed(participation):
    await draft(participation, source={"shipped": "QOF2526"})
    await asked(participation.db, ANOTHER, PUBLISH, {"id": QOF})
    second = (await draft(participation, source={"version": QOF}))["id"]
    given = {"id": second, "revision": 1, "edit": {"set": [{"path": UPPER, "value": "95"}]}}
    await asked(participation.db, MANAGER, EDIT, given)
    publishing = {"id": second, "on": "2025-04-01", "offers": "MOVE"}
    made = (await asked(participation.db, ANOTHER, PUBLISH, publishing))["publishQualityService"]
    assert (made["status"], made["publishOn"], made["acceptedOffers"], made["publishedAt"]) == (
        "SCHEDULED",
        "2025-04-01",
        "MOVE",
        None,
    )
    compare = '{ compareQualityServices(from: "QOF2526/1", to: "QOF2526/2") { path old new } }'
    found = (await asked(participation.db, MANAGER, compare))["compareQualityServices"]
    assert found == [{"path": UPPER, "old": "90", "new": "95"}]
    assert await listed(participation, MANAGER, code="QOF2526") == {
        QOF: "PUBLISHED",
        second: "SCHEDULED",
    }
    assert await listed(participation, PRACTICE, code="QOF2526") == {QOF: "PUBLISHED"}


async def test_the_catalogue_is_filtered_by_kind_owner_and_year(participation):
    local = person("QHM", Role.CATALOGUE_MANAGER)
    for code in ("QOF2526", "CVDP2526", "SHIN2324"):
        await draft(participation, source={"shipped": code})
    await draft(participation, local, source={"shipped": "LESPW2526"}, code="LESQHM2526")
    assert await listed(participation, MANAGER, kind="CLAIM") == {"LESQHM2526/1": "DRAFT"}
    assert await listed(participation, local) == {"LESQHM2526/1": "DRAFT"}
    assert set(await listed(participation, MANAGER, owner="ENG", financialYear="2025/26")) == {
        QOF,
        "CVDP2526/1",
    }
    for year in ("2023/24", "2024/25"):
        assert set(await listed(participation, MANAGER, financialYear=year)) == {"SHIN2324/1"}
    assert await listed(participation, MANAGER, status="DISCARDED") == {}
    discard = 'mutation { discardQualityServiceDraft(id: "CVDP2526/1", revision: 1) { status } }'
    done = (await asked(participation.db, ANOTHER, discard))["discardQualityServiceDraft"]
    assert done == {"status": "DISCARDED"}
    assert await listed(participation, MANAGER, status="DISCARDED") == {"CVDP2526/1": "DISCARDED"}
    assert "CVDP2526/1" not in await listed(participation, MANAGER)


TREE = """
query ($id: ID!) {
  qualityService(id: $id) {
    kind declaredPer valuesFrom membersTakePartIn acceptedOnBehalf specification recovers
    roundingPolicy
    formulas { formula steps { name operator arguments } }
    domains { code groups { code indicators {
      code points lower upper numerator bindings { name target } sources { figure status }
    } } }
    scheme {
      budget mostPerProvider claimedWith
      components { code unit mostPerYear tariffs { provider amount validFrom validTo } evidence }
      evidence { code required accepts }
      windows { periodStart opensOn closesOn claims }
      bands { code atLeast below } approval { step above }
    }
  }
}
"""


async def tree(participation, code):
    await participation.publish(code)
    found = await asked(participation.db, PRACTICE, TREE, {"id": f"{code}/1"})
    return found["qualityService"]


async def test_a_networks_service_shows_its_tree_and_how_it_is_paid(participation):
    found = await tree(participation, "NCD2425")
    assert (found["declaredPer"], found["valuesFrom"]) == ("INDICATOR", "MEMBERS")
    assert (found["membersTakePartIn"], found["scheme"]) == ("NCDP2425", None)
    (domain,) = found["domains"]
    indicators = [one for group in domain["groups"] for one in group["indicators"]]
    assert [(one["code"], one["points"]) for one in indicators] == [
        ("HI03", "36.00"),
        ("CAN04", "22.00"),
    ]
    assert {"name": "average_list", "target": "national.average_list"} in indicators[0]["bindings"]
    (formula,) = found["formulas"]
    assert formula["steps"][-1] == {
        "name": "pounds",
        "operator": "round2",
        "arguments": ["payment"],
    }
    assert found["specification"] == library()["NCD2425"].as_json()


async def test_a_service_shows_what_it_recovers_and_how_it_rounds(participation):
    found = await tree(participation, "QOF2526")
    assert (found["recovers"], found["roundingPolicy"]) == (
        "QOFA2526",
        "points-2-pounds-2-half-up@1",
    )


async def test_a_local_scheme_shows_what_is_claimed_and_who_approves(participation):
    found = await tree(participation, "LESPW2526")
    scheme = found["scheme"]
    assert (found["kind"], found["domains"], scheme["budget"]) == ("CLAIM", [], "750000.00")
    assert scheme["components"][0]["tariffs"][0] == {
        "provider": None,
        "amount": "3.20",
        "validFrom": "2025-04-01",
        "validTo": "2025-09-30",
    }
    assert scheme["bands"][-1] == {"code": "HIGH", "atLeast": "50000.00", "below": None}
    assert scheme["approval"][-1] == {"step": "FINANCE", "above": "15000.00"}
    assert len(scheme["windows"]) == 4


async def test_drafting_twice_under_one_key_makes_one_draft(participation):
    for _ in range(2):
        assert (await draft(participation, source={"shipped": "QOF2526"}, key="once"))["id"] == QOF
    with pytest.raises(DomainError) as refused:
        await draft(participation, source={"shipped": "QOF2324"}, key="once")
    assert refused.value.code == "KEY_REUSED"


@pytest.mark.parametrize("specification", [[], "QOF", 7, {}, {"code": "X"}])
async def test_what_is_no_specification_is_refused_as_a_whole(participation, specification):
    before = await participation.traces()
    with pytest.raises(DomainError) as refused:
        await draft(participation, source={"specification": specification})
    assert refused.value.code == "NOT_A_SPECIFICATION"
    assert await participation.traces() == before
