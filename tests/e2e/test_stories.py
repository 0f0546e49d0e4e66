"""The stories that must hold and the bad input, word by word, through the gateway."""

import base64
import json
from collections.abc import Mapping
from typing import Any

import pytest

from cqrs.england.people import person
from cqrs.play import organisations
from cqrs.play.asking import PlayError
from cqrs.play.cast import APPROVAL, DECLARATION, FINANCE, SERVICE, Cast
from cqrs.supervisor.first_people import ADMINISTRATOR, DATA_LOAD
from tests.e2e import story as played
from tests.e2e.story import (
    ASIDE,
    BOARD,
    IN_TWO_PLACES,
    LACKING,
    LEAVERS_ROLES,
    LEAVING,
    LINE,
    PAID,
)
from tests.e2e.topics import records, told_of
from tests.support.eventually import eventually
from tests.support.files_of_ods import csv_file, practice

pytestmark = pytest.mark.xdist_group("system")


async def ask(cast: Cast, subject: str, acting_for: str | None, query: str, **variables: object):
    """The whole answer, errors and all."""
    token = await cast.gateway.person(subject, acting_for or "").token()
    return await ask_with(cast, token, acting_for, query, **variables)


async def ask_with(
    cast: Cast, token: str | None, acting_for: str | None, query: str, **variables: object
) -> Mapping[str, Any]:
    named = {"Authorization": token and f"Bearer {token}", "X-Acting-For": acting_for}
    headers = {name: value for name, value in named.items() if value}
    asked = {"query": query, "variables": variables}
    address = f"{cast.gateway.address}/graphql"
    async with cast.gateway.session.post(address, json=asked, headers=headers) as answer:
        return await answer.json(content_type=None)


def codes(answer) -> dict[str, str]:
    """By root field the code of its error."""
    return {e["path"][0]: e["extensions"]["code"] for e in answer.get("errors", ())}


async def test_a_practice_is_paid_37227_05_by_exactly_one_event(story, system, cast):
    paid = await played.state(cast, PAID)
    assert (paid["status"], paid["points"], paid["pounds"]) == (
        "FINANCE_APPROVED",
        "139.47",
        "37227.05",
    )
    query = """{ paymentTotal(filter: {service: %s}) { count amount }
        declaration(id: %s) { history { action by } } }"""
    told = await cast(FINANCE, BOARD).ask(query % (json.dumps(LINE), json.dumps(paid["id"])))
    assert told["paymentTotal"] == {"count": 1, "amount": "37227.05"}
    by_people = {
        each["action"]: each["by"] for each in told["declaration"]["history"] if each["by"]
    }
    assert by_people.keys() == {"DECLARED", "APPROVED", "FINANCE_APPROVED"}
    assert len(set(by_people.values())) == 3
    found = await records(system.running.kafka)
    entries = [json.loads(each.value) for each in found if each.topic == "declarations.payment"]
    (entry,) = (e for e in entries if (e["provider"], e["service_code"]) == (PAID, LINE))
    assert (entry["amount"], entry["points"], entry["payee"]) == ("37227.05", "139.47", PAID)


async def test_without_bp002_it_is_incomplete_and_nothing_comes_of_declaring_it(
    story, system, cast
):
    assert (story.before["status"], story.before["missing"]) == ("INCOMPLETE", ["BP002"])
    assert story.refused["done"] == []
    (refusal,) = story.refused["refused"]
    assert (refusal["id"], refusal["code"]) == (story.before["id"], "INCOMPLETE")
    assert "BP002" in refusal["message"]
    assert await played.state(cast, LACKING) == story.before
    # What was declared, approved and paid afterwards has arrived: this never will.
    assert set(await told_of(system.running.kafka, story.before["id"])) == {
        "declaration.values-missing.v1"
    }


