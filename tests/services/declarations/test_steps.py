"""What may happen to a declaration, and what may not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis.ids import new_id
from services.declarations.approval import domain
from services.declarations.approval.domain import (
    Action,
    Declaration,
    Figures,
    Missing,
    RefusedError,
    Status,
    Switches,
)

PROVIDER, COMMISSIONER, FINANCE = new_id(), new_id(), new_id()
FIGURES = Figures(1, Decimal("1.00"), Decimal("2.00"), provisional=False, changed=True)
BP002 = (Missing("VALUES_MISSING", "BP002", "BP002: no numerator"),)


def declaration(**changes: Any) -> Declaration:
    day = date(2026, 3, 31)
    names = ("QOF2526/1", "QOF2526", "QOF", "A81001", "QHM")
    made = Declaration(new_id(), 1, new_id(), *names, date(2025, 4, 1), day, day, Status.INCOMPLETE)
    return replace(made, **changes)


def calculated() -> Declaration:
    return domain.calculated(declaration(), FIGURES)[-1].declaration


def declared() -> Declaration:
    return domain.declare(calculated(), PROVIDER)[-1].declaration


def approved() -> Declaration:
    return domain.approve(declared(), COMMISSIONER)[-1].declaration


def refusal(step: Any) -> str:
    with pytest.raises(RefusedError) as refused:
        step()
    return refused.value.code


def test_the_order_is_provider_commissioner_finance():
    (last,) = domain.finance_approve(approved(), FINANCE)
    assert last.declaration.status is Status.FINANCE_APPROVED
    assert refusal(lambda: domain.approve(calculated(), COMMISSIONER)) == "WRONG_STATUS"
    assert refusal(lambda: domain.finance_approve(declared(), FINANCE)) == "WRONG_STATUS"
    assert refusal(lambda: domain.declare(declared(), PROVIDER)) == "WRONG_STATUS"


def test_nobody_takes_two_of_the_three_steps():
    assert refusal(lambda: domain.approve(declared(), PROVIDER)) == "SEPARATION_OF_DUTIES"
    assert refusal(lambda: domain.finance_approve(approved(), PROVIDER)) == "SEPARATION_OF_DUTIES"
    again = approved()
    assert refusal(lambda: domain.finance_approve(again, COMMISSIONER)) == "SEPARATION_OF_DUTIES"


def test_nothing_moves_while_a_recalculation_is_due_or_it_is_held():
    steps = (
        lambda **k: domain.declare(calculated(), PROVIDER, **k),
        lambda **k: domain.approve(declared(), COMMISSIONER, **k),
        lambda **k: domain.finance_approve(approved(), FINANCE, **k),
    )
    assert {refusal(lambda s=step: s(pending=True)) for step in steps} == {"RECALCULATION_PENDING"}
    held = domain.hold(calculated(), FINANCE, "a query")[-1].declaration
    assert refusal(lambda: domain.declare(held, PROVIDER)) == "HELD"


def test_what_is_incomplete_names_what_is_missing():
    before = declaration(blockers=BP002)
    with pytest.raises(RefusedError, match="BP002 missing") as refused:
        domain.declare(before, PROVIDER)
    assert refused.value.code == "INCOMPLETE"


def test_the_switches_pass_their_steps_by_themselves():
    both = Switches(no_declaration_required=True, no_approval_required=True)
    happened = domain.calculated(declaration(), FIGURES, both)
    assert [h.action for h in happened] == [Action.CALCULATED, Action.DECLARED, Action.APPROVED]
    assert [h.declaration.version for h in happened] == [2, 3, 4]
    assert happened[-1].declaration.status is Status.AWAITING_FINANCE_APPROVAL
    assert {h.by for h in happened} == {None}
    happened = domain.declare(calculated(), PROVIDER, Switches(no_approval_required=True))
    assert [(h.action, h.by) for h in happened] == [
        (Action.DECLARED, PROVIDER),
        (Action.APPROVED, None),
    ]


@pytest.mark.parametrize("before", [declared(), approved()])
def test_a_different_calculation_must_be_declared_again(before):
    (happened,) = domain.calculated(before, replace(FIGURES, version=2))
    after = happened.declaration
    assert happened.action is Action.RECALCULATED
    assert after.status is Status.AWAITING_PROVIDER_APPROVAL
    (again,) = domain.declare(after, FINANCE)
    assert again.declaration.declared_by == (PROVIDER, FINANCE)


def test_a_step_taken_before_a_recalculation_still_bars_the_others():
    (happened,) = domain.calculated(approved(), replace(FIGURES, version=2))
    after = happened.declaration
    assert refusal(lambda: domain.declare(after, COMMISSIONER)) == "SEPARATION_OF_DUTIES"
    (again,) = domain.declare(after, PROVIDER)
    (other,) = domain.approve(again.declaration, FINANCE)
    for person in (PROVIDER, COMMISSIONER, FINANCE):
        refused = refusal(lambda p=person: domain.finance_approve(other.declaration, p))
        assert refused == "SEPARATION_OF_DUTIES"


def test_the_same_calculation_changes_nothing():
    assert domain.calculated(declared(), replace(FIGURES, changed=False)) == []


def test_values_that_go_missing_take_a_declaration_back():
    after, (happened,) = domain.incomplete(approved(), BP002, tell=True)
    assert happened.action is Action.VALUES_MISSING
    assert (after.status, after.points, after.missing) == (Status.INCOMPLETE, None, ["BP002"])
    assert domain.incomplete(after, BP002, tell=True) == (after, [])


@pytest.mark.parametrize("status", sorted(domain.FINAL))
def test_what_is_final_stays(status):
    final = replace(approved(), status=status)
    assert domain.calculated(final, FIGURES) == []
    assert domain.incomplete(final, BP002, tell=True) == (final, [])
    assert domain.close(final) == []


moves = st.sampled_from(["calculate", "declare", "approve", "finance", "lose", "close"])
people = st.sampled_from([PROVIDER, COMMISSIONER, FINANCE])


def attempt(move: str, now: Declaration, person: Any, version: int) -> list[domain.Happening]:
    tries = {
        "calculate": lambda: domain.calculated(now, replace(FIGURES, version=version)),
        "declare": lambda: domain.declare(now, person),
        "approve": lambda: domain.approve(now, person),
        "finance": lambda: domain.finance_approve(now, person),
        "lose": lambda: domain.incomplete(now, BP002, tell=True)[1],
        "close": lambda: domain.close(now),
    }
    try:
        return tries[move]()
    except RefusedError:
        return []


@given(st.lists(st.tuples(moves, people), max_size=25))
def test_whatever_is_tried_in_whatever_order_three_people_paid_for_what_holds(tried):
    now = declaration()
    for version, (move, person) in enumerate(tried, start=1):
        happened = attempt(move, now, person, version)
        assert not (happened and now.status in domain.FINAL)
        for happening in happened:
            assert happening.declaration.version == now.version + 1
            now = happening.declaration
    if now.status is Status.FINANCE_APPROVED:
        payer = now.finance_approved_by
        assert not {*now.declared_by} & {*now.approved_by}
        assert payer not in {*now.declared_by, *now.approved_by}
        assert now.declared_by
        assert now.approved_by
        assert now.calculation_version > 0
