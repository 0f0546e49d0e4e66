"""Evidence of claims: who attaches what, what is refused, and who may fetch it."""

import hashlib
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from chassis.auth import Identity
from chassis.clock import Clock
from chassis.errors import DomainError, TransientError
from chassis.files import Files
from chassis.objects import Bucket, Objects
from chassis.service import Worker
from cqrs.embedded.ports import free_port
from services.declarations.claims.domain import Claim
from services.declarations.evidence import commands, queries
from services.declarations.evidence.commands import FILE_KIND, Attaching
from services.declarations.evidence.forgetting import forget_one
from tests.services.declarations.claiming import SCHEME, drafted, put
from tests.services.declarations.claims import asking
from tests.services.declarations.evidence import making
from tests.services.declarations.evidence.making import NUMBER
from tests.services.declarations.period import Period
from tests.support.directory import ISSUER

LOG = b"Day,Tests\n1 January,12\n"
ATTACH = """mutation ($input: AttachEvidence!, $key: String) {
    attachEvidence(input: $input, idempotencyKey: $key) {
        id claim evidence fileName mediaType size hash searched unsearched pictures
        fromVersion toVersion } }"""


@pytest.fixture
async def draft(claims: Period) -> Claim:
    return await drafted(claims)


async def attached(
    period: Period,
    draft: Claim,
    content: bytes = LOG,
    *,
    who: str = "claimant",
    name: str = "log.csv",
    **changes: Any,
) -> Any:
    given = {
        "claim": str(draft.id),
        "service": SCHEME,
        "evidence": "LOG",
        "upload": str(await put(period, FILE_KIND.name, who, content)),
        "fileName": name,
    }
    data = await period.ask(who, ATTACH, input=given | changes, key=None)
    return data if "errors" in data else data["attachEvidence"]


async def kept(period: Period) -> list[Path]:
    return [one for one in (period.folder / "objects").rglob("*") if one.is_file()]


async def rows(period: Period) -> dict[str, int]:
    tables = ("claim_evidence", "object_to_forget", "claim_history", "chassis.outbox")
    async with period.db.reader() as reader:
        return {t: len(await reader.fetch(f"table {t}")) for t in tables}


def worker(period: Period) -> Worker:
    return Worker(period.db, Clock(lambda: period.now), period.files(), stop=None)


async def forget(period: Period) -> int:
    gone = 0
    while await forget_one(worker(period)):
        gone += 1
    return gone


async def fetched(period: Period, who: str, evidence: str) -> bytes:
    """As whoever holds a path fetches it, with the roles of that moment."""
    principal = await period.principal(who)
    async with period.db.reader() as reader:
        found = await queries.HANDOUT.find(reader, principal, UUID(evidence))
    object_ = await period.files().objects.get(found.key)
    return b"".join([part async for part in object_.parts()])


async def test_a_file_is_kept_as_an_object_and_its_hash_in_the_row(claims, draft) -> None:
    digest = hashlib.sha256(LOG).hexdigest()
    one = await attached(claims, draft)
    assert one == {
        "id": one["id"],
        "claim": str(draft.id),
        "evidence": "LOG",
        "fileName": "log.csv",
        "mediaType": "text/csv; charset=utf-8",
        "size": len(LOG),
        "hash": digest,
        "searched": "WHOLE",
        "unsearched": [],
        "pictures": 0,
        "fromVersion": 1,
        "toVersion": None,
    }
    assert await kept(claims) == [
        claims.folder / "objects/declarations/A81001" / str(draft.id) / digest
    ]
    assert await fetched(claims, "claimant", one["id"]) == LOG


async def test_what_could_not_be_searched_is_shown_to_whoever_submits_and_to_tier_1(
    claims: Period, draft: Claim, tmp_path: Path
) -> None:
    def corner(_: object, sheet: Any) -> None:
        sheet.insert_image("D4", "a.png", {"image_data": BytesIO(making.PICTURE)})

    book = making.workbook(tmp_path / "log.xlsx", {"A1": "Seen"}, corner=corner)
    one = await attached(claims, draft, book.read_bytes(), name="log.xlsx")
    shown = {"searched": "PART", "unsearched": ["picture image1.png"]}
    assert shown.items() <= one.items()
    of = {"id": str(draft.id), "version": draft.version}
    await asking.submit(claims, of, content=asking.content([("PHLEB", "12")]))
    query = "query ($id: ID!) { claimEvidence(claim: $id) { searched unsearched } }"
    assert (await claims.ask("tier 1", query, id=str(draft.id)))["claimEvidence"] == [shown]


