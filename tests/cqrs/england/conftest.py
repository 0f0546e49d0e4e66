import pytest

from cqrs.england.england import England
from cqrs.england.land import Land


@pytest.fixture(scope="session")
def england() -> England:
    return England(2025)


@pytest.fixture(scope="session")
def land(england: England) -> Land:
    return england.whole
