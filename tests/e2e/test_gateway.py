"""Any query over the supergraph is answered by the gateway as by one schema over the same data."""

import asyncio
from dataclasses import dataclass

import aiohttp
import pytest
from graphql import GraphQLEnumType, get_named_type
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from cqrs.contracts.generated import CONTRACTS
from cqrs.play.gateway import sign_in
from gateway.api_schema import api_schema
from gateway.supergraph import Supergraph
from tests.e2e.merged import Merged
from tests.support.period import ICB
from tests.support.queries import queries

pytestmark = pytest.mark.xdist_group("system")

GRAPH = Supergraph.load(CONTRACTS / "supergraph.graphql")
SCHEMA = api_schema(GRAPH.document)
_EXAMPLES = {
    "Boolean": ["true", "false"],
    "DateTime": ['"2026-01-01T00:00:00Z"'],
    "Date": ['"2025-10-01"', '"2030-01-01"'],
    "FinancialYear": ['"2025/26"'],
    "Int": ["1", "2", "3"],
    "String": ['"A"'],
}
_FIRST = """{
  offers(first: 3) { edges { node { id } } }
  declarations(first: 3) { edges { node { id payment { id } } } }
  messages(first: 2) { edges { node { id } } } }"""


@dataclass
class Asking:
    """Somebody who asks the gateway and its twin the same."""

    runner: asyncio.Runner
    session: aiohttp.ClientSession
    headers: dict[str, str]
    gateway: str
    merged: Merged
    known: dict[str, list[str]]

    def gateway_answer(self, query, variables):
        async def ask():
            body = {"query": query, "variables": variables}
            url = f"{self.gateway}/graphql"
            async with self.session.post(url, json=body, headers=self.headers) as answer:
                return await answer.json()

        return self.runner.run(ask())

    def merged_answer(self, query, variables):
        return self.runner.run(self.merged.answer(query, variables))


@pytest.fixture(scope="module", params=["commissioner", "practice"])
def asking(request, system, declared):
    """One of the two kinds of people who ask most."""
    practice, other = declared.participating[:2]
    code = ICB if request.param == "commissioner" else practice
    title = "finance-management" if request.param == "commissioner" else "declaration-management"
    with asyncio.Runner() as runner:
        made = runner.run(_asking(runner, system.running, f"{title}-{code.lower()}", code))
        made.known["OdsCode"] = [practice, other, ICB]
        made.known["qualityService"] = [declared.quality_service]
        yield made
        runner.run(made.session.close())


async def _asking(runner, running, subject, organisation):
    session = aiohttp.ClientSession()
    token = await sign_in(session, running.issuer, subject)
    headers = {"authorization": f"Bearer {token}", "x-acting-for": organisation}
    merged = Merged(GRAPH, running.services, session, headers)
    found = (await merged.answer(_FIRST, {}))["data"]
    known = {one: _ids(found[f"{one}s"]) for one in ("offer", "declaration", "message")}
    payments = [one["node"]["payment"] for one in found["declarations"]["edges"]]
    known["payment"] = [one["id"] for one in payments if one]
    return Asking(runner, session, headers, running.gateway, merged, known)


def _ids(connection):
    return [one["node"]["id"] for one in connection["edges"]]


def test_the_two_know_the_same_things(asking):
    assert asking.known["offer"]
    assert asking.known["declaration"]


@settings(
    max_examples=max(15, settings().max_examples // 5),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_any_query_is_answered_as_by_one_schema(asking, data):
    asked = data.draw(queries(SCHEMA, literals(asking.known), depth=7))
    note(f"{asked.text}\n{asked.variables}")
    truth = asking.merged_answer(asked.text, asked.variables)
    answer = asking.gateway_answer(asked.text, asked.variables)
    assert answer["data"] == truth["data"]
    assert _told(answer) == _told(truth)


def _told(answer):
    """Where what went wrong; a null where none may be has no code of a service's."""
    errors = answer.get("errors", ())
    codes = [(one["path"], one.get("extensions", {}).get("code")) for one in errors]
    return sorted(
        (str(path), code if code != "NULL_FOR_NON_NULL" else None) for path, code in codes
    )


def literals(known):
    """What arguments may be: ids and codes that there are, and one that is nobody's."""

    def values(_type, field, key, argument):
        kind = get_named_type(argument.type)
        if isinstance(kind, GraphQLEnumType):
            return st.sampled_from(sorted(kind.values))
        if kind.name in ("ID", "OdsCode"):
            offered = known.get(kind.name if kind.name == "OdsCode" else field, ())
            return st.sampled_from([*offered, "Y99999"]).map(lambda one: f'"{one}"')
        if key == "filter":
            return st.just("{}")
        some = _EXAMPLES.get(kind.name)
        return st.sampled_from(some) if some and key != "after" else None

    return values
