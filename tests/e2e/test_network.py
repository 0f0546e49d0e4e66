"""A network from its members' sign-up to a declaration that one of them reopens by leaving.

Over the real broker, on a board of its own: two practices propose to join a network, sign up, and
achieve; what they achieved is summed, declared, and declared again.
"""

import csv
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cqrs.england.people import person
from cqrs.play import achievement, catalogue, offers, organisations, people
from cqrs.play.asking import a_key, in_bulk, nodes
from cqrs.play.cast import APPROVAL, COMMISSIONING, DECLARATION, SERVICE, Cast
from cqrs.play.gateway import document
from cqrs.play.offers import Terms
from cqrs.play.period import Period
from cqrs.supervisor.first_people import ADMINISTRATOR, DATA_LOAD, DRAFTING, PUBLISHING
from services.declarations.achievement.domain import COLUMNS
from tests.services.declarations.network import FIGURES, Numbers, ncd
from tests.services.declarations.period import row
from tests.support.eventually import eventually
from tests.support.files_of_ods import (
    MAPPING_HEADER,
    PATIENTS_HEADER,
    PCN_HEADER,
    csv_file,
    mapping,
    patients,
    pcn,
    practice,
)
from tests.support.system import RunningSystem

pytestmark = pytest.mark.xdist_group("system")

BOARD, SUB_BOARD, PCN = "QZ8", "99Y", "U99201"
STAYING, LEAVING = "A99201", "A99202"
MANAGEMENT, ADMINISTRATION = "PCN Management", "Organisation Administrator"
AT_BOARD = {
    COMMISSIONING: "COMMISSIONING_MANAGEMENT",
    APPROVAL: "APPROVAL_MANAGEMENT",
    ADMINISTRATION: "ORGANISATION_ADMINISTRATOR",
}
AT_NETWORK = {
    SERVICE: "SERVICE_MANAGEMENT",
    DECLARATION: "DECLARATION_MANAGEMENT",
    MANAGEMENT: "PCN_MANAGEMENT",
}
STATE = """query ($filter: DeclarationFilter!) { declarations(filter: $filter) { edges { node {
  id version status indicator points pounds missing history { action notes } } } } }"""
PROPOSE = """mutation ($proposal: MembershipProposalInput!) {
  proposeMembership(proposal: $proposal) { id version } }"""
CONFIRM = """mutation ($rows: [RowVersion!]!) {
  confirmMembershipProposals(choose: {rows: $rows}) { done refused { code message } } }"""
TASKS = "{ messages(first: 50) { edges { node { subjectCode kind body } } } }"


async def test_a_network_is_summed_live_and_declares_again_when_a_member_leaves(
    declared: Period, system: RunningSystem, cast: Cast, tmp_path: Path
) -> None:
    clock = system.clock
    found = datetime.fromisoformat(clock.path.read_text())
    clock.set("2024-03-12")
    await _prepare(cast, tmp_path)
    for member in (STAYING, LEAVING):
        await _move(cast, member, "JOIN", "2024-03-01")
    await _sign_up(cast)

    clock.set("2025-04-01")
    await _load_figures(cast)
    await _load(cast, tmp_path / "one.csv", {STAYING: {"HI03": (100, 150), "CAN04": (1, 2)}})
    waiting = await _until(cast, "AWAITING_NETWORK_ACHIEVEMENT")
    assert waiting["missing"] == [f"HI03 of {LEAVING}"]
    await _load(cast, tmp_path / "other.csv", {LEAVING: {"HI03": (130, 170)}})
    whole = await _until(cast, "AWAITING_PROVIDER_APPROVAL")
    assert (whole["points"], whole["pounds"]) == ("21.38", "4718.34")

    choose = {"rows": [{"id": whole["id"], "version": whole["version"]}]}
    declaring = document("declare")
    await cast(DECLARATION, PCN).ask(declaring, choose=choose, notes="Seen", key=a_key())
    await _until(cast, "AWAITING_COMMISSIONER_APPROVAL")
    await _move(cast, LEAVING, "LEAVE", "2025-03-01")
    await _until(cast, "AWAITING_PROVIDER_APPROVAL")
    await eventually(lambda: _told_who_left(cast))
    clock.set(found.date().isoformat(), found.hour)


