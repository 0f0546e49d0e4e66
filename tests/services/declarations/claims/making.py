"""Claims and cases made of plain values."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from chassis.ids import new_id
from nhs.formulas.scheme import Scheme
from services.declarations.claims import terms
from services.declarations.claims.domain import Claim, ClaimedService, Line, Status, Step, Terms
from services.declarations.claims.rules import Attached, Case, Opening, Participation, Taken, check

SERVICE = ClaimedService("LES2526", "LES2526/1", "LES", new_id())
START, END = date(2025, 7, 1), date(2025, 9, 30)
MADE_UP = {"source": "Made up for tests", "status": "verified"}


def tariff(amount: str, **changes: Any) -> dict[str, Any]:
    return MADE_UP | {"amount": amount, "valid_from": "2025-04-01"} | changes


def component(code: str, *tariffs: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"code": code, "name": code.title(), "unit": "one", "tariffs": list(tariffs)} | changes


def scheme(**changes: Any) -> Scheme:
    """Two components, a log asked of one of them, three bands, finance above £15,000.00."""
    given = {
        "components": [
            component("WOUND", tariff("25.00"), evidence=["LOG"], most_per_claim=5_000),
            component("VISIT", tariff("0.01"), most_per_year=1_000),
        ],
        "evidence": [{"code": "LOG", "name": "Log", "required": True, "accepts": ["csv"]}],
        "windows": [
            {
                "period_start": START.isoformat(),
                "period_end": END.isoformat(),
                "opens_on": "2025-10-01",
                "closes_on": "2025-10-31",
            }
        ],
        "bands": [
            {"code": "LOW", "name": "Low", "at_least": "0.00", "below": "15000.00"},
            {"code": "MEDIUM", "name": "Medium", "at_least": "15000.00", "below": "50000.00"},
            {"code": "HIGH", "name": "High", "at_least": "50000.00"},
        ],
        "approval": [
            {"step": "TIER_1"},
            {"step": "TIER_2"},
            {"step": "FINANCE", "above": "15000.00"},
        ],
        "budget": "100000.00",
        "limits": MADE_UP,
    }
    return Scheme.model_validate(given | changes)


def claim(**changes: Any) -> Claim:
    given: dict[str, Any] = {
        "id": new_id(),
        "version": 1,
        "content_version": 1,
        "provider": "A81001",
        "commissioner": "QHM",
        "financial_year": "2025/26",
        "period_start": START,
        "period_end": END,
        "status": Status.DRAFT,
        "services": (SERVICE,),
    }
    return Claim(**given | changes)


def line(component: str, quantity: str, position: int = 1, **changes: Any) -> Line:
    return replace(Line(position, "LES2526", component, quantity), **changes)


LOG = Attached("LES2526", "LOG", "log.csv", "0" * 64)


def case(*lines: Line, **changes: Any) -> Case:
    """A claim that nothing is wrong with, but for what is given."""
    schemes = changes.pop("schemes", None) or {"LES2526": changes.pop("scheme", scheme())}
    made = changes.pop("claim", claim())
    given: dict[str, Any] = {
        "claim": made,
        "lines": terms.priced(made, lines or [line("WOUND", "10")], schemes),
        "notes": None,
        "evidence": [LOG],
        "schemes": schemes,
        "participations": dict.fromkeys(
            schemes, Participation(date(2025, 4, 1), date(2026, 3, 31))
        ),
        "opening": Opening(date(2013, 4, 1), None),
        "today": date(2025, 10, 10),
        "taken": Taken(),
    }
    return Case(**given | changes)


def wrong(given: Case) -> list[tuple[str, int | None, str]]:
    """Code, line and field of everything that is wrong."""
    return [(problem.code, problem.line, problem.field) for problem in check(given)]


def found(amount: str = "250.00", *path: Step, **changes: Any) -> Terms:
    """What a submission found."""
    steps = path or (Step.TIER_1, Step.TIER_2)
    worth = Decimal(amount)
    given: dict[str, Any] = {"band": "LOW", "path": steps, "provisional": False}
    services = (replace(SERVICE, amount=worth),)
    return Terms(**given | {"services": services, "amount": worth} | changes)


def person() -> UUID:
    return new_id()
