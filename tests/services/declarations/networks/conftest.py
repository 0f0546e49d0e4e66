"""Networks at the end of 2024/25."""

import pytest

from tests.services.declarations.networks.world import networks
from tests.services.declarations.period import Period


@pytest.fixture
async def england(period: Period) -> Period:
    return await networks(period)
