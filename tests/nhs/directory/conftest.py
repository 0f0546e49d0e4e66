import pytest

from chassis.migrate import CHASSIS
from nhs.directory import MIGRATIONS


@pytest.fixture
def migrations():
    return [CHASSIS, *MIGRATIONS]
