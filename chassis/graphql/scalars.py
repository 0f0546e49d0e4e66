"""The scalars all services share. Numbers people are paid by travel as strings."""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import NewType
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON
from strawberry.types.scalar import ScalarDefinition

from chassis.errors import DomainError

__all__ = ["JSON", "SCALARS", "FinancialYear", "OdsCode", "Points", "Pounds", "as_uuid"]

Pounds = NewType("Pounds", Decimal)
Points = NewType("Points", Decimal)
OdsCode = NewType("OdsCode", str)
FinancialYear = NewType("FinancialYear", str)

_TWO_PLACES = re.compile(r"-?\d{1,12}(\.\d{1,2})?")
_CENT = Decimal("0.01")
_ODS_CODE = re.compile(r"[A-Z0-9]{2,12}")
_FINANCIAL_YEAR = re.compile(r"20\d\d/\d\d")


def _write_two_places(value: object) -> str:
    """Write a number that has at most two places; one with more has skipped its rounding."""
    if not isinstance(value, Decimal):
        raise TypeError(f"a Decimal is wanted, not {value!r}")
    quantised = value.quantize(_CENT)
    if quantised != value:
        raise ValueError(f"{value} has more than two places")
    return str(quantised)


def _read_two_places(value: object) -> Decimal:
    if isinstance(value, str) and _TWO_PLACES.fullmatch(value):
        return Decimal(value).quantize(_CENT)
    raise GraphQLError(f'Expected a string with at most two places, like "1234.50", not {value!r}.')


def _read_ods_code(value: object) -> str:
    code = value.strip().upper() if isinstance(value, str) else ""
    if _ODS_CODE.fullmatch(code):
        return code
    raise GraphQLError(f'Expected an ODS code, like "A84002", not {value!r}.')


def _read_financial_year(value: object) -> str:
    if (
        isinstance(value, str)
        and _FINANCIAL_YEAR.fullmatch(value)
        and (int(value[2:4]) + 1) % 100 == int(value[5:])
    ):
        return value
    raise GraphQLError(f'Expected a financial year, like "2025/26", not {value!r}.')


def as_uuid(given: str, field: str = "id") -> UUID:
    """Turn an ID argument into the UUID it must be."""
    try:
        return UUID(given)
    except (ValueError, TypeError, AttributeError):
        message = f"{given!r} is not an id."
        raise DomainError("ID_NOT_VALID", message, field=field, given=given) from None


SCALARS: Mapping[object, ScalarDefinition] = {
    Pounds: strawberry.scalar(
        name="Pounds",
        description='Pounds and pence as a string with two places: "37227.05".',
        serialize=_write_two_places,
        parse_value=_read_two_places,
    ),
    Points: strawberry.scalar(
        name="Points",
        description='Points as a string with two places: "139.47".',
        serialize=_write_two_places,
        parse_value=_read_two_places,
    ),
    OdsCode: strawberry.scalar(
        name="OdsCode",
        description='An organisation\'s code in the Organisation Data Service: "A84002".',
        serialize=str,
        parse_value=_read_ods_code,
    ),
    FinancialYear: strawberry.scalar(
        name="FinancialYear",
        description='A financial year, 1 April to 31 March: "2025/26".',
        serialize=str,
        parse_value=_read_financial_year,
    ),
}
