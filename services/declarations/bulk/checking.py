"""A filled template is looked up whole: its mark, its rows, and every rule of every claim."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.declarations.agreements import store as agreements
from services.declarations.bulk import domain, store
from services.declarations.bulk.domain import Given, Known, Problem, Row, Template
from services.declarations.bulk.store import Priced
from services.declarations.claims import facts, submitting
from services.declarations.claims.commands import draft
from services.declarations.claims.domain import Line
from services.declarations.claims.facts import Offered
from services.declarations.claims.submitting import Checked, Draft

LONGEST: Final = 40
"""Characters of a quantity that are kept, however wrong it is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a filled template comes to: rows as they would be claimed, or what is wrong."""

    rows: Sequence[Priced]
    problems: Sequence[Problem]
    checked: Sequence[Checked] = ()


async def look_up(tx: Tx, given: Given, acting: Acting, *, to_submit: bool) -> Found:
    """Every row resolved, and those that can be asked all rules."""
    handed_out = await store.template(tx, given.signature, acting.organisation)
    if handed_out is None:
        return Found((), [_changed_mark()])
    if problem := await _not_in_force(tx, given.template, handed_out):
        return Found((), [problem])
    if not given.rows and not given.problems:
        message = "It claims nothing: no row has a quantity"
        return Found((), [Problem(1, domain.RULE, "QUANTITY", message)])
    offered = await _offered(tx, given, acting)
    known = _known(given.template, offered, handed_out)
    found = (domain.unresolved(row, given.template, known) for row in given.rows)
    problems = [*given.problems, *(one for one in found if one is not None)]
    at_fault = {problem.row for problem in problems}
    sound = [row for row in given.rows if row.row not in at_fault]
    ask = submitting.check if to_submit else submitting.look
    drafts = _drafts(given.template, sound, offered)
    checked = await ask(tx, drafts, today=acting.today, upload=True)
    return _found(given, sound, problems, checked)


def _changed_mark() -> Problem:
    changed = domain.changed_mark()
    return Problem(1, changed.code, None, changed.message)


async def _not_in_force(reader: Reader, template: Template, row: Record) -> Problem | None:
    """Whether the mark says what was handed out, and that is of the version in force."""
    if template != Template(
        row["quality_service"], row["period_start"], row["period_end"], row["commissioner"]
    ):
        return _changed_mark()
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


def _known(template: Template, offered: Mapping[str, Offered], handed_out: Record) -> Known:
    """Of all that take part, and all that is claimed, what the template was asked for."""
    providers, chosen = handed_out["providers"], handed_out["components"]
    versions = {
        provider: one.service.quality_service
        for provider, one in offered.items()
        if providers is None or provider in providers
    }
    schemes = [
        one.scheme
        for one in offered.values()
        if one.service.quality_service == template.quality_service
    ]
    components = schemes[0].components if schemes else ()
    codes = (one.code for one in components if chosen is None or one.code in chosen)
    return Known(frozenset(codes), versions)


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
