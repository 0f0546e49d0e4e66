import asyncio
from decimal import Decimal
from uuid import UUID

import pytest
import strawberry

from chassis.errors import DomainError
from chassis.graphql import (
    FinancialYear,
    OdsCode,
    PageInfo,
    Points,
    Pounds,
    Refusal,
    as_uuid,
    connection,
    schema,
    undescribed,
    window,
)
from chassis.graphql.connections import LONGEST_PAGE, cursor
from tests.support.sample.service import service


@strawberry.type
class Query:
    @strawberry.field(description="As it came, and twice as much.")
    def pounds(self, given: Pounds) -> list[Pounds]:
        return [given, Pounds(given * 2)]

    @strawberry.field(description="More places than there may be.")
    def unrounded(self) -> Points | None:
        return Points(Decimal("1.005"))

    @strawberry.field(description="A float, which no money is.")
    def floating(self) -> Pounds | None:
        return 1.5  # type: ignore[return-value]

    @strawberry.field(description="As it was read.")
    def code(self, given: OdsCode) -> OdsCode:
        return given

    @strawberry.field(description="As it was read.")
    def year(self, given: FinancialYear) -> FinancialYear:
        return given

    @strawberry.field
    def secret(self) -> str:
        return ""


MADE = schema(Query)


def asked(query: str) -> object:
    result = asyncio.run(MADE.execute(query))
    return [error.message for error in result.errors] if result.errors else result.data


def test_pounds_are_strings_with_two_places_both_ways() -> None:
    assert asked('{ pounds(given: "37227.05") }') == {"pounds": ["37227.05", "74454.10"]}
    assert asked('{ pounds(given: "-1") }') == {"pounds": ["-1.00", "-2.00"]}


@pytest.mark.parametrize("given", ['"1.005"', "1.5", "1", '"1,50"', '"NaN"', '""', "null", '"1e3"'])
def test_what_are_no_pounds_is_refused(given: str) -> None:
    assert isinstance(asked(f"{{ pounds(given: {given}) }}"), list)


def test_a_number_that_was_not_rounded_is_a_bug_not_rounded_here() -> None:
    assert asked("{ unrounded }") == ["1.005 has more than two places"]
    assert asked("{ floating }") == ["a Decimal is wanted, not 1.5"]


def test_an_ods_code_is_upper_case_letters_and_digits() -> None:
    assert asked('{ code(given: " a84002 ") }') == {"code": "A84002"}
    for wrong in ('"A-1"', '""', '"A"', "5", '"A84002\'; drop"'):
        assert isinstance(asked(f"{{ code(given: {wrong}) }}"), list)


def test_a_financial_year_ends_in_the_year_after_it_began() -> None:
    assert asked('{ year(given: "2025/26") }') == {"year": "2025/26"}
    assert asked('{ year(given: "2099/00") }') == {"year": "2099/00"}
    for wrong in ("2025/25", "2025/27", "2025-26", "25/26", "1999/00"):
        assert isinstance(asked(f'{{ year(given: "{wrong}") }}'), list)


def test_an_id_is_a_uuid_or_refused() -> None:
    known = "0190d5a4-0000-7000-8000-000000000000"
    assert as_uuid(known) == UUID(known)
    with pytest.raises(DomainError) as refused:
        as_uuid("1; drop table", "offer")
    assert (refused.value.code, refused.value.field) == ("ID_NOT_VALID", "offer")


def test_a_field_without_a_description_is_named() -> None:
    assert undescribed(MADE) == ["Query.secret"]


def test_the_schema_is_of_a_version_the_composer_takes() -> None:
    assert "https://specs.apollo.dev/federation/v2.9" in service.schema.as_str()
    assert undescribed(service.schema) == []


def test_a_cursor_reads_back_as_the_keys_it_was_made_of() -> None:
    keys = ("Bread", UUID(int=7), Decimal("1.50"), 3)
    page = window(10, cursor(keys), str, UUID, Decimal, int)
    assert (page.after, page.limit, page.at_beginning) == (keys, 11, False)
    with pytest.raises(DomainError):
        window(10, cursor(keys), str, UUID, Decimal)
    with pytest.raises(DomainError):
        window(10, cursor(keys), UUID, UUID, Decimal, int)


async def test_an_empty_page_says_so_and_counts_nothing_unasked() -> None:
    async def total() -> int:
        raise AssertionError("nobody asked")

    page = connection([], window(None, None, str), node=str, key=lambda row: (row,), total=total)
    assert page.edges == []
    assert page.page_info == PageInfo(
        has_next_page=False, has_previous_page=False, start_cursor=None, end_cursor=None
    )


async def test_a_page_of_none_still_tells_whether_there_is_more() -> None:
    async def total() -> int:
        return 1

    page = connection(["a"], window(0, None, str), node=str, key=lambda row: (row,), total=total)
    assert (page.edges, page.page_info.has_next_page) == ([], True)


def test_the_longest_page_is_allowed_and_one_more_is_not() -> None:
    assert window(LONGEST_PAGE, None, str).limit == LONGEST_PAGE + 1
    with pytest.raises(DomainError) as refused:
        window(LONGEST_PAGE + 1, None, str)
    assert refused.value.field == "first"


def test_a_refusal_tells_what_the_error_told() -> None:
    error = DomainError("STALE_VERSION", "It has changed.", field="version", seen=1)
    refusal = Refusal.of(error, UUID(int=7))
    assert (refusal.id, refusal.code, refusal.message, refusal.field) == (
        str(UUID(int=7)),
        "STALE_VERSION",
        "It has changed.",
        "version",
    )
