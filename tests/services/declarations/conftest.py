"""Declarations over a real database, with a small England to act in."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from chassis.db import Database
from chassis.migrate import CHASSIS
from services.declarations.app import MIGRATIONS_OF_ALL
from tests.services.declarations.period import Period


@pytest.fixture
def migrations() -> Sequence[Path]:
    return [CHASSIS, *MIGRATIONS_OF_ALL]


@pytest.fixture
async def period(database: Database, tmp_path: Path) -> Period:
    """QOF 2025/26 on 1 April 2026: published, offered, accepted by A81001 and A81002."""
    made = Period(database, tmp_path)
    await made.begin()
    return made
