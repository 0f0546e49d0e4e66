import pytest

from chassis.migrate import CHASSIS
from services.organisations import MIGRATIONS


@pytest.fixture
def migrations():
    return [CHASSIS, *MIGRATIONS]