async def _prepare(cast: Cast, folder: Path) -> None:
    """Organisations, their people, and the network's two services."""
    members = (STAYING, LEAVING)
    files = {
        "epraccur.csv": csv_file([practice(code, SUB_BOARD) for code in members]),
        "mapping.csv": csv_file([mapping(SUB_BOARD, BOARD)], MAPPING_HEADER),
        "epcn.csv": csv_file([pcn(PCN, SUB_BOARD)], PCN_HEADER),
        "lists.csv": csv_file(
            [patients(code, 24_000, on="01APR2025") for code in members], PATIENTS_HEADER
        ),
    }
    for name, content in files.items():
        (folder / name).write_bytes(content)
    paths = [folder / name for name in files]
    await organisations.load(cast.first(DATA_LOAD.subject), paths, lambda _: None)
    invited = [
        person(title, code, (role,))
        for code, held in ((BOARD, AT_BOARD), (PCN, AT_NETWORK))
        for title, role in held.items()
    ]
    administrator = cast.first(ADMINISTRATOR.subject)
    assert await people.add(administrator, invited, lambda _: None) == []
    drafting, publishing = (cast.first(each.subject) for each in (DRAFTING, PUBLISHING))
    for line in ("NCDP2425", "NCD2425"):
        assert await catalogue.publish(drafting, publishing, line) == f"{line}/1"


async def _move(cast: Cast, member: str, kind: str, day: str) -> None:
    """The network proposes, its commissioner confirms."""
    proposal = {"practice": member, "kind": kind, "effectiveOn": day, "reason": "As agreed"}
    made = (await cast(MANAGEMENT, PCN).ask(PROPOSE, proposal=proposal))["proposeMembership"]
    answer = await cast(ADMINISTRATION, BOARD).ask(CONFIRM, rows=[made])
    assert answer["confirmMembershipProposals"]["refused"] == []


async def _sign_up(cast: Cast) -> None:
    """The practices' participation is accepted on their behalf; the network accepts its own."""
    days = ("2024-04-01", "2025-03-31", "2024-03-31")
    members = [STAYING, LEAVING]

    async def memberships_are_known() -> None:
        names = ("startsOn", "endsOn", "responseDueOn")
        wanted = {"qualityService": "NCDP2425/1", "providers": members}
        wanted |= dict(zip(names, days, strict=True))
        asked = {"input": wanted, "dryRun": True, "key": None}
        answer = await cast(COMMISSIONING, BOARD).ask(document("create_offers"), **asked)
        assert answer["createOffers"]["refused"] == []

    await eventually(memberships_are_known)
    assert await offers.make(cast, BOARD, members, Terms("NCDP2425/1", *days)) == 2
    assert await offers.make(cast, BOARD, [PCN], Terms("NCD2425/1", *days)) == 1
    chosen = {"status": "OFFERED", "financialYear": "2024/25"}
    manager = cast(SERVICE, PCN)
    rows = [
        {"id": offer["id"], "version": offer["version"]}
        async for offer in nodes(manager, "offers", "offers", chosen)
    ]
    await in_bulk(manager, "accept_offers", "acceptOffers", choose={"rows": rows}, key=a_key())


async def _load_figures(cast: Cast) -> None:
    figures = {
        "name": "England 2024/25",
        "qualityService": "NCD2425/1",
        "source": "made up",
        "values": [{"group": group, "prevalence": value} for group, value in FIGURES.items()],
        "averageList": "49500",
    }
    await cast.first(DATA_LOAD.subject).ask(document("load_prevalence"), input=figures)


async def _load(cast: Cast, path: Path, achieved: Mapping[str, Mapping[str, Numbers]]) -> None:
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *_rows(achieved)])
    await achievement.load(cast.first(DATA_LOAD.subject), path, lambda _: None)


def _rows(achieved: Mapping[str, Mapping[str, Numbers]]) -> Sequence[Sequence[str]]:
    fields = {i.code: (i.numerator, i.denominator) for i in ncd().indicators}
    about = {"QUALITY_SERVICE": "NCD2425", "ACH_DATE": "20250331", "SUBMIT_DATE": "01/04/2025"}
    return [
        row(code, indicator, str(name), str(number), **about)
        for code, values in achieved.items()
        for indicator, numbers in values.items()
        for name, number in zip(fields[indicator], numbers, strict=True)
    ]


async def _until(cast: Cast, status: str) -> Mapping[str, Any]:
    """HI03 as the network sees it, once it is there."""

    async def reached() -> None:
        assert (await _hi03(cast))["status"] == status

    await eventually(reached)
    return await _hi03(cast)


async def _hi03(cast: Cast) -> Mapping[str, Any]:
    told = await cast(DECLARATION, PCN).ask(STATE, filter={"provider": PCN})
    found = [edge["node"] for edge in told["declarations"]["edges"]]
    one: Mapping[str, Any] = next((each for each in found if each["indicator"] == "HI03"), {})
    return one or {"status": "NOT_OPENED"}


async def _told_who_left(cast: Cast) -> None:
    notes = [entry["notes"] or "" for entry in (await _hi03(cast))["history"]]
    assert any(f"{LEAVING} left on 2025-02-28" in said for said in notes)
    told = await cast(DECLARATION, PCN).ask(TASKS)
    raised = [edge["node"] for edge in told["messages"]["edges"]]
    assert ("TASK", "DECLARATION_RECALCULATED") in {(m["kind"], m["subjectCode"]) for m in raised}
