"""Evidence in GraphQL."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.files import LIFETIME
from chassis.graphql import Context, as_uuid
from nhs.directory import Principal
from services.declarations.approval.history_schema import batched
from services.declarations.evidence import commands, queries, store
from services.declarations.evidence.commands import Attaching
from services.declarations.evidence.domain import Searched

strawberry.enum(
    Searched,
    name="ClaimEvidenceSearched",
    description="How much of a file was searched for NHS numbers: the WHOLE of it, PART of it, "
    "since there are pictures beside its text, or NOTHING, since it is pictures alone, as a scan "
    "is. A person has to look at the rest.",
)

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="Where to put a file of evidence.")
class ClaimEvidenceUpload:
    id: strawberry.ID = strawberry.field(description="Name it to attachEvidence.")
    path: str = strawberry.field(description="PUT the file there within 15 minutes.")


@strawberry.input(description="Which upload is to be evidence of what.")
class AttachEvidence:
    claim: strawberry.ID = strawberry.field(description="A draft of the caller's organisation.")
    service: str = strawberry.field(description="The line of one of the claim's services.")
    evidence: str = strawberry.field(description="What it is of the scheme's evidence: LOG.")
    upload: strawberry.ID = strawberry.field(description="As requestEvidenceUpload answered it.")
    file_name: str = strawberry.field(description="What the file is called.")

    def attaching(self) -> Attaching:
        claim, upload = as_uuid(self.claim, "claim"), as_uuid(self.upload, "upload")
        return Attaching(claim, self.service, self.evidence, upload, self.file_name)


@strawberry.type(description="Where to fetch a file of evidence from: GET, without a token.")
class ClaimEvidenceDownload:
    path: str = strawberry.field(description="The path.")
    expires_at: datetime = strawberry.field(description="Until when it is good.")


@strawberry.type(description="A file that is, or was, evidence of a claim. It never changes.")
class ClaimEvidence:
    id: strawberry.ID = strawberry.field(description="The file's id.")
    claim: strawberry.ID = strawberry.field(description="The claim's id.")
    service: str = strawberry.field(description="The line of the service it is for.")
    evidence: str = strawberry.field(description="What it is of the scheme's evidence: LOG.")
    file_name: str = strawberry.field(description="What the file is called.")
    media_type: str = strawberry.field(description="What kind of file it is.")
    size: int = strawberry.field(description="Bytes.")
    hash: str = strawberry.field(description="SHA-256 of the file.")
    searched: Searched = strawberry.field(
        description="How much of it was searched for NHS numbers, in which none was found."
    )
    unsearched: list[str] = strawberry.field(
        description='What could not be searched: "page 2", "pages 4 to 9", "picture image1.png". '
        "Whoever submits the claim has looked there for NHS numbers, and so does tier 1."
    )
    pictures: int = strawberry.field(description="How many pages and pictures that is.")
    from_version: int = strawberry.field(
        description="The first version of the claim's content that it is part of."
    )
    to_version: int | None = strawberry.field(description="The last; null: it still is.")
    attached_at: datetime = strawberry.field(description="When.")
    attached_by: strawberry.ID = strawberry.field(description="The person.")
    attached_for: str = strawberry.field(description="The organisation they acted for.")

    @classmethod
    def of(cls, row: Record) -> ClaimEvidence:
        return cls(
            id=strawberry.ID(str(row["id"])),
            claim=strawberry.ID(str(row["claim_id"])),
            service=row["service_code"],
            evidence=row["code"],
            file_name=row["file_name"],
            media_type=row["media_type"],
            size=row["size"],
            hash=row["digest"],
            searched=Searched(row["searched"]),
            unsearched=row["unsearched"],
            pictures=row["pictures"],
            from_version=row["from_version"],
            to_version=row["to_version"],
            attached_at=row["attached_at"],
            attached_by=strawberry.ID(str(row["attached_by"])),
            attached_for=row["attached_for"],
        )


@strawberry.type
class ClaimOfEvidence:
    """What evidence gives to a claim; put together in the schema."""

    id: strawberry.Private[strawberry.ID]
    content_version: strawberry.Private[int]

    @strawberry.field(description="The files that are attached to it, in this version of it.")
    async def evidence(self, info: Info) -> list[ClaimEvidence]:
        none: list[Record] = []
        found = batched(info, "evidence of claims", store.of_claims, none)
        rows = await found.load(UUID(self.id))
        return [ClaimEvidence.of(row) for row in rows if _is_part(row, self.content_version)]


def _is_part(row: Record, version: int) -> bool:
    last = row["to_version"]
    return bool(row["from_version"] <= version and (last is None or last >= version))


@strawberry.type
class EvidenceQuery:
    @strawberry.field(
        description="The evidence of a claim that the caller sees, of all its versions, oldest "
        "first."
    )
    async def claim_evidence(self, info: Info, claim: strawberry.ID) -> list[ClaimEvidence] | None:
        context, identity = info.context, as_uuid(claim, "claim")
        async with context.db.reader() as reader:
            rows = await queries.of_claim(reader, context.principal, identity)
        return [ClaimEvidence.of(row) for row in rows]


@strawberry.type
class EvidenceMutation:
    @strawberry.mutation(
        description="Ask where to put a file of evidence: PDF, XLSX, DOCX, CSV or TXT, at most "
        "10 MB. Needs Claim User."
    )
    def request_evidence_upload(self, info: Info, file_name: str) -> ClaimEvidenceUpload | None:
        context = info.context
        signed = commands.request_upload(context.files, context.principal, file_name)
        return ClaimEvidenceUpload(id=strawberry.ID(str(signed.id)), path=signed.path)

    @strawberry.mutation(
        description="Attach an uploaded file to a draft. It is refused where it is of a type that "
        "the scheme does not accept, is not what its name says, cannot be read, or holds what "
        "looks like an NHS number: where it does is said. The same file again changes nothing. "
        "Needs Claim User."
    )
    async def attach_evidence(
        self,
        info: Info,
        input: AttachEvidence,  # noqa: A002 (GraphQL's word)
        idempotency_key: str | None = None,
    ) -> ClaimEvidence | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        attaching = input.attaching()
        attached = await commands.attach(
            context.db, context.files, context.principal, attaching, key=key, now=context.now
        )
        async with context.db.reader() as reader:
            return ClaimEvidence.of(await queries.one(reader, context.principal, attached))

    @strawberry.mutation(
        description="Take a file off a draft; versions that were submitted with it keep it. "
        "Answers what is left. Needs Claim User."
    )
    async def remove_evidence(
        self, info: Info, id: strawberry.ID, idempotency_key: str | None = None
    ) -> list[ClaimEvidence] | None:
        context, key = info.context, info.context.idempotency(info, idempotency_key)
        identity, principal = as_uuid(id), context.principal
        claim = await commands.removed(context.db, principal, identity, key=key, now=context.now)
        async with context.db.reader() as reader:
            rows = await queries.of_claim(reader, principal, claim)
        return [ClaimEvidence.of(row) for row in rows if row["to_version"] is None]

    @strawberry.mutation(
        description="Ask for a file of evidence of a claim that the caller sees. The path is good "
        "for some minutes, and only while the caller may see the claim."
    )
    async def request_evidence_download(
        self, info: Info, id: strawberry.ID
    ) -> ClaimEvidenceDownload | None:
        context, identity = info.context, as_uuid(id)
        async with context.db.reader() as reader:
            await queries.one(reader, context.principal, identity)
        asker, organisation = context.identity, context.principal.organisation
        path = queries.HANDOUT.path(context.files, asker, organisation, identity)
        return ClaimEvidenceDownload(
            path=path, expires_at=datetime.fromtimestamp(time.time() + LIFETIME, UTC)
        )
