import json
from datetime import date
from pathlib import Path

import pytest

from nhs.roles import HELD_AT, OrganisationKind, Role
from nhs.values import PAYMENT_TYPES, FinancialYear, Period, ods_code


@pytest.mark.parametrize("text", ["A81001", "U89141", "16C", "A3A8R", "QHM", "Y63", "ENG"])
def test_a_code_is_read_as_it_is_written(text):
    assert ods_code(text) == text


@pytest.mark.parametrize("text", ["", "U", "a81001", "A81 001", "A81001\n", "A81-001"])
def test_what_has_not_the_form_of_a_code_is_refused(text):
    with pytest.raises(ValueError, match="no ODS code"):
        ods_code(text)


def test_a_financial_year_runs_from_april_to_march():
    year = FinancialYear.parse("2025/26")
    assert year.period == Period(date(2025, 4, 1), date(2026, 3, 31))
    assert FinancialYear.of(date(2026, 3, 31)) == year
    assert str(FinancialYear.of(date(2026, 4, 1))) == "2026/27"
    assert str(FinancialYear(1999)) == "1999/00"


@pytest.mark.parametrize("text", ["2025", "2025/27", "2025-26", "25/26"])
def test_what_is_no_financial_year_is_refused(text):
    with pytest.raises(ValueError, match="no financial year"):
        FinancialYear.parse(text)


def test_a_period_includes_both_its_ends():
    period = Period(date(2025, 4, 1), date(2025, 4, 30))
    assert period.days == 30
    assert date(2025, 4, 30) in period
    assert date(2025, 5, 1) not in period
    assert period.overlaps(Period(date(2025, 4, 30), date(2025, 5, 2)))
    assert not period.within(Period(date(2025, 4, 2), date(2025, 5, 2)))


def test_a_period_does_not_end_before_it_starts():
    with pytest.raises(ValueError, match="cannot end"):
        Period(date(2025, 4, 2), date(2025, 4, 1))


def test_every_role_is_held_somewhere_and_data_load_at_england_only():
    assert set(HELD_AT) == set(Role)
    assert HELD_AT[Role.DATA_LOAD] == {OrganisationKind.NATION}
    assert Role.PCN_VIEW.label == "PCN View"


def test_a_role_can_be_limited_to_the_payment_type_of_every_service_that_is_shipped():
    shipped = (Path(__file__).parents[2] / "services/participation/catalogue/shipped").glob(
        "*.json"
    )
    types = {json.loads(path.read_text())["payment_type"] for path in shipped}
    assert types - {None} <= set(PAYMENT_TYPES)
