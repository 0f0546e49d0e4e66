"""Whatever is tried in whatever order, a declaration does what the model says, and no more."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from chassis.ids import new_id
from services.declarations.approval import domain, history
from services.declarations.approval.domain import (
    Figures,
    Happening,
    Missing,
    RefusedError,
    Switches,
)
from tests.services.declarations.approval_model import (
    INCOMPLETE,
    OVER,
    PAID,
    PROVIDER,
    Answer,
    Model,
)
from tests.services.declarations.test_steps import declaration

PEOPLE = [new_id() for _ in range(4)]
AT = datetime(2026, 4, 1, tzinfo=UTC)
people, yes_or_no = st.sampled_from(PEOPLE), st.booleans()
STEPS = {
    "declare": domain.declare,
    "approve": domain.approve,
    "finance-approve": domain.finance_approve,
}


class Declarations(RuleBasedStateMachine):
    @initialize(no_declaration=yes_or_no, no_approval=yes_or_no)
    def begin(self, no_declaration: bool, no_approval: bool) -> None:
        self.model = Model(no_declaration, no_approval)
        self.switches = Switches(no_declaration, no_approval)
        self.now = declaration()
        self.entries: list[history.Entry] = []

    @rule(
        step=st.sampled_from(sorted(STEPS)),
        person=people,
        due=yes_or_no,
        joined=yes_or_no,
        demonstration=yes_or_no,
    )
    def take_a_step(self, step: str, person: Any, due: bool, joined: bool, **mode: bool) -> None:
        given: dict[str, Any] = {"pending": due, "joined": joined}
        if step == "finance-approve":
            given |= mode
        if step == "declare":
            given |= {"switches": self.switches}
        expected = self.model.step(step, person, due=due, joined=joined, **mode)
        self.expect(expected, lambda: STEPS[step](self.now, person, **given))

    @rule(person=people)
    def give_back(self, person: Any) -> None:
        expected = self.model.give_back()
        self.expect(expected, lambda: domain.return_to_provider(self.now, person, "wrong"))

    @rule(person=people)
    def hold(self, person: Any) -> None:
        self.expect(self.model.hold(), lambda: domain.hold(self.now, person, "a query"))

    @rule(person=people, due=yes_or_no)
    def release(self, person: Any, due: bool) -> None:
        expected = self.model.release(due=due)
        self.expect(expected, lambda: domain.release(self.now, person, self.switches, pending=due))

    @rule(changed=yes_or_no, provisional=yes_or_no)
    def calculate(self, changed: bool, provisional: bool) -> None:
        changed = changed or not self.model.calculation
        provisional = provisional if changed else self.model.provisional
        figures = Figures(
            self.model.calculation + changed,
            Decimal("1.00"),
            Decimal("2.00"),
            provisional=provisional,
            changed=changed,
        )
        expected = self.model.calculate(changed=changed, provisional=provisional)
        self.expect(expected, lambda: domain.calculated(self.now, figures, self.switches))

    @rule(code=st.sampled_from(["BP002", "AF006"]), told=yes_or_no)
    def lose(self, code: str, told: bool) -> None:
        expected = self.model.lose(code)
        blockers = (Missing("VALUES_MISSING", code, f"{code} is missing"),)
        after, happened = domain.incomplete(self.now, blockers, tell=told)
        assert (after is not self.now) == bool(expected)
        assert [one.action.value for one in happened] == (expected if told else [])
        self.now = after
        self.follow(happened)

    @rule()
    def close(self) -> None:
        self.expect(self.model.close(), lambda: domain.close(self.now))

    @rule()
    def reopen(self) -> None:
        self.expect(self.model.reopen(), lambda: domain.reopen(self.now))

    def expect(self, expected: Answer, act: Any) -> None:
        happened: list[Happening]
        answer: Answer
        try:
            happened = act()
        except RefusedError as refused:
            happened, answer = [], refused.code
        else:
            answer = [one.action.value for one in happened]
        assert answer == expected
        versions = [one.declaration.version - self.now.version for one in happened]
        assert versions == [*range(1, len(happened) + 1)]
        self.follow(happened)

    def follow(self, happened: list[Happening]) -> None:
        written = history.write(happened, acting_for="QHM", notes=None, at=AT)
        self.entries += [one.entry for one in written]
        self.now = written[-1].declaration if written else self.now

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        now, model = self.now, self.model
        assert (now.status.value, now.held) == (model.status, model.held)
        assert now.calculation_version == model.calculation
        assert (now.hold_reason is None, now.held_by is None) == (not now.held, not now.held)
        assert set(now.declared_by) == model.took["declare"]
        assert set(now.approved_by) == model.took["approve"]
        if model.status == PROVIDER:
            assert (now.return_reason is not None) == model.returned

    @invariant()
    def what_is_paid_was_calculated_and_never_held(self) -> None:
        if self.now.status == PAID:
            assert self.now.points is not None
            assert not self.now.held
            assert not self.now.blockers
            assert {self.now.finance_approved_by} == self.model.took["finance-approve"]
        assert (self.now.points is None) == (self.now.calculation_version == 0) or (
            self.now.status in {INCOMPLETE, *OVER}
        )

    @invariant()
    def its_history_is_whole(self) -> None:
        assert [one.position for one in self.entries] == [*range(1, len(self.entries) + 1)]
        previous = ""
        for one in self.entries:
            assert one.previous == previous
            assert replace(one, hash="").sealed().hash == one.hash
            previous = one.hash
        assert (self.now.history_length, self.now.history_hash) == (len(self.entries), previous)


Declarations.TestCase.settings = settings(stateful_step_count=40)
TestEveryCommandInEveryState = Declarations.TestCase