@pytest.mark.parametrize("wrong", ["endpoint", "url"])
async def test_while_the_store_is_away_nothing_is_attached_and_later_it_is(
    claims: Period, draft: Claim, bucket: Bucket, wrong: str
) -> None:
    away = {"endpoint": f"http://127.0.0.1:{free_port()}", "url": "s3://none"}[wrong]
    principal = await claims.principal("claimant")
    upload = await put(claims, FILE_KIND.name, "claimant", LOG)
    given = Attaching(draft.id, SCHEME, "LOG", upload, "log.csv")

    async def attach(place: Bucket) -> UUID:
        objects = Objects("declarations", place)
        files = Files("declarations", claims.folder, b"key", [FILE_KIND], objects)
        return await commands.attach(claims.db, files, principal, given, key=None, now=claims.now)

    with pytest.raises(TransientError, match="does not answer"):
        await attach(replace(bucket, **{wrong: away}))
    assert (await rows(claims))["claim_evidence"] == 0
    assert await attach(bucket)
    assert await rows(claims) == {
        "claim_evidence": 1, "object_to_forget": 0, "claim_history": 1, "chassis.outbox": 0
    }  # fmt: skip


async def test_the_same_file_again_changes_nothing(claims: Period, draft: Claim) -> None:
    first, before = await attached(claims, draft), await rows(claims)
    assert await attached(claims, draft, name="again.csv") == first
    assert await rows(claims) == before
    assert len(await kept(claims)) == 1


async def test_a_claim_waits_for_its_evidence_and_seals_the_hash_of_it(claims, draft) -> None:
    of = {"id": str(draft.id), "version": draft.version}
    content = asking.content([("PHLEB", "12")])
    missing = await asking.submit(claims, of, content=content)
    assert [(one["code"], one["field"]) for one in missing["errors"]] == [("LC006", "evidence")]
    one = await attached(claims, draft)
    assert (await asking.submit(claims, of, content=content))["errors"] == []
    async with claims.db.reader() as reader:
        sealed = await reader.fetchval("select content from claim_content")
    assert [file["sha256"] for file in sealed["evidence"]] == [one["hash"]]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ((LOG, "log.pdf", {}), "EVIDENCE_TYPE_NOT_ACCEPTED"),  # LOG is csv or xlsx
        ((LOG, "log.xlsx", {}), "EVIDENCE_NOT_READABLE"),
        ((b"", "log.csv", {}), "EVIDENCE_EMPTY"),
        ((b"x" * 10_485_761, "log.csv", {}), "EVIDENCE_TOO_LARGE"),
        ((f"Day,Seen\n1 May,{NUMBER}".encode(), "log.csv", {}), "NHS_NUMBER_IN_EVIDENCE"),
        ((LOG, f"{NUMBER}.csv", {}), "NHS_NUMBER_IN_EVIDENCE"),
        ((LOG, "log.csv", {"evidence": "XRAY"}), "EVIDENCE_NOT_ASKED_FOR"),
        ((LOG, "log.csv", {"service": "QOF2526"}), "SERVICE_NOT_OF_CLAIM"),
        ((LOG, "log.csv", {"upload": "01990000-0000-7000-8000-000000000001"}), "UPLOAD_NOT_FOUND"),
        ((LOG, "log.csv", {"claim": "01990000-0000-7000-8000-000000000001"}), "NOT_FOUND"),
    ],
)
async def test_what_is_refused_leaves_no_row_and_no_object(claims, draft, given, code) -> None:
    (content, name, changes), before = given, await rows(claims)
    refused = await attached(claims, draft, content, name=name, **changes)
    assert refused == {"errors": [code]}
    assert await rows(claims) == before
    assert await kept(claims) == []


async def test_an_nhs_number_is_found_in_a_workbook_that_was_put(claims, draft, tmp_path) -> None:
    content = making.workbook(tmp_path / "a.xlsx", {"B7": NUMBER}).read_bytes()
    assert await attached(claims, draft, content, name="a.xlsx") == {
        "errors": ["NHS_NUMBER_IN_EVIDENCE"]
    }
    uploads = claims.folder / "declarations" / FILE_KIND.name
    assert [path for path in uploads.rglob("*") if path.is_file()] == []  # it is not kept at all


async def test_only_the_claims_own_provider_attaches(claims: Period, draft: Claim) -> None:
    assert await attached(claims, draft, who="other claimant") == {"errors": ["NOT_FOUND"]}
    for who in ("claim approver", "tier 1", "claim viewer", "pcn viewer"):
        assert await attached(claims, draft, who=who) == {"errors": ["ROLE_REQUIRED"]}
    assert await kept(claims) == []


async def test_evidence_of_what_was_submitted_stays(claims: Period, draft: Claim) -> None:
    one = await attached(claims, draft)
    await become(claims, draft, "AWAITING_TIER_1")
    before = await rows(claims)
    assert await attached(claims, draft, b"Day\n") == {"errors": ["WRONG_STATUS"]}
    assert await removed(claims, one["id"]) == {"errors": ["WRONG_STATUS"]}
    assert await rows(claims) == before


