import pytest

from chassis.errors import DomainError
from services.notifications.messages.domain import NOTICES
from services.notifications.preferences.domain import (
    DEFAULTS,
    Choice,
    Kind,
    check,
    choice_for,
    kind_of,
    without,
)


def test_everything_people_are_told_of_belongs_to_a_kind():
    codes = {name.upper().replace(".", "_").replace("-", "_") for name in NOTICES}
    kinds = {kind_of(code) for code in codes}
    assert kinds == set(Kind) - {Kind.ACCEPTANCES}
    assert kind_of("DECLARATION_PAYMENT_FAILED") is Kind.PAYMENTS
    assert kind_of("DECLARATION_DECLARED") is Kind.DECLARATIONS


def test_work_comes_once_a_day_by_default_and_acceptances_only_to_those_who_ask():
    assert set(DEFAULTS) == set(Kind)
    assert choice_for(Kind.DECLARATIONS, {}) is Choice.DAILY
    assert choice_for(Kind.ACCEPTANCES, {}) is Choice.NEVER
    assert choice_for(Kind.OFFERS, {Kind.OFFERS: Choice.NEVER}) is Choice.NEVER


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ([], "NOTHING_CHOSEN"),
        ([(Kind.OFFERS, Choice.DAILY), (Kind.OFFERS, Choice.NEVER)], "KIND_GIVEN_TWICE"),
        ([(Kind.ACCEPTANCES, Choice.AT_ONCE)], "CHOICE_NOT_OFFERED"),
    ],
)
def test_what_cannot_be_chosen_is_refused(asked, code):
    with pytest.raises(DomainError) as refusal:
        check(asked)
    assert refusal.value.code == code


def test_who_wants_no_digest_keeps_what_comes_at_once():
    chosen = without(None, {Kind.OFFERS: Choice.AT_ONCE})
    assert chosen[Kind.PAYMENTS] is Choice.NEVER
    assert not {Kind.OFFERS, Kind.ACCOUNT, Kind.ACCEPTANCES} & set(chosen)
