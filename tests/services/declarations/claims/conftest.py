"""Claims in the small England of `period`: one scheme, offered to two practices."""

import pytest

from tests.services.declarations.claiming import begin_claims
from tests.services.declarations.period import Period


@pytest.fixture
async def claiming(period: Period) -> Period:
    """LESPW2526 on 1 April 2026, accepted by A81001 (network U11111) and A81002 (U22222)."""
    await begin_claims(period)
    return period
