import pytest

from chassis.errors import DomainError
from services.participation.reason import said


def test_a_reason_is_one_line():
    assert said("  too\n few nurses ") == "too few nurses"
    assert said("  ") is None
    assert said(None) is None


@pytest.mark.parametrize("reason", ["x" * 301, "a\x00b"])
def test_a_reason_that_is_long_or_cannot_be_printed_is_refused(reason):
    with pytest.raises(DomainError) as refused:
        said(reason)
    assert (refused.value.code, refused.value.field) == ("REASON_NOT_VALID", "reason")


def test_a_reason_names_no_patient():
    with pytest.raises(DomainError) as refused:
        said("asked for by 943 476 5919")
    assert (refused.value.code, refused.value.field) == ("NHS_NUMBER_IN_NOTE", "reason")
