"""A board of its own with three practices, played through the gateway to one payment.

Everything lies apart from the period the other tests look at: its own organisations, a line of the
quality service of its own (so that its national prevalences change nobody else's payment), and
nobody waits for anything when it is over.
"""

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cqrs.england.people import Link, Person, person
from cqrs.play import achievement, catalogue, declarations, offers, organisations, people
from cqrs.play.asking import a_key, job, upload
from cqrs.play.cast import APPROVAL, COMMISSIONING, DECLARATION, FINANCE, SERVICE, Cast
from cqrs.play.clock import DemonstrationClock
from cqrs.play.gateway import document
from cqrs.play.offers import Terms
from cqrs.supervisor.first_people import ADMINISTRATOR, DATA_LOAD, DRAFTING, PUBLISHING
from services.declarations.achievement.domain import COLUMNS
from tests.services.declarations.period import extract_rows, row, worked_prevalences, worked_values
from tests.support.files_of_ods import (
    MAPPING_HEADER,
    PATIENTS_HEADER,
    csv_file,
    mapping,
    patients,
    practice,
)

BOARD, SUB_BOARD = "QZ9", "99Z"
LINE = "QOF2526S"
"""Like QOF2526 as it ships."""
PAID, LACKING, ASIDE = "A99101", "A99102", "A99103"
"""Everything right; without BP002's values; takes no part."""
IN_TWO_PLACES, LEAVING = "two-places", "leaving"
NAMES = {IN_TWO_PLACES: "Somebody Elsewhere", LEAVING: "Nobody Staying"}
LEAVERS_ROLES = ("SERVICE_MANAGEMENT", "DECLARATION_MANAGEMENT", "SUPERVISOR", "USER_ADMINISTRATOR")

LOADED = """query ($id: ID!) { achievementLoad(id: $id) {
  status counts { name value } errorCount errors { code row field message } } }"""
STATE = """query ($filter: DeclarationFilter!) { declarations(filter: $filter) { edges { node {
  id version status points pounds missing history { action } provider { odsCode } } } } }"""


@dataclass
class Story:
    """What came of it."""

    quality_service: str
    extract: Path
    load: Mapping[str, Any]
    """What the first load of the extract told."""
    refused: Mapping[str, Any]
    """What declaring without BP002's values was answered."""
    before: Mapping[str, Any]
    """The declaration that lacks them, before that."""


async def play(cast: Cast, clock: DemonstrationClock, folder: Path) -> Story:
    """Leaves the clock where it was found."""
    found = datetime.fromisoformat(clock.path.read_text())
    clock.set("2025-03-12")
    await _prepare(cast, folder)
    service = await _publish(cast)
    clock.set("2025-03-13")
    await _offer(cast, service)
    clock.set("2026-04-01")
    data_load = cast.first(DATA_LOAD.subject)
    await achievement.load_prevalence(data_load, service, "made up", worked_prevalences())
    extract = _write_extract(folder / "INDICATOR_VALUES.csv")
    told = await load(cast, extract)
    await declarations.calculated(cast(APPROVAL, BOARD), 1, lambda _: None)
    before = await state(cast, LACKING)
    refused = await declare(cast, LACKING, before)
    await _pay(cast)
    clock.set(found.date().isoformat(), found.hour)
    return Story(service, extract, told, refused, before)


