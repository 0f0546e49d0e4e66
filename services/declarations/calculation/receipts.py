"""Receipts: rebuilt on demand from what a calculation froze, value by value."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any, Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.formulas import binding
from nhs.formulas.explain import exact, explain
from nhs.formulas.specification import Indicator, QualityServiceSpecification
from services.declarations.calculation import advances, origins, store
from services.declarations.calculation.domain import Line
from services.declarations.calculation.members import PARTS
from services.declarations.calculation.origins import Origins
from services.declarations.payments import store as ledger

FORMAT: Final = "cqrs-receipt/1"
SEAL: Final = "sha256"


async def receipt(reader: Reader, declaration: UUID, version: int) -> dict[str, Any] | None:
    """The whole of one calculation, as `cqrs verify` recomputes it."""
    frozen = await store.frozen(reader, declaration, version)
    if frozen is None:
        return None
    key = (declaration, version)
    lines = (await store.lines_of(reader, [key])).get(key, [])
    came_from = await _origins(reader, frozen)
    return sealed(
        {
            "format": FORMAT,
            "declaration": str(declaration),
            "calculation_version": version,
            "calculated_at": frozen["calculated_at"].isoformat(),
            "run": str(frozen["run_id"]),
            **_subject(frozen),
            "quality_service": frozen["quality_service"],
            "digest": frozen["digest"],
            "rounding_policy": frozen["specification"].get("rounding_policy"),
            "prevalence_set": frozen["prevalence_set"] and str(frozen["prevalence_set"]),
            "prevalence_source": _prevalence_source(frozen),
            "list_size": frozen["list_size"],
            "list_on": frozen["list_on"].isoformat(),
            "list_stands_in": frozen["list_stands_in"],
            "stood_on": frozen["stood_on"],
            **_advance_on(frozen),
            "provisional": frozen["provisional"],
            "demonstration": frozen["demonstration"],
            "points": str(frozen["points"]),
            "pounds": str(frozen["pounds"]),
            "hash": frozen["hash"],
            "payment": await _payment(reader, declaration, version),
            "lines": explained(frozen, lines, came_from),
        }
    )


def _advance_on(frozen: Record) -> dict[str, Any]:
    """Of an advance: the participation in the year that it is an advance on."""
    year = (frozen["origins"] or {}).get(advances.ORIGIN)
    return {advances.ORIGIN: year} if year else {}


async def _payment(reader: Reader, declaration: UUID, version: int) -> dict[str, Any] | None:
    """What it became in the ledger; None before finance approval."""
    entry = await ledger.authorised_by(reader, declaration, version)
    if entry is None:
        return None
    pounds = {name: str(entry[name]) for name in ("achieved", "advanced", "amount")}
    at = entry["entered_at"].isoformat()
    return {"entry": str(entry["id"]), **pounds, "narrative": entry["narrative"], "at": at}


def sealed(content: dict[str, Any]) -> dict[str, Any]:
    """With the SHA-256 of all of it as canonical JSON: sorted keys, no spaces, UTF-8."""
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return content | {SEAL: hashlib.sha256(text.encode()).hexdigest()}


def explained(
    frozen: Mapping[str, Any] | Record, lines: Sequence[Line], came_from: Origins | None = None
) -> list[dict[str, Any]]:
    """A receipt for each line, in the published order of its indicators."""
    service = QualityServiceSpecification.model_validate(frozen["specification"], extra="ignore")
    by_code = {line.indicator: line for line in lines}
    book = _Book(frozen, service, came_from or Origins())
    return [
        sealed(book.explained(indicator, by_code[indicator.code]))
        for indicator in service.indicators
        if indicator.code in by_code
    ]


def _subject(frozen: Record) -> dict[str, Any]:
    """Who was calculated for what: as the declaration has it."""
    days = ("period_start", "period_end", "achievement_date")
    return {"provider": frozen["provider"]} | {day: frozen[day].isoformat() for day in days}


def _prevalence_source(frozen: Mapping[str, Any] | Record) -> str | None:
    name = frozen["prevalence_name"]
    return f"{name}: {frozen['prevalence_source']}" if name else None


async def _origins(reader: Reader, frozen: Record) -> Origins:
    service = frozen["quality_service"].partition("/")[0]
    day, at = frozen["achievement_date"], frozen["calculated_at"]
    return await origins.read(reader, service, day, [frozen["provider"], *_counted(frozen)], at)


def _counted(frozen: Mapping[str, Any] | Record) -> dict[str, Mapping[str, Any]]:
    """The members a network's calculation counts, with their values by indicator."""
    members = (frozen["stood_on"] or {}).get("members", ())
    counted = (one for one in members if one["standing"] == "COUNTED" and "values" in one)
    return {one["practice"]: one["values"] for one in counted}


