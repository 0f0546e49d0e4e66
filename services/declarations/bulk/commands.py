"""A filled template is checked whole by a job, and then submitted whole, or not at all."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis import jobs
from chassis.clock import ENGLAND
from chassis.db import Reader, Tx
from chassis.errors import DomainError
from chassis.files import FileKind, Files, Signed
from chassis.jobs import JobRun
from nhs.directory import Acting, Principal
from nhs.roles import Role
from services.declarations.bulk import domain, store
from services.declarations.bulk.checking import Found, look_up
from services.declarations.bulk.domain import Given, Problem, Row, Template
from services.declarations.bulk.reading import rows_of
from services.declarations.claims import keeping, submitting
from services.declarations.claims.submitting import Checked
from services.declarations.evidence.domain import check_finding, name_of
from services.declarations.evidence.inspecting import inspect
from services.declarations.sight import not_found

JOB: Final = "check-bulk-claim"
FILE_KIND: Final = FileKind("bulk-claim", limit=10_485_760)
ENDINGS: Final = ("csv", "xlsx")


def request_upload(files: Files, principal: Principal, file_name: str) -> Signed:
    """Hand out the path to put a filled template to."""
    principal.require(Role.CLAIM_TIER_1)
    _ending(name_of(file_name))
    return files.upload(FILE_KIND.name, organisation=principal.organisation)


def _ending(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    if ending not in ENDINGS:
        message = f"{name} is neither CSV nor XLSX: the template is."
        raise DomainError("FILE_TYPE_NOT_ACCEPTED", message, field="fileName")
    return ending


async def ask_to_check(
    tx: Tx, files: Files, principal: Principal, upload: UUID, *, file_name: str, now: datetime
) -> UUID:
    """Start the job that checks a filled template."""
    principal.require(Role.CLAIM_TIER_1)
    name = name_of(file_name)
    path = files.received(FILE_KIND.name, upload, organisation=principal.organisation)
    person, organisation = principal.person_id, principal.organisation
    wanted = {"path": str(path), "ending": _ending(name)}
    job = await jobs.enqueue(tx, JOB, wanted, person=person, organisation=organisation, now=now)
    await store.ask(tx, job, name, organisation, person=person, now=now)
    return job


async def check(run: JobRun) -> dict[str, object]:
    """Read the file and check all of it; keep what was found, in one transaction."""
    acting = Acting(run.organisation, run.now.astimezone(ENGLAND).date())
    given, problems = await _read(run.input["ending"], Path(run.input["path"]))
    async with run.db.transaction() as tx:
        found = Found((), problems)
        if given is not None:
            found = await look_up(tx, given, acting, to_submit=False)
        same_as = None
        if given is not None and not found.problems:
            same_as = await store.submitted_before(tx, run.organisation, given.digest)
        status = "REFUSED" if found.problems else "REPEATED" if same_as else "CHECKED"
        await store.keep_checked(
            tx, run.id, status, given, same_as=same_as, rows=found.rows, problems=found.problems
        )
        answer: dict[str, object] = {"status": status, "problems": len(found.problems)}
        await run.finish(tx, answer)
    return answer


async def _read(ending: str, path: Path) -> tuple[Given | None, list[Problem]]:
    """The file as it was given; what is wrong with all of it is a problem of its first row."""
    try:
        check_finding(await inspect(ending, path))
        rows = await asyncio.to_thread(rows_of, ending, path)
        return domain.read(rows), []
    except DomainError as error:
        return None, [Problem(1, error.code, error.field, error.message)]


async def submit(tx: Tx, principal: Principal, bulk: UUID, *, now: datetime) -> None:
    """Submit all of what was checked, or nothing; what was submitted already stays as it is."""
    principal.require(Role.CLAIM_TIER_1)
    row = await store.lock(tx, bulk, principal.organisation)
    if row is None:
        raise not_found("bulk claim", bulk)
    if row["status"] in {"SUBMITTED", "REPEATED"}:
        return
    await _check_submittable(tx, principal, row)
    if earlier := await store.submitted_before(tx, row["commissioner"], row["digest"]):
        await store.repeats(tx, bulk, earlier)
        return
    found = await look_up(tx, await _kept(tx, row), principal.acting, to_submit=True)
    if found.problems:
        await store.keep_problems(tx, bulk, found.problems)
        await store.refuse(tx, bulk)
        return
    _require(principal, found.checked)
    claims = await _submitted(tx, principal, found.checked, now)
    await store.submitted(tx, bulk, claims, now)


async def _check_submittable(reader: Reader, principal: Principal, row: Record) -> None:
    if row["status"] is None:
        message = "It has not been checked to its end yet: look again."
        raise DomainError("NOT_YET_CHECKED", message, field="id")
    if row["asked_by"] != principal.person_id:
        message = "Who has uploaded it submits it."
        raise DomainError("UPLOADED_BY_ANOTHER", message, field="id")
    if row["status"] == "REFUSED":
        (first,) = await store.problems(reader, row["id"], 1)
        message = f"Nothing is submitted: row {first['row']}: {first['message']}"
        facts_ = {"row": first["row"], "rule": first["code"]}
        raise DomainError("BULK_CLAIM_NOT_VALID", message, field=first["field"], **facts_)


async def _kept(reader: Reader, row: Record) -> Given:
    """The file as it was read."""
    template = Template(
        row["quality_service"], row["period_start"], row["period_end"], row["commissioner"]
    )
    rows = [
        Row(one["row"], one["provider"], one["component"], one["quantity"], one["tariff_given"])
        for one in await store.rows_of(reader, row["id"])
    ]
    return Given(template, row["signature"], tuple(rows), ())


def _require(principal: Principal, checked: Sequence[Checked]) -> None:
    for payment_type in sorted({t for one in checked for t in one.draft.claim.payment_types}):
        principal.require(Role.CLAIM_TIER_1, payment_type=payment_type)


async def _submitted(
    tx: Tx, principal: Principal, checked: Sequence[Checked], now: datetime
) -> dict[str, UUID]:
    """The claims made and submitted; answers each by its provider."""
    by, acting_for = principal.person_id, principal.organisation
    drafts = [one.draft.claim for one in checked]
    created = await keeping.create(tx, drafts, by, acting_for=acting_for, now=now)
    made = [
        replace(one, draft=replace(one.draft, claim=claim))
        for one, claim in zip(checked, created, strict=True)
    ]
    claims = await submitting.submit(tx, principal, made, upload=True, now=now)
    return {claim.provider: claim.id for claim in claims}
