"""The schemas are the public manual."""

import importlib

import pytest

from chassis.graphql import undescribed
from chassis.service import Service
from cqrs.services import SERVICES


@pytest.mark.parametrize("name", SERVICES)
def test_every_type_and_field_has_a_description(name: str) -> None:
    app = importlib.import_module(f"services.{name}.app")
    (service,) = (value for value in vars(app).values() if isinstance(value, Service))
    assert undescribed(service.schema) == []
