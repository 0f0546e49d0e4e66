"""Claims are checked and submitted: one, or many of an upload, each by what is left of budgets."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any
from uuid import UUID

from chassis.db import Reader, Tx
from nhs.directory import Principal
from nhs.notes import has_nhs_number, noted
from services.declarations import sealing
from services.declarations.claims import commands, domain, facts, keeping, rules, store, terms
from services.declarations.claims.domain import Claim, Happening, Line, Status, Terms
from services.declarations.claims.facts import Facts
from services.declarations.claims.rules import Attached, Case, Problem, Taken


@dataclass(frozen=True, slots=True)
class Draft:
    """A claim with what it is to claim; the claim is locked, or new."""

    claim: Claim
    lines: Sequence[Line]
    notes: str | None


@dataclass(frozen=True, slots=True)
class Checked:
    """A draft, its lines priced, and either all that is wrong with it or what it is worth."""

    draft: Draft
    evidence: Sequence[Attached]
    problems: list[Problem]
    terms: Terms | None


@dataclass(frozen=True, slots=True)
class Submitted:
    """What became of one claim: without problems it was submitted (or, asked so, could be)."""

    claim: UUID
    problems: list[Problem]


async def submit_one(
    tx: Tx,
    principal: Principal,
    claim: UUID,
    *,
    version: int,
    content: tuple[Sequence[Line], str | None] | None,
    dry_run: bool,
    now: datetime,
) -> Submitted:
    """Submit a draft as it is, or with this content; with anything wrong, nothing is written."""
    before = await commands.own(tx, principal, claim, version)
    with commands.refusing():
        domain.expect(before, Status.DRAFT)
    if content is None:
        lines = await store.lines_of(tx, [(before.id, before.content_version)])
        content = (lines[before.id], before.notes)
    elif not has_nhs_number(content[1] or ""):  # that is for the rules to say, beside all else
        content = (content[0], noted(content[1]))
    (checked,) = await check(tx, [Draft(before, *content)], today=principal.today)
    if not checked.problems and not dry_run:
        await submit(tx, principal, [checked], now=now)
    return Submitted(claim, checked.problems)


async def check(
    tx: Tx, drafts: Sequence[Draft], *, today: date, upload: bool = False
) -> list[Checked]:
    """Ask every rule of each draft; nobody submits claims of the same services meanwhile."""
    await facts.hold_budgets(tx, _services_of(drafts))
    return await look(tx, drafts, today=today, upload=upload)


async def look(
    reader: Reader, drafts: Sequence[Draft], *, today: date, upload: bool = False
) -> list[Checked]:
    """Ask every rule of each draft, the ones before it counted, as things are now.

    An upload counts as tier 1, which is to look at the evidence: none is attached to its claims.
    """
    claims = [draft.claim for draft in drafts]
    known = await facts.gather(reader, claims)
    providers = sorted({claim.provider for claim in claims})
    taken = await facts.taken(reader, _services_of(drafts), providers)
    return [_checked(draft, known, taken, today, upload=upload) for draft in drafts]


def _services_of(drafts: Sequence[Draft]) -> list[str]:
    return sorted({one.service_code for draft in drafts for one in draft.claim.services})


def _checked(draft: Draft, known: Facts, taken: Taken, today: date, *, upload: bool) -> Checked:
    offered = known.of(draft.claim)
    schemes = {code: one.scheme for code, one in offered.items()}
    services = tuple(one.service for one in offered.values())
    claim = replace(draft.claim, services=services)
    priced = replace(draft, claim=claim, lines=terms.priced(claim, draft.lines, schemes))
    evidence = known.evidence.get(claim.id, [])
    problems = rules.check(
        Case(
            claim=claim,
            lines=priced.lines,
            notes=draft.notes,
            evidence=evidence,
            schemes=schemes,
            participations={code: one.participation for code, one in offered.items()},
            opening=known.openings.get(claim.provider),
            today=today,
            taken=taken,
            evidence_seen=upload,
        )
    )
    if problems:
        return Checked(priced, evidence, problems, None)
    taken.add(claim, priced.lines)
    return Checked(priced, evidence, [], terms.terms_of(services, priced.lines, schemes))


async def submit(
    tx: Tx,
    principal: Principal,
    checked: Sequence[Checked],
    *,
    upload: bool = False,
    now: datetime,
) -> list[Claim]:
    """Submit drafts that nothing is wrong with. `upload`: the caller's upload counts as tier 1."""
    joined = await store.duties_joined(tx, principal.today)
    happened: list[list[Happening]] = []
    contents: list[dict[str, Any]] = []
    for one in checked:
        content = content_of(one)
        digest = sealing.digest(content)
        happened.append(_submitted(principal, one, digest, upload=upload, joined=joined))
        contents.append(_kept(principal, one.draft.claim, content, digest, now))
    claims = await keeping.save(tx, happened, acting_for=principal.organisation, now=now)
    await store.keep_services(tx, claims)
    drafts = [one.draft for one in checked]
    keys = [(one.claim.id, one.claim.content_version) for one in drafts]
    await store.keep_lines(tx, dict(zip(keys, [one.lines for one in drafts], strict=True)))
    await store.keep_contents(tx, contents)
    return claims


def _submitted(
    principal: Principal, checked: Checked, digest: str, *, upload: bool, joined: set[str]
) -> list[Happening]:
    draft, found = checked.draft, checked.terms
    assert found is not None, "what something is wrong with is not submitted"
    with commands.refusing():
        return domain.submit(
            draft.claim,
            principal.person_id,
            found,
            content=digest,
            notes=draft.notes,
            upload=upload,
            joined=draft.claim.commissioner in joined,
        )


def content_of(checked: Checked) -> dict[str, Any]:
    """What is submitted, as it is sealed, kept and exported."""
    draft = checked.draft
    return {
        "content_version": draft.claim.content_version,
        "notes": draft.notes,
        "lines": [
            {
                "service": line.service_code,
                "component": line.component,
                "quantity": line.quantity,
                "tariff": sealing.text(line.tariff),
                "amount": sealing.text(line.amount),
            }
            for line in draft.lines
        ],
        "evidence": [
            {
                "service": one.service_code,
                "code": one.code,
                "file_name": one.file_name,
                "sha256": one.digest,
            }
            for one in checked.evidence
        ],
    }


def _kept(
    principal: Principal, claim: Claim, content: dict[str, Any], digest: str, now: datetime
) -> dict[str, Any]:
    return {
        "claim_id": claim.id,
        "content_version": claim.content_version,
        "content": content,
        "digest": digest,
        "submitted_at": now,
        "submitted_by": principal.person_id,
        "submitted_for": principal.organisation,
    }
