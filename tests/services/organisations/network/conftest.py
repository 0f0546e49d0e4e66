"""People of the networks of the small England, and what they ask and do."""

from dataclasses import dataclass
from typing import Any

import pytest

from tests.services.organisations.conftest import Organisations, somebody

NETWORK, OTHER_NETWORK, VIEWER = "management.u99002", "management.u99001", "view.u99002"
LEAD, OTHER_ICB, PRACTICE = "administrator.qq1", "administrator.qq2", "view.a99001"

PROPOSE = """
mutation ($proposal: MembershipProposalInput!, $key: String) {
  proposeMembership(proposal: $proposal, idempotencyKey: $key) {
    id version status commissioner { odsCode }
  }
}
"""
_ANSWER = "{ done refused { id code field } counts { name value } selection message }"
CONFIRM = f"""
mutation ($choose: MembershipProposalChoice!, $dryRun: Boolean = false, $key: String) {{
  confirmMembershipProposals(choose: $choose, dryRun: $dryRun, idempotencyKey: $key) {_ANSWER}
}}
"""
REFUSE = f"""
mutation ($choose: MembershipProposalChoice!, $reason: String!) {{
  refuseMembershipProposals(choose: $choose, reason: $reason) {_ANSWER}
}}
"""
WITHDRAW = """
mutation ($id: ID!, $version: Int!) {
  withdrawMembershipProposal(id: $id, version: $version) { status version }
}
"""
LIST = """
query ($filter: MembershipProposalFilter, $first: Int, $after: String) {
  membershipProposals(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      id version kind status effectiveOn reason refusalReason toDecide
      practice { odsCode } pcn { odsCode }
      history { version status reason actingFor { odsCode } organisationImport by { id } }
    } }
  }
}
"""


@dataclass
class Networks:
    organisations: Organisations

    async def ask(self, who: str, document: str, **variables: Any) -> Any:
        return await self.organisations.ask(who, document, **variables)

    async def propose(
        self, practice: str, kind: str, on: str, *, by: str = NETWORK, reason: str = "It suits us"
    ) -> dict[str, Any]:
        proposal = {"practice": practice, "kind": kind, "effectiveOn": on, "reason": reason}
        answer = await self.ask(by, PROPOSE, proposal=proposal)
        proposed: dict[str, Any] = answer.data["proposeMembership"]
        return proposed

    async def refused(self, who: str, document: str, **variables: Any) -> tuple[str, str | None]:
        """The code and field of the refusal; no row and no event come of it."""
        before = await self.traces()
        answer = await self.ask(who, document, **variables)
        error = answer.body["errors"][0]["extensions"]
        assert await self.traces() == before
        return error["code"], error.get("field")

    async def confirm(self, *proposals: dict[str, Any], by: str = LEAD, **options: Any) -> Any:
        answer = await self.ask(by, CONFIRM, choose=rows(*proposals), **options)
        return answer.data["confirmMembershipProposals"]

    async def listed(self, who: str, **wanted: Any) -> list[dict[str, Any]]:
        answer = (await self.ask(who, LIST, filter=wanted)).data["membershipProposals"]
        found = [edge["node"] for edge in answer["edges"]]
        assert answer["totalCount"] == len(found)
        return found

    async def memberships(self, practice: str) -> list[tuple[Any, ...]]:
        """In force: PCN, first and last day, where they come from."""
        return await self.organisations.rows(
            "select target, valid_from::text, valid_to::text, origin from relationship"
            " where source = $1 and kind = 'MEMBER_OF' and known_to is null order by valid_from",
            practice,
        )

    async def traces(self) -> list[tuple[Any, ...]]:
        """How many rows and events there are."""
        return await self.organisations.rows(
            "select (select count(*) from membership_proposal_change),"
            " (select sum(version) from membership_proposal), (select count(*) from relationship),"
            " (select count(*) from practice_details), (select sum(version) from organisation),"
            " (select count(*) from chassis.outbox)"
        )

    async def events(self) -> list[tuple[str, dict[str, Any]]]:
        """What is in the outbox: type and payload."""
        found = await self.organisations.rows(
            "select type, payload from chassis.outbox order by position"
        )
        return [(row[0], row[1]) for row in found]


def rows(*proposals: dict[str, Any]) -> dict[str, Any]:
    return {"rows": [{"id": one["id"], "version": one["version"]} for one in proposals]}


@pytest.fixture
async def networks(organisations: Organisations) -> Networks:
    await organisations.add(
        somebody(NETWORK, U99002=["PCN_MANAGEMENT"]),
        somebody(OTHER_NETWORK, U99001=["PCN_MANAGEMENT"]),
        somebody(VIEWER, U99002=["PCN_VIEW"]),
        somebody(LEAD, QQ1=["ORGANISATION_ADMINISTRATOR"]),
        somebody(OTHER_ICB, QQ2=["ORGANISATION_ADMINISTRATOR"]),
        somebody(PRACTICE, A99001=["VIEW"]),
    )
    await organisations.told()
    return Networks(organisations)