async def test_what_is_taken_off_a_draft_is_gone(claims: Period, draft: Claim) -> None:
    one, other = await attached(claims, draft), await attached(claims, draft, b"Day\n2\n")
    assert await removed(claims, one["id"]) == [{"id": other["id"]}]
    assert await removed(claims, one["id"]) == {"errors": ["NOT_FOUND"]}
    assert len(await kept(claims)) == 2
    assert await forget(claims) == 1
    assert [path.name for path in await kept(claims)] == [other["hash"]]


async def test_a_version_that_was_submitted_keeps_what_the_next_goes_without(claims, draft) -> None:
    one = await attached(claims, draft)
    await become(claims, draft, "DRAFT", content_version=2)
    assert await removed(claims, one["id"]) == []
    assert await forget(claims) == 0
    assert await fetched(claims, "tier 1", one["id"]) == LOG
    listed = await evidence(claims, "tier 1", draft)
    assert [(row["fromVersion"], row["toVersion"]) for row in listed] == [(1, 1)]


async def test_a_file_put_and_never_named_is_forgotten(claims, draft, tmp_path) -> None:
    (tmp_path / "cut off").write_bytes(LOG)
    async with claims.db.transaction() as tx:
        await tx.execute("insert into object_to_forget values ('A81001/x/y', now())")
    await claims.files().objects.put("A81001/x/y", tmp_path / "cut off")
    assert await forget(claims) == 1
    assert await kept(claims) == []


async def test_an_object_that_a_row_names_is_never_forgotten(claims: Period, draft: Claim) -> None:
    one = await attached(claims, draft)
    other = await attached(claims, draft, evidence="LOG", name="same.csv")
    async with claims.db.transaction() as tx:
        key = await tx.fetchval("select object_key from claim_evidence")
        await tx.execute("insert into object_to_forget values ($1, now())", key)
    assert await forget(claims) == 1
    assert await fetched(claims, "claimant", one["id"]) == LOG
    assert other == one


async def test_whoever_sees_the_claim_sees_its_evidence_and_nobody_else(claims, draft) -> None:
    one = await attached(claims, draft)
    for who in ("claimant", "tier 1", "tier 2", "claim viewer", "pcn viewer"):
        assert [row["id"] for row in await evidence(claims, who, draft)] == [one["id"]]
        assert await fetched(claims, who, one["id"]) == LOG
    for who in ("other claimant", "other tier 1", "other pcn viewer"):
        assert await evidence(claims, who, draft) == {"errors": ["NOT_FOUND"]}
        assert await download(claims, who, one["id"]) == {"errors": ["NOT_FOUND"]}
        with pytest.raises(DomainError) as refused:
            await fetched(claims, who, one["id"])
        assert refused.value.code == "NOT_FOUND"


async def test_a_path_says_who_asked_and_is_signed(claims: Period, draft: Claim) -> None:
    one = await attached(claims, draft)
    given = await download(claims, "tier 1", one["id"])
    asker = Identity(ISSUER, "tier 1")
    path = queries.HANDOUT.path(claims.files(), asker, "QHM", UUID(one["id"]))
    assert given["path"].partition("&expires=")[0] == path.partition("&expires=")[0]


async def test_a_claim_has_so_much_evidence_and_no_more(claims, draft, monkeypatch) -> None:
    monkeypatch.setattr("services.declarations.evidence.commands.MOST_FILES", 1)
    await attached(claims, draft)
    assert await attached(claims, draft, b"Day\n2\n") == {"errors": ["TOO_MUCH_EVIDENCE"]}


async def evidence(period: Period, who: str, draft: Claim) -> Any:
    query = "query ($claim: ID!) { claimEvidence(claim: $claim) { id fromVersion toVersion } }"
    data = await period.ask(who, query, claim=str(draft.id))
    return data if "errors" in data else data["claimEvidence"]


async def removed(period: Period, evidence: str, who: str = "claimant") -> Any:
    query = "mutation ($id: ID!) { removeEvidence(id: $id) { id } }"
    data = await period.ask(who, query, id=evidence)
    return data if "errors" in data else data["removeEvidence"]


async def download(period: Period, who: str, evidence: str) -> Any:
    query = "mutation ($id: ID!) { requestEvidenceDownload(id: $id) { path expiresAt } }"
    data = await period.ask(who, query, id=evidence)
    return data if "errors" in data else data["requestEvidenceDownload"]


async def become(period: Period, draft: Claim, status: str, content_version: int = 1) -> None:
    """As it is after steps that others test."""
    async with period.db.transaction() as tx:
        sql = "update claim set status = $2, content_version = $3 where id = $1"
        await tx.execute(sql, draft.id, status, content_version)