async def test_what_is_wrong_in_an_extract_is_named_and_the_rest_is_loaded(story, cast):
    assert [(e["code"], e["row"], e["field"]) for e in story.load["errors"]] == [
        ("UNKNOWN_PRACTICE", 2, "ORG_CODE"),
        ("NUMERATOR_ABOVE_DENOMINATOR", 3, "VALUE"),
        ("NOT_PARTICIPATING", 5, "ORG_CODE"),
    ]
    assert all(error["message"] for error in story.load["errors"])
    counted = story.load["counts"]
    assert (counted["loaded"], counted["not_participating"], counted["unknown"]) == (88, 1, 1)
    told = await cast(APPROVAL, BOARD).ask(played.STATE, filter={"provider": ASIDE})
    assert told["declarations"]["edges"] == []


async def test_the_same_extract_again_changes_nothing_and_tells_nobody(story, system, cast):
    async def everything():
        states = [await played.state(cast, code) for code in (PAID, LACKING)]
        return states, [
            await told_of(system.running.kafka, code) for code in (PAID, LACKING, ASIDE)
        ]

    before = await everything()
    again = await played.load(cast, story.extract)
    assert again["status"] == "DONE"
    assert again["counts"]["loaded"] == 0
    assert again["counts"]["unchanged"] == story.load["counts"]["loaded"]
    assert await everything() == before


async def test_a_stale_version_is_refused_and_nothing_comes_of_it(story, system, cast):
    paid = await played.state(cast, PAID)
    before = await told_of(system.running.kafka, PAID)
    answer = await played.declare(cast, PAID, paid | {"version": paid["version"] - 1})
    assert answer["done"] == []
    assert [(r["id"], r["code"]) for r in answer["refused"]] == [(paid["id"], "STALE_VERSION")]
    assert await played.state(cast, PAID) == paid
    assert await told_of(system.running.kafka, PAID) == before


async def test_a_malformed_line_is_named_and_nothing_of_the_file_is_applied(
    story, system, cast, tmp_path
):
    file = tmp_path / "epraccur.csv"
    lines = [practice("A99104", "99Z"), practice("A99105", "99Z", joined="31 March")]
    file.write_bytes(csv_file(lines))
    with pytest.raises(PlayError) as refused:
        await organisations.load(cast.first(DATA_LOAD.subject), [file], lambda _: None)
    for part in ("epraccur.csv", "'line': 2", "'join date'", "'NOT_A_DATE'"):
        assert part in str(refused.value)
    told = await cast.first(DATA_LOAD.subject).ask('{ organisation(odsCode: "A99104") { name } }')
    assert told["organisation"] is None
    assert await told_of(system.running.kafka, "A99104") == []


EVERYWHERE = """{ me { organisation { odsCode } } offers { totalCount } declarations { totalCount }
  messageCounts { total } }"""
ROOTS = ("me", "offers", "declarations", "messageCounts")
"""One for each service."""


async def test_a_person_linked_to_two_organisations_acts_for_the_one_that_is_named(story, cast):
    unnamed = await ask(cast, IN_TWO_PLACES, None, EVERYWHERE)
    assert codes(unnamed) == dict.fromkeys(ROOTS, "ACTING_FOR_REQUIRED")
    elsewhere = await ask(cast, IN_TWO_PLACES, LACKING, EVERYWHERE)
    assert codes(elsewhere) == dict.fromkeys(ROOTS, "NOT_LINKED")
    assert elsewhere["data"] == dict.fromkeys(ROOTS)
    for organisation, seen in ((PAID, 1), (BOARD, 2)):
        answer = await ask(cast, IN_TWO_PLACES, organisation, EVERYWHERE)
        assert codes(answer) == {}
        assert answer["data"]["me"]["organisation"]["odsCode"] == organisation
        assert answer["data"]["declarations"]["totalCount"] == seen


WITHDRAW = """mutation ($id: ID!, $at: OdsCode!, $role: Role!) {
  withdrawRole(id: $id, organisation: $at, role: $role) { version } }"""
GRANT = """mutation ($id: ID!, $at: OdsCode!, $role: Role!) {
  grantRole(id: $id, organisation: $at, role: {role: $role}) { version } }"""
NEEDS_ROLES = """{ people { totalCount } offers { totalCount } declarations { totalCount } }"""


