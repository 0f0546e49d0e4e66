"""Declarations over a real database, with a small England to act in."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chassis.db import Database
from chassis.migrate import CHASSIS
from nhs.roles import Role
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.services.declarations.claiming import begin_claims
from tests.services.declarations.network import Network
from tests.services.declarations.period import Period
from tests.support.directory import have_person


@pytest.fixture
def migrations() -> Sequence[Path]:
    return [CHASSIS, *MIGRATIONS_OF_ALL]


@pytest.fixture
async def period(database: Database, tmp_path: Path) -> Period:
    """QOF 2025/26 on 1 April 2026: published, offered, accepted by A81001 and A81002."""
    made = Period(database, tmp_path)
    await made.begin()
    return made


@pytest.fixture
async def network(database: Database, tmp_path: Path) -> Network:
    """NCD 2024/25 on 1 April 2025: accepted by U00001, whose two members have signed up."""
    made = Network(database, tmp_path)
    await made.begin()
    return made


ENTERERS = {
    "enterer": ("A81001", [Role.ACHIEVEMENT_ENTRY]),
    "other enterer": ("A81002", [Role.ACHIEVEMENT_ENTRY]),
    "on behalf": ("QHM", [Role.ACHIEVEMENT_ENTRY]),
    "stranger": ("QZZ", [Role.ACHIEVEMENT_ENTRY]),
}


@pytest.fixture
async def claims(period: Period) -> Period:
    """With a local scheme whose window is open, and people who claim and approve."""
    await begin_claims(period)
    return period


@pytest.fixture
async def entry(period: Period) -> Period:
    """With people who hold Achievement Entry: at both practices, their commissioner, another."""
    async with period.db.transaction() as tx:
        for name, (organisation, roles) in ENTERERS.items():
            await have_person(tx, name, {organisation: roles})
    return period
