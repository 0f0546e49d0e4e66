"""Whatever is tried in whatever order, a claim does what the model says, and no more."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from cqrs import verify_history
from services.declarations.claims import domain, history
from services.declarations.claims.domain import (
    Action,
    Claim,
    Happening,
    RefusedError,
    RejectionCode,
    Status,
    Step,
)
from tests.services.declarations.claims.making import claim, found, person

PEOPLE = [person() for _ in range(4)]
AT = datetime(2025, 10, 10, tzinfo=UTC)
OTHER = RejectionCode.OTHER
people, yes_or_no = st.sampled_from(PEOPLE), st.booleans()
paths = st.sampled_from(
    [
        (Step.TIER_1, Step.TIER_2),
        (Step.TIER_1, Step.TIER_2, Step.FINANCE),
        (Step.PROVIDER, Step.TIER_1, Step.TIER_2),
        tuple(Step),
    ]
)


def after(happened: list[Happening]) -> Claim:
    return happened[-1].claim


def submitted(*path: Step, by: Any = PEOPLE[0], **changes: Any) -> Claim:
    terms = found("250.00", *path, **changes)
    return after(domain.submit(claim(), by, terms, content="0" * 64, notes=None))


class Claims(RuleBasedStateMachine):
    """The model: what it waits for, the steps still to come, and who took which duty."""

    @initialize(path=paths, provisional=yes_or_no)
    def begin(self, path: tuple[Step, ...], provisional: bool) -> None:
        self.path, self.provisional = path, provisional
        self.now = claim()
        self.status = "DRAFT"
        self.left: list[Step] = []
        self.version = 1
        self.duties: dict[str, set[Any]] = {}
        self.told: list[history.Written] = []

    def attempt(self, expected: str | None, step: Any) -> bool:
        """Take the step; whether it was taken. A refusal must be the one that was expected."""
        happened, refusal = list[Happening](), None
        try:
            happened = step()
        except RefusedError as refused:
            refusal = refused.code
        assert refusal == expected
        if refusal:
            return False
        written = history.write(happened, acting_for="A81001", at=AT)
        self.told += written
        self.now = written[-1].claim
        return True

    def separated(self, person_: Any, duty: str, joined: bool) -> bool:
        others = set().union(*(who for name, who in self.duties.items() if name != duty))
        return joined or person_ not in others

    def took(self, person_: Any, duty: str) -> None:
        self.duties.setdefault(duty, set()).add(person_)

    @rule(by=people, joined=yes_or_no, upload=yes_or_no)
    def submit(self, by: Any, joined: bool, upload: bool) -> None:
        expected = None
        if self.status != "DRAFT":
            expected = "WRONG_STATUS"
        elif not self.separated(by, "SUBMIT", joined):
            expected = "SEPARATION_OF_DUTIES"
        terms = found("250.00", *self.path, provisional=self.provisional)
        given: dict[str, Any] = {"content": "0" * 64, "notes": None}
        if self.attempt(
            expected,
            lambda: domain.submit(self.now, by, terms, **given, upload=upload, joined=joined),
        ):
            self.took(by, "SUBMIT")
            if upload:
                self.took(by, "TIER_1")
            skipped = {Step.PROVIDER, Step.TIER_1} if upload else set()
            self.left = [step for step in self.path if step not in skipped]
            self.status = self.left[0].value

    @rule(by=people, joined=yes_or_no, demonstration=yes_or_no)
    def approve(self, by: Any, joined: bool, demonstration: bool) -> None:
        expected = None
        if self.status not in list(Step):
            expected = "WRONG_STATUS"
        elif not self.separated(by, self.status, joined):
            expected = "SEPARATION_OF_DUTIES"
        elif len(self.left) == 1 and self.provisional and not demonstration:
            expected = "PROVISIONAL_RULES"
        if self.attempt(
            expected,
            lambda: domain.approve(self.now, by, joined=joined, demonstration=demonstration),
        ):
            self.took(by, self.status)
            self.left = self.left[1:]
            self.status = self.left[0].value if self.left else "APPROVED"

    @rule(by=people)
    def reject(self, by: Any) -> None:
        expected = None if self.status in list(Step) else "WRONG_STATUS"
        if self.attempt(expected, lambda: domain.reject(self.now, by, OTHER, "why")):
            self.status = "REJECTED"

    @rule(by=people)
    def amend(self, by: Any) -> None:
        expected = None if self.status == "REJECTED" else "WRONG_STATUS"
        if self.attempt(expected, lambda: domain.amend(self.now, by)):
            self.status, self.version = "DRAFT", self.version + 1

    @rule(by=people)
    def withdraw(self, by: Any) -> None:
        expected = None if self.status in {"DRAFT", *Step} else "WRONG_STATUS"
        if self.attempt(expected, lambda: domain.withdraw(self.now, by, None)):
            self.status = "WITHDRAWN"

    @invariant()
    def it_is_where_the_model_is(self) -> None:
        shown = Step(self.status).status if self.status in list(Step) else Status(self.status)
        assert (self.now.status, self.now.content_version) == (shown, self.version)
        assert self.now.history_length == len(self.told)

    @invariant()
    def its_history_holds(self) -> None:
        entries = [one.entry.written() | {"hash": one.entry.hash} for one in self.told]
        head = {"length": self.now.history_length, "hash": self.now.history_hash}
        document = {"claim": str(self.now.id), "head": head, "entries": entries}
        sealed = [one for one in verify_history.differences(document) if "submitted" not in one]
        assert sealed == []


Claims.TestCase.settings = settings(max_examples=60, stateful_step_count=25, deadline=None)
TestClaims = Claims.TestCase


def test_a_claim_goes_its_path_step_by_step():
    one = submitted(*Step)
    assert one.status == Status.AWAITING_PROVIDER_APPROVAL
    seen = []
    for by in (person(), person(), person(), person()):
        one = after(domain.approve(one, by))
        seen.append(one.status)
    assert seen == [
        Status.AWAITING_TIER_1,
        Status.AWAITING_TIER_2,
        Status.AWAITING_FINANCE,
        Status.APPROVED,
    ]


def test_an_upload_counts_as_tier_1():
    terms = found("250.00", *Step)
    (uploaded,) = domain.submit(
        claim(), PEOPLE[0], terms, content="0" * 64, notes=None, upload=True
    )
    assert uploaded.claim.status == Status.AWAITING_TIER_2
    assert uploaded.claim.tier_1_by == uploaded.claim.submitted_by == (PEOPLE[0],)
    with pytest.raises(RefusedError, match="two of submit"):
        domain.approve(uploaded.claim, PEOPLE[0])


def test_who_ever_approved_tier_1_takes_no_other_step_of_any_version():
    one = after(domain.approve(submitted(), PEOPLE[1]))
    with pytest.raises(RefusedError) as refused:
        domain.approve(one, PEOPLE[1])
    assert refused.value.code == "SEPARATION_OF_DUTIES"
    rejected = after(domain.reject(one, PEOPLE[2], OTHER, "no"))
    draft = after(domain.amend(rejected, PEOPLE[0]))
    assert (draft.id, draft.content_version, draft.status) == (one.id, 2, Status.DRAFT)
    again = after(domain.submit(draft, PEOPLE[0], found(), content="1" * 64, notes=None))
    once_more = after(domain.approve(again, PEOPLE[1]))  # the same duty, of another version
    with pytest.raises(RefusedError):
        domain.approve(once_more, PEOPLE[1])
    with pytest.raises(RefusedError):
        domain.submit(draft, PEOPLE[1], found(), content="1" * 64, notes=None)


def test_duties_joined_are_marked_before_the_step():
    happened = domain.approve(submitted(), PEOPLE[0], joined=True)
    assert [one.action for one in happened] == [Action.DUTIES_JOINED, Action.TIER_1_APPROVED]


def test_what_is_paid_is_every_service_that_brings_something_or_one_that_brings_nothing():
    two = found("25.00").services[0], found("0.00").services[0]
    assert claim(services=two).claimed == [two[0]]
    assert claim(services=(two[1], two[1])).claimed == [two[1]]
