"""What may happen to an offer."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from chassis.errors import DomainError
from nhs.values import Period
from services.participation.offers.domain.looking import year_of
from services.participation.offers.domain.making import Candidate, Service, Terms
from services.participation.offers.domain.offer import CancelKind, ResponseStatus, Status, What
from services.participation.offers.domain.outcome import Outcome, Refused
from services.participation.offers.domain.standing import Standing

TODAY = date(2025, 3, 20)
DUE = date(2025, 3, 31)
QOF = Service("QOF2526/1", "QOF2526", "QOF", "PRACTICE", date(2025, 4, 1), date(2026, 3, 31), False)
TERMS = Terms(QOF, "QHM", date(2025, 4, 1), date(2026, 3, 31), DUE, None)
OFFER = TERMS.offer_to("A81001", UUID(int=1), datetime(2025, 3, 13, 9, tzinfo=UTC))
CANDIDATE = Candidate("A81001", "PRACTICE", True, None, True, False, None, None)


def offer(status=Status.OFFERED, **others):
    return replace(OFFER, status=status, **others)


def code(call, *arguments, **named):
    with pytest.raises(DomainError) as refused:
        call(*arguments, **named)
    return refused.value.code


TRANSITIONS = {
    "accept": lambda one: one.accept(TODAY),
    "reject": lambda one: one.reject(None),
    "withdraw": lambda one: one.withdraw(None),
    "cancel": lambda one: one.cancel(TODAY, None),
    "extend": lambda one: one.extend(TODAY, DUE + timedelta(days=7)),
}
ALLOWED = {
    ("accept", Status.OFFERED): Status.APPROVED,
    ("reject", Status.OFFERED): Status.REJECTED,
    ("withdraw", Status.OFFERED): Status.CANCELLED,
    ("extend", Status.OFFERED): Status.OFFERED,
    ("cancel", Status.APPROVED): Status.CANCELLED,
    ("cancel", Status.REJECTED): Status.CANCELLED,
}


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("verb", TRANSITIONS)
def test_only_the_transitions_of_the_job_aids_are_allowed(verb, status):
    before = offer(status)
    if (verb, status) in ALLOWED:
        after = TRANSITIONS[verb](before)
        assert (after.status, after.version) == (ALLOWED[verb, status], 2)
    else:
        with pytest.raises(DomainError, match=status) as refused:
            TRANSITIONS[verb](before)
        assert refused.value.code == "TRANSITION_NOT_ALLOWED"


def test_withdrawn_and_cancelled_are_told_apart_by_their_kind():
    assert offer().withdraw("Wrong year").cancel_kind is CancelKind.WITHDRAWN
    assert offer(Status.REJECTED).cancel(TODAY, None).cancel_kind is CancelKind.CANCELLED


def test_an_offer_is_accepted_on_its_response_date_and_not_after_it():
    assert offer().accept(DUE).status is Status.APPROVED
    late = DUE + timedelta(days=1)
    assert code(offer().accept, late) == "RESPONSE_DATE_PASSED"
    extended = offer().extend(late, late)
    assert extended.accept(late).status is Status.APPROVED


def test_an_offer_may_be_rejected_after_its_response_date():
    assert offer(response_due_on=date(2025, 1, 1)).reject("Too late").reason == "Too late"


def test_a_response_date_is_extended_to_a_later_day_within_the_offer():
    assert code(offer().extend, TODAY, DUE) == "NOT_LATER"
    assert code(offer().extend, TODAY, date(2026, 4, 1)) == "RESPONSE_DATE_LATE"
    past = offer(response_due_on=date(2025, 3, 1))
    assert code(past.extend, TODAY, date(2025, 3, 19)) == "RESPONSE_DATE_PAST"


def test_a_closed_provider_cannot_accept():
    closed = Standing(TODAY, None).takes_part_until(requires_pcn=False)
    assert code(offer().accept, TODAY, closed) == "PROVIDER_CLOSED"


def test_who_accepts_and_is_to_close_takes_part_until_then():
    closing = Standing(date(2025, 6, 30), None).takes_part_until(requires_pcn=False)
    accepted = offer().accept(TODAY, closing)
    assert (accepted.status, accepted.ended_on) == (Status.APPROVED, date(2025, 6, 30))
    after = Standing(date(2026, 3, 31), None).takes_part_until(requires_pcn=False)
    assert offer().accept(TODAY, after).ended_on is None


JULY = date(2025, 7, 1)
NEVER_BEGUN = date(2025, 3, 31)


def test_cancelling_ends_a_participation_from_that_day_and_no_other():
    assert offer(Status.APPROVED).cancel(JULY, None).ended_on == JULY
    ended = offer(Status.APPROVED, ended_on=date(2025, 5, 1))
    assert ended.cancel(JULY, None).ended_on == date(2025, 5, 1)
    assert offer(Status.REJECTED).cancel(JULY, None).ended_on is None


def test_cancelled_before_its_first_day_a_participation_never_began():
    cancelled = offer(Status.APPROVED).cancel(TODAY, None)
    assert (cancelled.ended_on, cancelled.participation) == (NEVER_BEGUN, None)


def test_cancelled_after_its_last_day_a_participation_has_been_whole():
    cancelled = offer(Status.APPROVED).cancel(date(2026, 5, 1), None)
    assert cancelled.participation == Period(OFFER.starts_on, OFFER.ends_on)


def until(day):
    return Standing(day, None).takes_part_until(requires_pcn=False)


def test_a_participation_ends_when_ods_says_so_once():
    day = date(2025, 9, 30)
    what, ended = offer(Status.APPROVED).follow(until(day))
    assert (what, ended.status, ended.ended_on) == (What.ENDED, Status.APPROVED, day)
    assert ended.version == 2
    assert ended.follow(until(day)) is None
    assert offer(Status.APPROVED).follow(until(date(2026, 3, 31))) is None
    assert offer().follow(until(day)) is None


def test_what_ods_takes_back_goes_on():
    ended = offer(Status.APPROVED, ended_on=date(2025, 9, 30))
    what, longer = ended.follow(until(date(2025, 12, 31)))
    assert (what, longer.ended_on) == (What.RESUMED, date(2025, 12, 31))
    what, whole = longer.follow(None)
    assert (what, whole.ended_on) == (What.RESUMED, None)


def test_closed_before_its_first_day_a_participation_never_began():
    _, ended = offer(Status.APPROVED).follow(until(date(2025, 2, 1)))
    assert (ended.ended_on, ended.participation) == (NEVER_BEGUN, None)


def test_who_takes_part_does_so_on_the_days_of_the_offer_or_until_it_ended():
    assert offer(Status.APPROVED).participation == Period(OFFER.starts_on, OFFER.ends_on)
    ended = offer(Status.APPROVED, ended_on=JULY)
    assert ended.participation == Period(OFFER.starts_on, JULY)
    assert offer().participation is None
    assert offer().withdraw(None).participation is None
    assert offer(Status.REJECTED).cancel(JULY, None).participation is None


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (offer(), ResponseStatus.AWAITED),
        (offer(response_due_on=TODAY), ResponseStatus.AWAITED),
        (offer(response_due_on=date(2025, 3, 19)), ResponseStatus.OVERDUE),
        (offer(Status.REJECTED), ResponseStatus.ANSWERED),
        (offer().withdraw(None), ResponseStatus.NOT_NEEDED),
        (offer(Status.APPROVED).cancel(TODAY, None), ResponseStatus.ANSWERED),
    ],
)
def test_it_is_told_how_it_stands_with_the_answer(one, expected):
    assert one.response(TODAY) is expected


@pytest.mark.parametrize(
    ("standing", "requires_pcn", "until"),
    [
        (Standing(None, date.max), True, None),
        (Standing(None, date(2025, 6, 30)), False, None),
        (Standing(None, date(2025, 6, 30)), True, ("NOT_IN_A_PCN", date(2025, 6, 30))),
        (
            Standing(date(2025, 5, 1), date(2025, 6, 30)),
            True,
            ("PROVIDER_CLOSED", date(2025, 5, 1)),
        ),
        (Standing(date(2025, 5, 1), None), True, ("PROVIDER_CLOSED", date(2025, 5, 1))),
    ],
)
def test_ods_ends_taking_part_by_closing_or_by_the_last_membership_where_one_is_required(
    standing, requires_pcn, until
):
    found = standing.takes_part_until(requires_pcn=requires_pcn)
    assert (found and (found.code, found.day)) == until


def test_days_left_are_counted_while_an_answer_is_awaited():
    assert offer().response_days_left(TODAY) == 11
    assert offer().response_days_left(date(2025, 4, 2)) == -2
    assert offer(Status.APPROVED).response_days_left(TODAY) is None


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"starts_on": date(2025, 3, 31)}, "OUTSIDE_SERVICE_DATES"),
        ({"ends_on": date(2026, 4, 1)}, "OUTSIDE_SERVICE_DATES"),
        ({"starts_on": date(2025, 5, 1), "ends_on": date(2025, 4, 30)}, "DATES_REVERSED"),
        ({"response_due_on": date(2025, 3, 19)}, "RESPONSE_DATE_PAST"),
        ({"ends_on": date(2025, 4, 30), "response_due_on": date(2025, 5, 1)}, "RESPONSE_DATE_LATE"),
        ({"target_on": date(2026, 4, 1)}, "OUTSIDE_SERVICE_DATES"),
    ],
)
def test_terms_lie_inside_the_service_and_ahead(change, expected):
    TERMS.check(TODAY)
    assert code(replace(TERMS, **change).check, TODAY) == expected


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": None, "commissioned": False}, "NOT_YET_KNOWN"),
        ({"commissioned": False}, "NOT_COMMISSIONED"),
        ({"kind": "PCN"}, "PROVIDER_KIND"),
        ({"closed_on": date(2025, 3, 31)}, "PROVIDER_CLOSED"),
        ({"active": False}, "PROVIDER_CLOSED"),
        ({"live": Status.REJECTED}, "OFFER_EXISTS"),
    ],
)
def test_who_cannot_be_offered_a_service_is_told_why(change, expected):
    CANDIDATE.check(TERMS)
    assert code(replace(CANDIDATE, **change).check, TERMS) == expected


def test_a_service_may_require_membership_of_a_pcn():
    network = replace(TERMS, service=replace(QOF, requires_pcn_membership=True))
    assert code(CANDIDATE.check, network) == "NOT_IN_A_PCN"
    replace(CANDIDATE, in_pcn=True).check(network)


def test_the_year_is_the_current_one_unless_another_is_chosen():
    assert year_of(TODAY, None) == Period(date(2024, 4, 1), date(2025, 3, 31))
    assert year_of(TODAY, "2025/26") == Period(date(2025, 4, 1), date(2026, 3, 31))


def test_confirmations_say_what_the_job_aids_say():
    none = Refused("2", "TRANSITION_NOT_ALLOWED", "The offer is OFFERED")

    def say(done, refused, **others):
        return Outcome.of("Accepted", done, refused, **{"dry_run": False, **others}).message

    assert say(["1"], []) == "The selected service(s) have been successfully Accepted"
    assert say(["1"], [none]).endswith("successfully Accepted; 1 could not be")
    assert say([], [none]) == "None of the selected service(s) could be Accepted"
    assert "never opened" in say(["1"], [], dry_run=True, never_opened=1)


def test_refusals_are_counted_by_their_codes():
    refused = [Refused(str(n), "STALE_VERSION", "") for n in range(3)]
    counts = Outcome.of("Accepted", ["9"], refused, dry_run=False).counts
    assert counts == {"chosen": 4, "done": 1, "refused": 3, "refused.STALE_VERSION": 3}