class _Book:
    """One calculation: what its lines stand on."""

    def __init__(
        self,
        frozen: Mapping[str, Any] | Record,
        service: QualityServiceSpecification,
        came_from: Origins,
    ) -> None:
        self._frozen, self._service, self._came_from = frozen, service, came_from
        self._national = {group: Fraction(n) for group, n in frozen["prevalences"].items()}
        self._members = _counted(frozen)
        stood_on = frozen["stood_on"] or {}
        self._figures = {key: Fraction(n) for key, n in stood_on.get("figures", {}).items()}

    def explained(self, indicator: Indicator, line: Line) -> dict[str, Any]:
        formula = self._service.formula(indicator.formula)
        inputs = self._inputs(indicator, line)
        return {
            "indicator": indicator.code,
            "name": indicator.name,
            **{part: getattr(line, part) for part in PARTS},
            "points": str(line.points),
            "pounds": str(line.pounds),
            "outcome": "EARNED" if line.earnable else "NOT_EARNABLE",
            "provisional": line.provisional,
            "values": self._came_from.of_line(self._providers(indicator), line),
            "sources": self._sources(indicator),
            "formula": formula.model_dump(mode="json"),
            "inputs": {
                name: {"value": exact(inputs[name]), "from": indicator.bindings[name]}
                for name in formula.inputs
            },
            "tree": explain(formula, inputs)["pounds"].as_json(),
        }

    def _inputs(self, indicator: Indicator, line: Line) -> dict[str, Fraction]:
        """Everything the formula takes: constants, values, and figures."""
        known = {f"values.{part}": getattr(line, part) for part in PARTS}
        known["provider.list_size"] = self._frozen["list_size"]
        numbers = binding.variables(indicator).items()
        return (
            binding.constants(self._service, indicator, self._national)
            | {name: Fraction(known[to] or 0) for name, to in numbers}
            | {name: self._figures[key] for name, key in binding.figures(indicator).items()}
        )

    def _providers(self, indicator: Indicator) -> dict[str, tuple[int | None, ...] | None]:
        """Whose values the line stands on: the provider's own, or its members' with the numbers."""
        if not self._members:
            return {self._frozen["provider"]: None}
        return {
            practice: tuple(values[indicator.code][part] for part in PARTS)
            for practice, values in self._members.items()
            if indicator.code in values
        }

    def _sources(self, indicator: Indicator) -> dict[str, dict[str, Any]]:
        """Where each figure comes from, and whether it is confirmed, by what is bound to it."""
        published: dict[str, dict[str, Any]] = {
            f"indicator.{name}": {"source": source.source, "status": source.status}
            for name, source in indicator.sources.items()
        }
        for constant in self._service.constants:
            published[f"constants.{constant.name}"] = {
                "source": constant.source,
                "status": constant.status,
                "effective": constant.effective.isoformat(),
            }
        loaded = {"source": _prevalence_source(self._frozen), "status": "loaded"}
        known = published | dict.fromkeys(binding.NATIONAL, loaded) | self._of_figures(indicator)
        bound = set(indicator.bindings.values())
        return {to: named for to, named in known.items() if to in bound}

    def _of_figures(self, indicator: Indicator) -> dict[str, dict[str, Any]]:
        came_from = self._frozen["origins"] or {}
        return {
            indicator.bindings[name]: came_from.get(key, {}) | {"status": "loaded"}
            for name, key in binding.figures(indicator).items()
        }
