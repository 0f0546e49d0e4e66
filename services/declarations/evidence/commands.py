"""Evidence is attached to a draft, and taken off it; what is submitted stays as it was."""

import asyncio
import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Database, Reader, Tx
from chassis.errors import DomainError
from chassis.files import FileKind, Files, Signed
from chassis.idempotency import IdempotencyKey, once_alone
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.formulas.scheme import Evidence
from nhs.roles import Role
from services.declarations.agreements import store as agreements
from services.declarations.claims.domain import Status
from services.declarations.evidence import store
from services.declarations.evidence.domain import (
    LARGEST,
    MEDIA_TYPES,
    MOST_FILES,
    check_finding,
    check_size,
    ending_of,
    name_of,
)
from services.declarations.evidence.inspecting import inspect
from services.declarations.sight import not_found

FILE_KIND: Final = FileKind("claim-evidence", limit=LARGEST)


@dataclass(frozen=True, slots=True)
class Attaching:
    """Which upload is to be evidence of what."""

    claim: UUID
    service: str
    evidence: str
    upload: UUID
    file_name: str


def request_upload(files: Files, principal: Principal, file_name: str) -> Signed:
    """Hand out the path to put a file to; its name is looked at already."""
    principal.require(Role.CLAIM_USER)
    ending_of(name_of(file_name), list(MEDIA_TYPES))
    return files.upload(FILE_KIND.name, organisation=principal.organisation)


async def attach(
    db: Database,
    files: Files,
    principal: Principal,
    given: Attaching,
    *,
    key: IdempotencyKey | None,
    now: datetime,
) -> UUID:
    """Read the file, keep it as an object, and name it in the claim; or refuse and keep nothing."""
    principal.require(Role.CLAIM_USER)
    name = name_of(given.file_name)
    path = files.received(FILE_KIND.name, given.upload, organisation=principal.organisation)
    async with db.reader() as reader:
        claim = await store.own_claim(reader, given.claim, principal.acting, given.service)
        draft = _draft(principal, claim, given.claim)
        wanted = await _wanted(reader, draft, given)
    ending = ending_of(name, wanted.accepts)
    size = path.stat().st_size
    check_size(size)
    finding = await inspect(ending, path)
    check_finding(finding)
    digest = await asyncio.to_thread(_digest, path)
    one = store.Attached(
        new_id(),
        given.claim,
        given.service,
        given.evidence,
        name,
        MEDIA_TYPES[ending],
        size,
        digest,
        finding.pictures,
        finding.searched,
        finding.unsearched,
        f"{draft['provider']}/{given.claim}/{digest}",
    )
    async with db.transaction() as tx:
        await store.mark(tx, one.object_key)
    await files.objects.put(one.object_key, path)
    return await once_alone(db, key, UUID, lambda tx: _keep(tx, principal, one, now=now), now=now)


async def _wanted(reader: Reader, claim: Record, given: Attaching) -> Evidence:
    """What the scheme says of this evidence."""
    version = claim["quality_service"]
    if version is None:
        message = f"The claim is not of {given.service}."
        raise DomainError("SERVICE_NOT_OF_CLAIM", message, field="service")
    scheme = (await agreements.specifications(reader, [version]))[version].scheme
    listed = scheme.evidence if scheme else ()
    found = next((one for one in listed if one.code == given.evidence), None)
    if found is None:
        message = f"{given.service} asks for no evidence {given.evidence}."
        codes = [one.code for one in listed]
        raise DomainError("EVIDENCE_NOT_ASKED_FOR", message, field="evidence", codes=codes)
    return found


def _draft(principal: Principal, claim: Record | None, identity: UUID) -> Record:
    """The claim, if it is the caller's own to work on."""
    if claim is None:
        raise not_found("claim", identity)
    for payment_type in claim["payment_types"]:
        principal.require(Role.CLAIM_USER, payment_type=payment_type)
    if claim["status"] != Status.DRAFT:
        message = f"Its evidence stays as it is: the claim is {claim['status']}, not a draft."
        raise DomainError("WRONG_STATUS", message, field="claim")
    return claim


async def _keep(tx: Tx, principal: Principal, one: store.Attached, *, now: datetime) -> UUID:
    """Name the object, if the claim is still a draft and has room."""
    row = await store.lock_own_claim(tx, one.claim_id, principal.acting, one.service_code)
    claim = _draft(principal, row, one.claim_id)
    if await store.count(tx, one.claim_id) >= MOST_FILES:
        message = f"A claim has at most {MOST_FILES} files of evidence."
        raise DomainError("TOO_MUCH_EVIDENCE", message, field="claim", limit=MOST_FILES)
    return await store.keep(
        tx,
        one,
        version=claim["content_version"],
        person=principal.person_id,
        acting_for=principal.organisation,
        now=now,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


async def removed(
    db: Database, principal: Principal, evidence: UUID, *, key: IdempotencyKey | None, now: datetime
) -> UUID:
    """Take a file off a draft, once."""
    principal.require(Role.CLAIM_USER)
    return await once_alone(db, key, UUID, lambda tx: remove(tx, principal, evidence), now=now)


async def remove(tx: Tx, principal: Principal, evidence: UUID) -> UUID:
    """Take a file off a draft; what was submitted with it keeps it. Answers the claim."""
    row = await store.find(tx, evidence)
    if row is None or row["to_version"] is not None:
        raise not_found("evidence", evidence)
    locked = await store.lock_own_claim(tx, row["claim_id"], principal.acting, row["service_code"])
    if locked is None:
        raise not_found("evidence", evidence)
    claim = _draft(principal, locked, row["claim_id"])
    if row["from_version"] == claim["content_version"]:
        await store.remove(tx, evidence, row["object_key"])
    else:
        await store.end(tx, evidence, claim["content_version"] - 1)
    return UUID(str(claim["id"]))
