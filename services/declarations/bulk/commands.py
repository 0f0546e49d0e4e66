"""A filled template is checked whole by a job, and then submitted whole, or not at all."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from services.declarations.agreements import store as agreements
from services.declarations.bulk import domain, store
from services.declarations.bulk.domain import Given, Known, Problem, Row, Template
from services.declarations.bulk.reading import rows_of
from services.declarations.bulk.store import Priced
from services.declarations.claims import facts, keeping, submitting
from services.declarations.claims.commands import draft
from services.declarations.claims.domain import Line
from services.declarations.claims.facts import Offered
from services.declarations.claims.submitting import Checked, Draft
from services.declarations.evidence.domain import check_finding, name_of
from services.declarations.evidence.inspecting import inspect
from services.declarations.sight import not_found

JOB: Final = "check-bulk-claim"
FILE_KIND: Final = FileKind("bulk-claim", limit=10_485_760)
ENDINGS: Final = ("csv", "xlsx")
LONGEST: Final = 40
"""Characters of a quantity that are kept, however wrong it is."""


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


@dataclass(frozen=True, slots=True)
class Found:
    """What a filled template comes to: rows as they would be claimed, or what is wrong."""

    rows: Sequence[Priced]
    problems: Sequence[Problem]
    checked: Sequence[Checked] = ()


async def check(run: JobRun) -> dict[str, object]:
    """Read the file and check all of it; keep what was found, in one transaction."""
    acting = Acting(run.organisation, run.now.astimezone(ENGLAND).date())
    given, problems = await _read(run.input["ending"], Path(run.input["path"]))
    async with run.db.transaction() as tx:
        found = Found((), problems)
        if given is not None:
            found = await _looked_up(tx, given, acting, to_submit=False)
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


async def _looked_up(tx: Tx, given: Given, acting: Acting, *, to_submit: bool) -> Found:
    """Every row resolved, and those that can be asked all rules."""
    if problem := await _not_handed_out(tx, given, acting):
        return Found((), [problem])
    if not given.rows and not given.problems:
        message = "It claims nothing: no row has a quantity"
        return Found((), [Problem(1, domain.RULE, "QUANTITY", message)])
    offered = await _offered(tx, given, acting)
    known = _known(given.template, offered)
    found = (domain.unresolved(row, given.template, known) for row in given.rows)
    problems = [*given.problems, *(one for one in found if one is not None)]
    at_fault = {problem.row for problem in problems}
    sound = [row for row in given.rows if row.row not in at_fault]
    ask = submitting.check if to_submit else submitting.look
    drafts = _drafts(given.template, sound, offered)
    checked = await ask(tx, drafts, today=acting.today, upload=True)
    return _found(given, sound, problems, checked)


async def _not_handed_out(reader: Reader, given: Given, acting: Acting) -> Problem | None:
    """Whether the mark is one that we made for the organisation, of the version in force."""
    template = given.template
    row = await store.template(reader, given.signature, acting.organisation)
    if row is None or template != Template(
        row["quality_service"], row["period_start"], row["period_end"], row["commissioner"]
    ):
        changed = domain.changed_mark()
        return Problem(1, changed.code, None, changed.message)
    latest = await agreements.latest_version(reader, template.service)
    if latest != template.quality_service:
        message = f"The template is of {template.quality_service}; {latest} is in force: ask for it"
        return Problem(1, domain.RULE, None, message)
    return None


async def _offered(reader: Reader, given: Given, acting: Acting) -> dict[str, Offered]:
    """By provider what it was offered, of those that the organisation commissions."""
    template, day = given.template, given.template.period_end
    period = (template.period_start, template.period_end)
    providers = sorted({row.provider for row in given.rows})
    asked = [(provider, template.service, *period) for provider in providers]
    offered = await facts.offered(reader, asked)
    theirs = await store.commissioners(reader, acting, day)
    return {
        provider: one for (provider, _, _), one in offered.items() if one.commissioner in theirs
    }


def _known(template: Template, offered: Mapping[str, Offered]) -> Known:
    versions = {provider: one.service.quality_service for provider, one in offered.items()}
    schemes = [
        one.scheme
        for one in offered.values()
        if one.service.quality_service == template.quality_service
    ]
    components = schemes[0].components if schemes else ()
    return Known(frozenset(one.code for one in components), versions)


def _drafts(template: Template, rows: Sequence[Row], offered: Mapping[str, Offered]) -> list[Draft]:
    """A claim for each provider, of all its rows."""
    by_provider: dict[str, list[Row]] = {}
    for row in rows:
        by_provider.setdefault(row.provider, []).append(row)
    period = (template.period_start, template.period_end)
    return [
        Draft(
            draft(provider, offered[provider].commissioner, [offered[provider].service], *period),
            [
                Line(place, template.service, row.component, row.quantity[:LONGEST])
                for place, row in enumerate(theirs, start=1)
            ],
            None,
        )
        for provider, theirs in sorted(by_provider.items())
    ]


def _found(
    given: Given, sound: Sequence[Row], problems: Sequence[Problem], checked: Sequence[Checked]
) -> Found:
    """What the rules have said, by the rows of the file."""
    places = {(row.provider, row.component): row for row in sound}
    priced: dict[int, Priced] = {row.row: _as_given(row) for row in given.rows}
    listed = list(problems)
    for one in checked:
        provider, lines = one.draft.claim.provider, one.draft.lines
        rows = [places[provider, line.component] for line in lines]
        for row, line in zip(rows, lines, strict=True):
            priced[row.row] = _as_priced(row, line)
            if changed := domain.changed_tariff(row, line.tariff):
                listed.append(changed)
        for wrong in one.problems:
            row = rows[wrong.line - 1 if wrong.line else 0]
            field = wrong.field.upper() if wrong.line else wrong.field
            listed.append(Problem(row.row, wrong.code, field, wrong.message))
    in_order = sorted(listed, key=lambda problem: problem.row)
    return Found([priced[row] for row in sorted(priced)], in_order, checked)


def _as_given(row: Row) -> Priced:
    return Priced(row.row, row.provider, row.component, row.quantity, row.tariff)


def _as_priced(row: Row, line: Line) -> Priced:
    return replace(_as_given(row), units=line.units, tariff=line.tariff, amount=line.amount)


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
    found = await _looked_up(tx, await _kept(tx, row), principal.acting, to_submit=True)
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
