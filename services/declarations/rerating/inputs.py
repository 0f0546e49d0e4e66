"""What a declaration stands on under a change: as it was frozen, where the change says nothing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from fractions import Fraction
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.formulas import binding
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.calculation import inputs, store
from services.declarations.calculation import members as networks
from services.declarations.calculation.domain import (
    Blocker,
    ListSize,
    RuleBook,
    Subject,
    Values,
    missing_values,
)
from services.declarations.calculation.inputs import Known
from services.declarations.calculation.members import Member, Standing
from services.declarations.rerating.domain import Change


def frozen(row: Record) -> Known:
    """What the calculation stood on, from its own row."""
    counts = zip(row["numerators"], row["denominators"], row["registers"], strict=True)
    parts = (dict(zip(networks.PARTS, numbers, strict=True)) for numbers in counts)
    kept = dict(row["stood_on"] or {})
    figures = {to: Fraction(text) for to, text in kept.pop("figures", {}).items()}
    return Known(
        dict(zip(row["indicators"], parts, strict=True)),
        ListSize(row["list_size"], row["list_on"], row["list_stands_in"]),
        figures=figures,
        origins=row["origins"] or {},
        membership=kept or None,
    )


@dataclass(frozen=True, slots=True)
class Lookup:
    """What the change wants otherwise than as it was frozen, for some declarations."""

    values: Mapping[str, Values] = field(default_factory=dict)
    """By practice."""
    lists: Mapping[str, ListSize] = field(default_factory=dict)
    members: Mapping[str, Sequence[Member]] = field(default_factory=dict)
    """By network."""
    known: Mapping[UUID, Known] = field(default_factory=dict)
    """Whose figures are wanted, by declaration."""
    following: Mapping[str, Fraction] = field(default_factory=dict)
    """Figures of other payments, as these would be."""


async def look_up(
    reader: Reader,
    service: QualityServiceSpecification,
    book: RuleBook,
    rows: Sequence[Record],
    change: Change,
) -> Lookup:
    """Everything the change asks for of declarations of one period: a statement for each kind."""
    members = await _members(reader, rows) if change.memberships_as_known else {}
    practices = _practices(rows, members)
    day = rows[0]["achievement_date"]
    new = change.memberships_as_known  # a member that was not counted brings what is known of it
    values = await _values(reader, rows[0], practices) if change.values_as_known or new else {}
    on_day = change.list_sizes_on or service.parameters.provider_list_on or day
    lists: Mapping[str, ListSize] = {}
    if change.list_sizes_on or change.list_sizes_as_known or new:
        found = await store.list_sizes(reader, [(code, on_day) for code in practices])
        lists = {code: size for (code, _), size in found.items()}
    known: Mapping[UUID, Known] = {}
    if any(rule.figures for rule in book.rules) and (
        change.figures_as_known or change.list_sizes_as_known
    ):
        known = await inputs.gather(reader, service, book, [subject(row) for row in rows])
    return Lookup(values, lists, members, known)


def subject(row: Record) -> Subject:
    return Subject(
        row["declaration_id"],
        row["quality_service"],
        row["service_code"],
        row["period_start"],
        row["achievement_date"],
        row["provider"],
        row["version"],
        row["indicator"],
    )


async def _members(reader: Reader, rows: Sequence[Record]) -> dict[str, list[Member]]:
    wanted = {
        (row["provider"], row["period_start"], row["achievement_date"], row["quality_service"])
        for row in rows
    }
    found = await store.members_of(reader, sorted(wanted))
    return {network: members for (network, _, _), members in found.items()}


def _practices(rows: Sequence[Record], members: Mapping[str, Sequence[Member]]) -> list[str]:
    frozen_members = (
        member["practice"] for row in rows for member in (row["stood_on"] or {}).get("members", ())
    )
    now = (member.practice for some in members.values() for member in some)
    return sorted({*(row["provider"] for row in rows), *frozen_members, *now})


async def _values(reader: Reader, row: Record, practices: Sequence[str]) -> dict[str, Values]:
    keys = [(row["service_code"], row["achievement_date"], code) for code in practices]
    found = await inputs.values_of(reader, keys)
    return {code: values for (_, _, code), values in found.items()}


@dataclass(frozen=True, slots=True)
class Otherwise:
    """One declaration's inputs, with what the change wants otherwise put in their place."""

    service: QualityServiceSpecification
    change: Change
    lookup: Lookup

    def known(self, row: Record, book: RuleBook) -> Known:
        """What it is calculated from; `book`: its own rules. Blockers say what lacks."""
        before = self._with_figures(row, frozen(row))
        if not book.rules:
            return replace(before, blockers=(_not_published(self.service, row["indicator"]),))
        if before.membership is not None:
            found = self._of_network(row, book, before)
        else:
            found = self._of_provider(row, book, before)
        return replace(found, blockers=(*found.blockers, *_no_figures(book, found)))

    @property
    def _lists(self) -> bool:
        return self.change.list_sizes_on is not None or self.change.list_sizes_as_known

    def _with_figures(self, row: Record, before: Known) -> Known:
        """A population is a list size; the others are figures of their own."""
        before = replace(before, figures={**before.figures, **self.lookup.following})
        now = self.lookup.known.get(row["declaration_id"])
        if now is None:
            return before
        wanted = {
            key
            for key in now.figures
            if (self.change.list_sizes_as_known and key == binding.ADJUSTED_POPULATION)
            or (self.change.figures_as_known and key != binding.ADJUSTED_POPULATION)
        }
        figures, origins = dict(before.figures), dict(before.origins)
        figures |= {key: now.figures[key] for key in wanted}
        origins |= {key: now.origins[key] for key in wanted}
        return replace(before, figures=figures, origins=origins)

    def _of_provider(self, row: Record, book: RuleBook, before: Known) -> Known:
        code, lookup = row["provider"], self.lookup
        values = lookup.values.get(code, {}) if self.change.values_as_known else before.values
        size = lookup.lists.get(code) if self._lists else before.list_size
        lacking = (*missing_values(book, values), *_no_list(code, size))
        return replace(before, values=values, list_size=size, blockers=lacking)

    def _of_network(self, row: Record, book: RuleBook, before: Known) -> Known:
        change, day = self.change, row["achievement_date"]
        of_values = self.service.values_from == "MEMBERS"
        if not (self._lists or change.values_as_known or change.memberships_as_known):
            return replace(before, blockers=tuple(missing_values(book, before.values)))
        everybody = self._everybody(row, before)
        counted = networks.counted(everybody)
        own = self._own(row, before)
        values = networks.summed(counted, book.indicators) if of_values else own
        lacking = networks.blockers(row["provider"], day, counted, book, of_values=of_values)
        lacking += [] if of_values else missing_values(book, own)
        return replace(
            before,
            values=values,
            list_size=networks.network_list(counted),
            blockers=tuple(lacking),
            membership=networks.membership(day, everybody, book.indicators),
        )

    def _own(self, row: Record, before: Known) -> Values:
        known = self.change.values_as_known
        return self.lookup.values.get(row["provider"], {}) if known else before.values

    def _everybody(self, row: Record, before: Known) -> list[Member]:
        """The members, each as it was frozen, or as it is known where the change says so."""
        assert before.membership is not None
        day = self.service.parameters.provider_list_on or row["achievement_date"]
        was = {one["practice"]: _member(one, day) for one in before.membership["members"]}
        now = self.lookup.members.get(row["provider"], ())
        members = now if self.change.memberships_as_known else list(was.values())
        return [self._as_wanted(one, was.get(one.practice)) for one in members]

    def _as_wanted(self, member: Member, was: Member | None) -> Member:
        if not member.counted:
            return replace(member, list_size=None, values={})
        known = was if was is not None and was.counted else None
        size = (
            known.list_size if known and not self._lists else self.lookup.lists.get(member.practice)
        )
        values = (
            known.values
            if known and not self.change.values_as_known
            else self.lookup.values.get(member.practice, {})
        )
        return replace(member, list_size=size, values=values)