async def test_roles_taken_away_are_gone_in_every_service_within_a_second(story, cast):
    someone = cast.gateway.person(LEAVING, PAID)
    token = await someone.token()

    async def now(query: str) -> Mapping[str, Any]:
        return await ask_with(cast, token, PAID, query)

    async def others_messages() -> int:
        """What only a Supervisor sees."""
        answer = await now("{ messages(filter: {mine: false}) { totalCount } }")
        return answer["data"]["messages"]["totalCount"]

    me = (await someone.ask("{ me { person { id } } }"))["me"]["person"]["id"]
    assert codes(await now(NEEDS_ROLES)) == {}
    assert await others_messages() > 0
    for role in LEAVERS_ROLES:
        await cast.first(ADMINISTRATOR.subject).ask(WITHDRAW, id=me, at=PAID, role=role)

    async def gone() -> None:
        answer = await now(NEEDS_ROLES)
        assert codes(answer) == dict.fromkeys(("people", "offers", "declarations"), "ROLE_REQUIRED")
        assert await others_messages() == 0

    await eventually(gone, 1.0)
    for role in LEAVERS_ROLES:
        await cast.first(ADMINISTRATOR.subject).ask(GRANT, id=me, at=PAID, role=role)


async def test_a_token_that_is_wrong_opens_nothing(story, cast):
    good = await cast(APPROVAL, BOARD).token()
    head, claims, signature = good.split(".")
    said = json.loads(base64.urlsafe_b64decode(claims + "=="))
    forged = json.dumps(said | {"sub": ADMINISTRATOR.subject}).encode()
    somebody_else = base64.urlsafe_b64encode(forged).rstrip(b"=").decode()
    unsigned = base64.urlsafe_b64encode(b'{"alg":"none"}').rstrip(b"=").decode()
    for wrong in (
        None,
        "nonsense",
        f"{head}.{somebody_else}.{signature}",
        f"{unsigned}.{claims}.",
    ):
        answer = await ask_with(cast, wrong, BOARD, EVERYWHERE)
        assert codes(answer) == dict.fromkeys(ROOTS, "UNAUTHENTICATED"), wrong
        assert answer["data"] == dict.fromkeys(ROOTS)


JOINED = """query ($other: OdsCode!, $declaration: ID!) {
  organisation(odsCode: $other) { odsCode declarations { totalCount } offers { totalCount } }
  declaration(id: $declaration) { id }
  declarations(filter: {provider: $other}) { totalCount } }"""


async def test_another_organisations_data_does_not_come_through_a_join(story, cast):
    other = {"other": LACKING, "declaration": story.before["id"]}
    own = await ask(cast, _subject(DECLARATION, LACKING), LACKING, JOINED, **other)
    assert own["data"]["organisation"]["declarations"]["totalCount"] == 1
    neighbour = await ask(cast, _subject(DECLARATION, PAID), PAID, JOINED, **other)
    assert neighbour["data"] == {
        "organisation": {
            "odsCode": LACKING,
            "declarations": {"totalCount": 0},
            "offers": {"totalCount": 0},
        },
        "declaration": None,
        "declarations": {"totalCount": 0},
    }


async def test_a_role_that_does_not_suffice_is_refused_and_nothing_comes_of_it(story, system, cast):
    before, told = await played.state(cast, LACKING), await told_of(system.running.kafka, LACKING)
    choose = {"rows": [{"id": before["id"], "version": before["version"]}]}
    for root in ("declareDeclarations", "approveDeclarations"):
        query = f"mutation ($choose: ChooseDeclarations!) {{ {root}(choose: $choose) {{ done }} }}"
        answer = await ask(cast, _subject(SERVICE, LACKING), LACKING, query, choose=choose)
        assert codes(answer) == {root: "ROLE_REQUIRED"}
        assert LACKING in answer["errors"][0]["message"]
    assert await played.state(cast, LACKING) == before
    assert await told_of(system.running.kafka, LACKING) == told


def _subject(title: str, organisation: str) -> str:
    return person(title, organisation, ()).subject
