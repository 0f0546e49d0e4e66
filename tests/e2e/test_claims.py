"""A commissioner writes and offers a local scheme; a practice claims, is rejected, amends, is paid.

Every service takes its part: the catalogue and the offers are participation's, the claim is
declarations', and what people are told notifications', each over the broker.
"""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cqrs.england.people import person
from cqrs.play import offers, people
from cqrs.play.asking import a_key, until
from cqrs.play.cast import Cast
from cqrs.play.gateway import Person
from cqrs.play.offers import Terms
from cqrs.supervisor.first_people import ADMINISTRATOR
from tests.e2e.story import BOARD, LACKING, PAID
from tests.e2e.topics import records, told_of
from tests.support.eventually import eventually

pytestmark = pytest.mark.xdist_group("system")

LINE = "LESQZ9"
CATALOGUE = "Catalogue Manager"
SECOND_CATALOGUE = "Second Catalogue Manager"
USER = "Claim User"
TIERS = ("Claim Tier 1", "Claim Tier 2", "Claim Finance")

DRAFT = """mutation ($code: String!) { draftQualityService(source: {shipped: "LESPW2526"},
    code: $code) { id revision } }"""
EDIT = """mutation ($id: ID!, $revision: Int!, $edit: QualityServiceEdit!) {
    editQualityServiceDraft(id: $id, revision: $revision, edit: $edit) { problems { code } } }"""
PUBLISH = "mutation ($id: ID!) { publishQualityService(id: $id) { status } }"
CREATE = """mutation ($service: String!) { createClaim(service: $service,
    periodStart: "2026-01-01") { id version } }"""
SUBMIT = """mutation ($id: ID!, $version: Int!, $content: ClaimContentInput!) {
    submitClaim(id: $id, version: $version, content: $content) {
        submitted errors { code line field } claim { id version amount path } } }"""
ATTACH = """mutation ($input: AttachEvidence!) { attachEvidence(input: $input) { id } }"""
CLAIM = """query ($id: ID!) { claim(id: $id) { id version status contentVersion amount
    payments { status amount payee { odsCode } } versions { contentVersion } } }"""
MESSAGES = """{ messages(first: 100) { edges { node { kind status subjectCode body
    about { id claim { status } } } } } }"""


async def test_a_scheme_is_written_offered_claimed_rejected_amended_and_paid(
    story: Any, system: Any, cast: Cast, tmp_path: Path
) -> None:
    found = datetime.fromisoformat(system.clock.path.read_text())
    try:
        system.clock.set("2025-03-20")
        await _people(cast)
        service = await _published(cast)
        terms = Terms(service, "2025-04-01", "2026-03-31", "2025-03-31")
        await offers.make(cast, BOARD, [PAID], terms)
        await offers.accept(cast, [PAID], lambda _: None)
        system.clock.set("2026-04-10")
        claim = await _submitted(cast, tmp_path)
        await _decided(cast, claim, system.running.kafka)
    finally:
        system.clock.set(found.date().isoformat(), found.hour)


async def _people(cast: Cast) -> None:
    manager = ("CATALOGUE_MANAGER",)
    joining = [
        person(CATALOGUE, BOARD, manager),
        person(SECOND_CATALOGUE, BOARD, manager),
        *(person(title, BOARD, (title.upper().replace(" ", "_"),)) for title in TIERS),
        person(USER, PAID, ("CLAIM_USER",)),
        person(USER, LACKING, ("CLAIM_USER",)),
    ]
    administrator = cast.first(ADMINISTRATOR.subject)
    assert await people.add(administrator, joining, lambda _: None) == []


async def _published(cast: Cast) -> str:
    """By two people of the board, with a tariff of its own for the practice."""
    drafted = (await cast(CATALOGUE, BOARD).ask(DRAFT, code=LINE))["draftQualityService"]
    own = {
        "provider": PAID,
        "amount": "30.00",
        "valid_from": "2025-04-01",
        "source": "Agreed with the practice",
        "status": "verified",
    }
    path = f"scheme/components/WOUND/tariffs/{PAID} 2025-04-01"
    given = drafted | {"edit": {"set": [{"path": path, "value": own}]}}
    edited = await cast(CATALOGUE, BOARD).ask(EDIT, **given)
    assert edited["editQualityServiceDraft"]["problems"] == []
    published = await cast(SECOND_CATALOGUE, BOARD).ask(PUBLISH, id=drafted["id"])
    assert published["publishQualityService"]["status"] == "PUBLISHED"
    return str(drafted["id"])


