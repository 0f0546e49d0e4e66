"""JSON as it is stored and sent."""

from datetime import UTC, date, datetime
from decimal import Decimal
from types import MappingProxyType
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import wire
from chassis.ids import new_id


@given(st.decimals(allow_nan=False, allow_infinity=False))
def test_a_decimal_is_a_string_that_reads_back_the_same(number: Decimal):
    text = wire.decode(wire.encode(number))
    assert isinstance(text, str)
    assert Decimal(text) == number
    assert "E" not in text


def test_ids_dates_and_moments_are_strings():
    value = {
        "id": UUID(int=7),
        "on": date(2025, 4, 1),
        "at": datetime(2025, 4, 1, 9, tzinfo=UTC),
    }
    assert wire.decode(wire.encode(value)) == {
        "id": "00000000-0000-0000-0000-000000000007",
        "on": "2025-04-01",
        "at": "2025-04-01T09:00:00+00:00",
    }


def test_the_canonical_form_does_not_know_the_order_of_keys():
    value = MappingProxyType({"b": {2, 1}, "a": None})
    assert (
        wire.canonical(value) == wire.canonical({"a": None, "b": [1, 2]}) == b'{"a":null,"b":[1,2]}'
    )


def test_what_has_no_json_form_is_refused():
    with pytest.raises(TypeError):
        wire.encode(object())


def test_ids_rise_with_time():
    ids = [new_id() for _ in range(1_000)]
    assert ids == sorted(ids)
    assert {each.version for each in ids} == {7}
