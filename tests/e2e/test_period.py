"""What only the whole system can show, in real processes, over one small period."""

import asyncio
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from aiokafka import ConsumerRecord

from cqrs.play import declarations, ledger, messages
from cqrs.play.asking import a_key
from cqrs.play.cast import (
    APPROVAL,
    COMMISSIONING,
    DECLARATION,
    FINANCE,
    FINANCE_VIEW,
    Cast,
)
from cqrs.play.gateway import Refused, document
from cqrs.play.period import Period
from cqrs.supervisor.first_people import ADMINISTRATOR, ENGLAND
from tests.e2e.topics import event_type, records
from tests.support.eventually import eventually
from tests.support.period import ICB
from tests.support.system import RunningSystem

pytestmark = pytest.mark.xdist_group("system")

SECOND_APPROVAL = "Second Approval Management"


async def test_two_who_approve_all_at_the_same_moment_approve_each_once_and_it_is_paid_once(
    declared: Period, system: RunningSystem, cast: Cast
) -> None:
    waiting = len(declared.participating)
    approvers = [cast(APPROVAL, ICB), cast(SECOND_APPROVAL, ICB)]
    shown = [await _approve(one, choose=_ALL, dryRun=True, key=None) for one in approvers]
    chosen = [{"selection": each["selection"]} for each in shown]
    first, second = await asyncio.gather(
        *(
            _approve(one, choose=choose, dryRun=False, key=a_key())
            for one, choose in zip(approvers, chosen, strict=True)
        )
    )
    done, refused = first["done"] + second["done"], first["refused"] + second["refused"]
    assert len(done) == len(set(done)) == len(refused) == waiting
    assert all(refusal["code"] for refusal in refused)

    async def each_was_told_once() -> None:
        told = [one for one in await records(system.running.kafka) if _approved(one)]
        assert len(told) == len({one.key for one in told}) == waiting

    await eventually(each_was_told_once, 30)
    await declarations.approve_for_finance(cast, {ICB: waiting})
    books = await ledger.compare(cast(FINANCE_VIEW, ENGLAND), [system.running.kafka], waiting)
    assert books.pounds > 0
    expected = messages.everyone(ICB, declared.fates[ICB])
    assert await messages.check(cast, declared.quality_service, expected) > waiting


_ALL = {"filter": {"waitingForMe": True}}


def _approved(record: ConsumerRecord) -> bool:
    """Told of a declaration of the ICB."""
    is_it = event_type(record) == "declaration.approved.v1"
    return is_it and json.loads(record.value)["commissioner"] == ICB


async def _approve(person: Any, **variables: object) -> Mapping[str, Any]:
    answer = await person.ask(document("approve"), **variables)
    return answer["approveDeclarations"]


_OFFERS_WITH_DECLARATIONS = """
{
  offers(first: 3, filter: {financialYear: "2025/26", status: [APPROVED]}) {
    edges { node { id provider { odsCode name } declarations { edges { node { id } } } } }
  }
  declarations(first: 1) { totalCount }
}
"""


async def test_a_service_that_is_away_costs_its_own_fields_only(
    declared: Period, system: RunningSystem, cast: Cast
) -> None:
    system.children.stop("declarations")
    try:
        answer = await _raw(cast, _OFFERS_WITH_DECLARATIONS)
    finally:
        system.children.start_again("declarations")
        system.children.wait_until_ready(["declarations"], lambda _: None)
    offers = [edge["node"] for edge in answer["data"]["offers"]["edges"]]
    assert len(offers) == 3
    assert all(offer["provider"]["name"] for offer in offers)
    assert answer["data"]["declarations"] is None
    paths = {error["path"][0] for error in answer["errors"]}
    assert paths == {"offers", "declarations"}
    assert {error["extensions"]["code"] for error in answer["errors"]} == {"SERVICE_UNAVAILABLE"}


async def _raw(cast: Cast, query: str) -> Mapping[str, Any]:
    """The whole answer, errors and all, to an approver."""
    person = cast(COMMISSIONING, ICB)
    headers = {"Authorization": f"Bearer {await person.token()}", "X-Acting-For": ICB}
    address = f"{cast.gateway.address}/graphql"
    posted = cast.gateway.session.post(address, json={"query": query}, headers=headers)
    async with posted as answer:
        return await answer.json()


_WITHDRAW = """
mutation Withdraw($id: ID!) {
  withdrawRole(id: $id, organisation: "QC3", role: FINANCE_MANAGEMENT) { version }
}
"""
_GRANT = """
mutation Grant($id: ID!) {
  grantRole(id: $id, organisation: "QC3", role: {role: FINANCE_MANAGEMENT}) { version }
}
"""


async def test_a_role_taken_away_is_gone_everywhere_within_a_second_with_the_same_token(
    declared: Period, cast: Cast
) -> None:
    person = cast(FINANCE, ICB)
    me = (await person.ask("{ me { person { id } } }"))["me"]["person"]["id"]
    everything = {"choose": _ALL, "dryRun": True, "key": None}
    await _approve(person, **everything)
    administrator = cast.first(ADMINISTRATOR.subject)
    await administrator.ask(_WITHDRAW, id=me)

    async def refused() -> None:
        with pytest.raises(Refused, match="ROLE_REQUIRED"):
            await _approve(person, **everything)

    try:
        await eventually(refused, 1.0)
    finally:
        await administrator.ask(_GRANT, id=me)
    await eventually(lambda: _approve(person, **everything))


_RECEIPT = """
{
  declarations(first: 1) { edges { node { pounds receipt } } }
}
"""


async def test_a_receipt_from_graphql_is_recomputed_by_a_command_that_shares_no_code(
    declared: Period, cast: Cast, tmp_path: Path
) -> None:
    practice = declared.participating[0]
    answer = await cast(DECLARATION, practice).ask(_RECEIPT)
    declaration = answer["declarations"]["edges"][0]["node"]
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(declaration["receipt"]))
    command = [sys.executable, "-m", "cqrs", "verify", str(receipt)]
    verified = subprocess.run(command, capture_output=True, text=True, check=False)
    assert verified.stdout.startswith("holds: 44 lines"), verified
    assert f"£{declaration['pounds']}" in verified.stdout