async def _prepare(cast: Cast, folder: Path) -> None:
    files = {
        "epraccur.csv": csv_file([practice(code, SUB_BOARD) for code in (PAID, LACKING, ASIDE)]),
        "mapping.csv": csv_file([mapping(SUB_BOARD, BOARD)], MAPPING_HEADER),
        "lists.csv": csv_file(
            [patients(code, 12_000) for code in (PAID, LACKING, ASIDE)], PATIENTS_HEADER
        ),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    paths = [folder / name for name in files]
    await organisations.load(cast.first(DATA_LOAD.subject), paths, lambda _: None)
    administrator = cast.first(ADMINISTRATOR.subject)
    assert await people.add(administrator, _people(), lambda _: None) == []


def _people() -> Sequence[Person]:
    at_board = {
        COMMISSIONING: "COMMISSIONING_MANAGEMENT",
        APPROVAL: "APPROVAL_MANAGEMENT",
        FINANCE: "FINANCE_MANAGEMENT",
    }
    at_practices = {SERVICE: "SERVICE_MANAGEMENT", DECLARATION: "DECLARATION_MANAGEMENT"}
    return [
        *(person(title, BOARD, (role,)) for title, role in at_board.items()),
        *(
            person(title, code, (role,))
            for code in (PAID, LACKING, ASIDE)
            for title, role in at_practices.items()
        ),
        _named(IN_TWO_PLACES, Link(PAID, ("VIEW",)), Link(BOARD, ("APPROVAL_MANAGEMENT",))),
        _named(LEAVING, Link(PAID, LEAVERS_ROLES)),
    ]


def _named(subject: str, *links: Link) -> Person:
    return Person(subject, NAMES[subject], f"{subject}@cqrs.example", links)


async def _publish(cast: Cast) -> str:
    drafting, publishing = (cast.first(each.subject) for each in (DRAFTING, PUBLISHING))
    return await catalogue.publish(drafting, publishing, "QOF2526", LINE)


async def _offer(cast: Cast, service: str) -> None:
    terms = Terms(service, "2025-04-01", "2026-03-31", "2025-03-31")
    assert await offers.make(cast, BOARD, [PAID, LACKING, ASIDE], terms) == 3
    assert await offers.accept(cast, [PAID, LACKING], lambda _: None) == 2
    assert await offers.reject(cast, [ASIDE]) == 1


def _write_extract(path: Path) -> Path:
    """Good rows, with one fault of each kind among them."""
    without = {code: value for code, value in worked_values().items() if code != "BP002"}
    rows = [
        row("Z99999", "AF006", "Numerator", "1"),
        row(LACKING, "BP002", "Numerator", "11"),
        row(LACKING, "BP002", "Denominator", "10"),
        row(ASIDE, "AF006", "Numerator", "1"),
        *extract_rows(PAID, worked_values()),
        *extract_rows(LACKING, without),
    ]
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *([LINE, *rest] for _, *rest in rows)])
    return path


async def load(cast: Cast, extract: Path) -> Mapping[str, Any]:
    """Upload and load it, and answer what the load tells."""
    data_load = cast.first(DATA_LOAD.subject)
    place = ("request_achievement_upload", "requestAchievementUpload")
    sent = await upload(data_load, *place, extract)
    asked = await data_load.ask(
        document("load_achievement"), upload=sent, name=extract.name, key=a_key()
    )
    started = asked["loadAchievement"]["id"]
    await job(data_load, "achievement_load", "achievementLoad", started, lambda _: None)
    told = (await data_load.ask(LOADED, id=started))["achievementLoad"]
    return told | {"counts": {each["name"]: int(each["value"]) for each in told["counts"]}}


async def state(cast: Cast, provider: str) -> Mapping[str, Any]:
    """The practice's declaration as its board sees it."""
    told = await cast(APPROVAL, BOARD).ask(STATE, filter={"provider": provider})
    (edge,) = told["declarations"]["edges"]
    found: Mapping[str, Any] = edge["node"]
    return found


async def declare(cast: Cast, provider: str, seen: Mapping[str, Any]) -> Mapping[str, Any]:
    choose = {"rows": [{"id": seen["id"], "version": seen["version"]}]}
    answer = await cast(DECLARATION, provider).ask(
        document("declare"), choose=choose, notes="Seen", key=a_key()
    )
    told: Mapping[str, Any] = answer["declareDeclarations"]
    return told


async def _pay(cast: Cast) -> None:
    """Declared, approved and finance-approved, by three people."""
    assert (await declare(cast, PAID, await state(cast, PAID)))["refused"] == []
    assert await declarations.approve(cast, {BOARD: 1}) == 1
    assert await declarations.approve_for_finance(cast, {BOARD: 1}) == 1