def _member(kept: Mapping[str, Any], list_on: date) -> Member:
    """A member as the calculation kept it; its list stands in if it is not of the day it should."""
    size = None
    if "list_size" in kept:
        counted_on = date.fromisoformat(kept["list_on"])
        size = ListSize(kept["list_size"], counted_on, counted_on != list_on)
    return Member(
        kept["practice"],
        date.fromisoformat(kept["from"]),
        date.fromisoformat(kept["to"]) if kept["to"] else None,
        Standing(kept["standing"]),
        size,
        kept.get("values", {}),
    )


def _not_published(service: QualityServiceSpecification, indicator: str | None) -> Blocker:
    message = f"{service.code} has no indicator {indicator} by these rules"
    return Blocker("INDICATOR_NOT_PUBLISHED", indicator, message)


def _no_figures(book: RuleBook, known: Known) -> list[Blocker]:
    taken = dict.fromkeys(key for rule in book.rules for key in rule.figures)
    return [
        Blocker("FIGURE_UNKNOWN", None, f"{key} was not known when it was calculated")
        for key in taken
        if key not in known.figures
    ]


def _no_list(code: str, size: ListSize | None) -> list[Blocker]:
    if size is not None:
        return []
    return [Blocker("LIST_SIZE_UNKNOWN", None, f"no list size of {code} is known")]
