"""Which covers there can be."""

from datetime import date, timedelta

import pytest

from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.roles import Role
from services.notifications.cover.domain import Cover, State, check_same_role

TODAY = date(2025, 3, 13)
ANNA, BEN, CARO = new_id(), new_id(), new_id()


def cover(person=ANNA, colleague=BEN, starts=0, ends=6, *, ended=False) -> Cover:
    def day(n):
        return TODAY + timedelta(days=n)

    return Cover(new_id(), "A99001", person, colleague, day(starts), day(ends), ended)


def code(check, *given) -> str | None:
    try:
        check(*given)
    except DomainError as refusal:
        return refusal.code
    return None


@pytest.mark.parametrize(
    ("one", "refused"),
    [
        (cover(), None),
        (cover(starts=0, ends=0), None),
        (cover(colleague=ANNA), "COVER_BY_ONESELF"),
        (cover(starts=3, ends=2), "DATES_OUT_OF_ORDER"),
        (cover(starts=-1), "DATE_PASSED"),
    ],
)
def test_a_cover_is_by_another_on_days_to_come(one, refused):
    assert code(one.check, TODAY) == refused


@pytest.mark.parametrize(
    ("other", "refused"),
    [
        (cover(colleague=CARO, starts=6, ends=9), "COVER_OVERLAPS"),
        (cover(colleague=CARO, starts=7, ends=9), None),
        (cover(person=BEN, colleague=CARO), "COVER_CHAIN"),
        (cover(person=BEN, colleague=ANNA), "COVER_CHAIN"),
        (cover(person=CARO, colleague=ANNA), "COVER_CHAIN"),
        (cover(person=CARO, colleague=BEN), None),
    ],
)
def test_who_covers_is_not_covered_on_the_same_days(other, refused):
    assert code(cover().check_beside, [other]) == refused


def test_a_cover_holds_from_its_first_day_to_its_last_unless_it_was_ended():
    days = (-1, 0, 6, 7)
    states = [cover().state(TODAY + timedelta(days=n)) for n in days]
    assert states == [State.COMING, State.IN_FORCE, State.IN_FORCE, State.OVER]
    assert cover(ended=True).state(TODAY) is State.ENDED


def test_either_of_the_two_ends_it_and_once():
    assert [code(cover().check_ending, by, TODAY) for by in (ANNA, BEN)] == [None, None]
    assert code(cover().check_ending, CARO, TODAY) == "COVER_NOT_FOUND"
    assert code(cover(ended=True).check_ending, ANNA, TODAY) == "COVER_ENDED"


@pytest.mark.parametrize(
    ("mine", "theirs", "refused"),
    [
        ({Role.SERVICE_MANAGEMENT: None}, {Role.SERVICE_MANAGEMENT: frozenset({"QOF"})}, None),
        (
            {Role.SERVICE_MANAGEMENT: frozenset({"NCD"})},
            {Role.SERVICE_MANAGEMENT: frozenset({"QOF"})},
            "SAME_ROLE_REQUIRED",
        ),
        ({Role.SERVICE_MANAGEMENT: None}, {Role.VIEW: None}, "SAME_ROLE_REQUIRED"),
        ({Role.VIEW: None}, {Role.VIEW: None}, "SAME_ROLE_REQUIRED"),
    ],
)
def test_the_colleague_holds_a_role_of_mine_that_is_given_tasks(mine, theirs, refused):
    assert code(check_same_role, mine, theirs) == refused