async def _submitted(cast: Cast, folder: Path) -> dict[str, Any]:
    """With evidence, above £15,000.00: 501 dressings at the practice's own tariff."""
    user = cast(USER, PAID)

    async def created() -> dict[str, Any]:
        opened = await user.ask("{ claimOpenings { service mayClaim } }")
        may = {"service": LINE, "mayClaim": True} in opened["claimOpenings"]
        return (await user.ask(CREATE, service=LINE))["createClaim"] if may else {}

    claim = await until(created, bool, "the accepted offer was not heard of", 60)
    await _attach(user, claim["id"], folder)
    content = {"lines": [{"service": LINE, "component": "WOUND", "quantity": "501"}]}
    bad = {"lines": [{"service": LINE, "component": "WOUND", "quantity": "1.5"}]}
    refused = (await user.ask(SUBMIT, **claim, content=bad))["submitClaim"]
    assert refused["errors"] == [{"code": "LC004", "line": 1, "field": "quantity"}]
    answer = (await user.ask(SUBMIT, **claim, content=content))["submitClaim"]
    assert (answer["errors"], answer["claim"]["amount"]) == ([], "15030.00")
    assert answer["claim"]["path"] == ["TIER_1", "TIER_2", "FINANCE"]
    return dict(answer["claim"])


async def _attach(user: Person, claim: str, folder: Path) -> None:
    file = folder / "log.csv"
    file.write_text("day,dressings\n2026-01-05,501\n")
    asked = 'mutation { requestEvidenceUpload(fileName: "log.csv") { id path } }'
    place = (await user.ask(asked))["requestEvidenceUpload"]
    await user.put(place["path"], file, lambda _: None)
    given = {"claim": claim, "service": LINE, "evidence": "LOG", "fileName": "log.csv"}
    await user.ask(ATTACH, input=given | {"upload": place["id"]})


async def _decided(cast: Cast, claim: dict[str, Any], kafka: str) -> None:
    """Rejected with a reason, amended, approved by three people, paid."""
    first, second, finance = (cast(title, BOARD) for title in TIERS)
    await _told(first, "CLAIM_AWAITING_TIER_1", claim["id"])
    await _decide(first, claim, "rejectClaims", ', reasonCode: OTHER, reason: "May is missing"')
    message = await _told(cast(USER, PAID), "CLAIM_REJECTED", claim["id"])
    assert "was rejected: May is missing" in message["body"]
    amend = "mutation ($id: ID!, $version: Int!) { amendClaim(id: $id, version: $version) { id } }"
    rejected = await _seen(cast, claim)
    await cast(USER, PAID).ask(amend, id=claim["id"], version=rejected["version"])
    draft = await _seen(cast, claim)
    submit = "mutation ($id: ID!, $version: Int!) { submitClaim(id: $id, version: $version) {"
    again = await cast(USER, PAID).ask(
        f"{submit} submitted }} }}", id=claim["id"], version=draft["version"]
    )
    assert again == {"submitClaim": {"submitted": True}}
    for approver, task in (
        (first, "CLAIM_AWAITING_TIER_1"),
        (second, "CLAIM_AWAITING_TIER_2"),
        (finance, "CLAIM_AWAITING_FINANCE"),
    ):
        await _told(approver, task, claim["id"])
        await _decide(approver, await _seen(cast, claim), "approveClaims")
    await _told(cast(USER, PAID), "CLAIM_APPROVED", claim["id"])
    paid = await _seen(cast, claim)
    assert (paid["status"], paid["contentVersion"], len(paid["versions"])) == ("APPROVED", 2, 2)
    assert paid["payments"] == [
        {"status": "AUTHORISED", "amount": "15030.00", "payee": {"odsCode": PAID}}
    ]

    async def entered() -> None:
        ledger = [
            json.loads(r.value) for r in await records(kafka) if r.topic == "declarations.payment"
        ]
        (entry,) = [one for one in ledger if one.get("claim_id") == claim["id"]]
        assert (entry["amount"], entry["service_code"]) == ("15030.00", LINE)

    await eventually(entered)
    assert await told_of(kafka, claim["id"]) == [
        "claim.amended.v1",
        "claim.approved.v1",
        "claim.rejected.v1",
        "claim.submitted.v1",
        "claim.submitted.v1",
        "claim.tier-approved.v1",
        "claim.tier-approved.v1",
    ]


async def _decide(who: Person, claim: dict[str, Any], name: str, more: str = "") -> None:
    document = f"""mutation ($choose: ChooseClaims!, $key: String) {{
        {name}(choose: $choose, idempotencyKey: $key{more}) {{ done refused {{ code }} }} }}"""
    rows = [{"id": claim["id"], "version": claim["version"]}]
    answer = (await who.ask(document, choose={"rows": rows}, key=a_key()))[name]
    assert answer == {"done": [claim["id"]], "refused": []}


async def _seen(cast: Cast, claim: dict[str, Any]) -> dict[str, Any]:
    return dict((await cast(USER, PAID).ask(CLAIM, id=claim["id"]))["claim"])


async def _told(who: Person, code: str, claim: str) -> dict[str, Any]:
    """The message that tells of the claim, once it has come."""

    async def found() -> list[dict[str, Any]]:
        edges = (await who.ask(MESSAGES))["messages"]["edges"]
        return [
            edge["node"]
            for edge in edges
            if edge["node"]["subjectCode"] == code
            and claim in [one["id"] for one in edge["node"]["about"] if one["claim"]]
        ]

    return (await until(found, bool, f"{code} was told to nobody", 60))[0]
