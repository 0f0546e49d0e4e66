"""The commissioner returns a declaration with a reason, or holds it until it releases it."""

from typing import Any

import pytest

from tests.services.declarations.period import Period, extract_rows, worked_values

REASON = "The register of AF is last year's"
ALL = """{ declarations { edges { node { status held hold { reason by } returnReason notes
    history { action by actingFor notes } } } } }"""

BULK = """mutation ($choose: ChooseDeclarations!, $dryRun: Boolean!, $reason: String!,
    $key: String) { %sDeclarations(choose: $choose, dryRun: $dryRun, reason: $reason,
    idempotencyKey: $key) { done refused { id code message field } counts { name value }
    selection message } }"""
RELEASE = BULK.replace("$reason: String!,", "").replace("reason: $reason,", "")


async def act(period: Period, who: str, verb: str, **more: Any) -> Any:
    """Do it to A81001 as it is, or to what is chosen."""
    chosen = more.pop("choose", None)
    if chosen is None:
        row = await period.of("A81001")
        chosen = {"rows": [{"id": row["id"], "version": row["version"]}]}
    given = {"choose": chosen, "dryRun": False, "reason": REASON, "key": None} | more
    document = RELEASE if verb == "release" else BULK
    if verb == "release":
        del given["reason"]
    data = await period.ask(who, document % verb, **given)
    return data if "errors" in data else data[f"{verb}Declarations"]


def refusals(answer: Any) -> list[str]:
    return [one["code"] for one in answer["refused"]]


async def the_one(period: Period, who: str = "practice") -> Any:
    data = await period.ask(who, ALL)
    return data["declarations"]["edges"][0]["node"]


async def declared(period: Period, *, approved: bool = False) -> None:
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    if approved:
        await period.approve("approver", [await period.of("A81001")])


@pytest.mark.parametrize("who", ["approver", "finance"])
@pytest.mark.parametrize("approved", [False, True])
async def test_it_is_returned_from_both_states_of_the_commissioner_with_a_reason(
    period: Period, who: str, approved: bool
):
    await declared(period, approved=approved)
    answer = await act(period, who, "return")
    assert answer["message"] == "The payment declaration(s) have been successfully returned"
    found = await the_one(period)
    assert (found["status"], found["returnReason"]) == ("AWAITING_PROVIDER_APPROVAL", REASON)
    person = str((await period.principal(who)).person_id)
    last = {"action": "RETURNED", "by": person, "actingFor": "QHM", "notes": REASON}
    assert found["history"][-1] == last
    (event,) = await period.events("declaration.returned.v1")
    assert (event["reason"], event["by"]) == (REASON, person)
    await period.declare("practice", [await period.of("A81001")])
    assert (await the_one(period))["returnReason"] is None


@pytest.mark.parametrize(
    ("reason", "code"), [("  ", "REASON_REQUIRED"), ("943 476 5919", "NHS_NUMBER_IN_NOTE")]
)
@pytest.mark.parametrize("verb", ["return", "hold"])
async def test_a_reason_is_given_and_names_no_patient(
    period: Period, verb: str, reason: str, code: str
):
    await declared(period)
    before = await period.everything()
    assert await act(period, "approver", verb, reason=reason) == {"errors": [code]}
    assert await period.everything() == before


async def test_only_what_was_declared_is_returned(period: Period):
    await period.calculated("A81001")
    before = await period.everything()
    assert refusals(await act(period, "approver", "return")) == ["WRONG_STATUS"]
    assert await period.everything() == before


async def test_who_returned_and_held_it_may_approve_it(period: Period):
    await declared(period)
    for verb in ("hold", "release", "return"):
        await act(period, "approver", verb)
    await period.declare("practice", [await period.of("A81001")])
    answer = await period.approve("approver", [await period.of("A81001")])
    assert len(answer["done"]) == 1


async def test_what_is_held_moves_nowhere_until_somebody_releases_it(period: Period):
    await declared(period)
    await act(period, "finance", "hold")
    found = await the_one(period)
    finance = str((await period.principal("finance")).person_id)
    assert (found["held"], found["hold"]) == (True, {"reason": REASON, "by": finance})
    before = await period.everything()
    assert refusals(await period.approve("approver", [await period.of("A81001")])) == ["HELD"]
    for verb in ("return", "hold"):
        assert refusals(await act(period, "approver", verb)) == ["HELD"]
    assert await period.declarations("approver", waitingForMe=True) == []
    assert await period.everything() == before

    assert len(await period.declarations("approver", held=True)) == 1
    await act(period, "approver", "release")
    assert await period.declarations("approver", held=True) == []
    assert refusals(await act(period, "approver", "release")) == ["NOT_HELD"]
    assert len((await period.approve("approver", [await period.of("A81001")]))["done"]) == 1
    (held,), (released,) = [
        await period.events(f"declaration.{what}.v1") for what in ("held", "released")
    ]
    assert (held["held"], held["reason"], released["held"]) == (True, REASON, False)


async def test_what_finance_has_approved_is_neither_held_nor_returned(period: Period):
    await declared(period, approved=True)
    await period.approve("finance", [await period.of("A81001")])
    before = await period.everything()
    for verb in ("return", "hold"):
        assert refusals(await act(period, "approver", verb)) == ["WRONG_STATUS"]
    assert await period.everything() == before


@pytest.mark.parametrize(
    ("who", "expected"),
    [("practice", {"errors": ["ROLE_REQUIRED"]}), ("other commissioner", ["NOT_FOUND"])],
)
@pytest.mark.parametrize("verb", ["return", "hold", "release"])
async def test_nobody_else_returns_holds_or_releases(
    period: Period, verb: str, who: str, expected: Any
):
    await declared(period)
    before = await period.everything()
    answer = await act(period, who, verb)
    assert (answer if "errors" in answer else refusals(answer)) == expected
    assert await period.everything() == before


async def test_a_dry_run_shows_what_would_be_returned_and_its_worth(period: Period):
    await period.calculated("A81001", "A81002")
    await period.declare("practice", [await period.of("A81001")])
    before = await period.everything()
    shown = await act(period, "approver", "return", choose={"filter": {}}, dryRun=True)
    counts = {one["name"]: one["value"] for one in shown["counts"]}
    assert (counts["returned"], counts["pounds"]) == ("1", "37227.05")
    assert refusals(shown) == ["WRONG_STATUS"]
    assert await period.everything() == before
    answer = await act(period, "approver", "return", choose={"selection": shown["selection"]})
    assert len(answer["done"]) == 1


async def test_a_return_sent_twice_under_one_key_is_one_return(period: Period):
    await declared(period)
    row = await period.of("A81001")
    chosen = {"rows": [{"id": row["id"], "version": row["version"]}]}
    first = await act(period, "approver", "return", choose=chosen, key="k")
    assert await act(period, "approver", "return", choose=chosen, key="k") == first
    assert len(await period.events("declaration.returned.v1")) == 1


async def test_what_it_stands_on_is_followed_while_it_is_held(period: Period):
    await declared(period)
    await act(period, "approver", "hold")
    await period.load(extract_rows("A81001", {"BP002": (2000, 2500, None)}))
    await period.settle()
    found = await the_one(period)
    assert (found["status"], found["held"]) == ("AWAITING_PROVIDER_APPROVAL", True)
    refused = await period.declare("practice", [await period.of("A81001")])
    assert refusals(refused) == ["HELD"]


async def test_the_longest_reason_in_the_widest_letters_fits_into_the_event(period: Period):
    await period.prevalence()
    some = dict(list(worked_values().items())[:1])
    await period.load(extract_rows("A81001", some))
    await period.settle()
    assert (await period.of("A81001"))["status"] == "INCOMPLETE"
    answer = await act(period, "approver", "hold", reason="\N{CJK UNIFIED IDEOGRAPH-4E00}" * 300)
    assert len(answer["done"]) == 1
    assert len(await period.events("declaration.held.v1")) == 1


async def test_notes_are_kept_and_shown_to_the_commissioner(period: Period):
    await period.calculated("A81001")
    row = await period.of("A81001")
    chosen = {"rows": [{"id": row["id"], "version": row["version"]}]}
    declare = """mutation ($choose: ChooseDeclarations!, $notes: String!, $dryRun: Boolean!) {
        declareDeclarations(choose: $choose, notes: $notes, dryRun: $dryRun) {
        message counts { name value } } }"""
    before = await period.everything()
    given = {"choose": chosen, "dryRun": False}
    refused = await period.ask("practice", declare, notes="of 943 476 5919", **given)
    assert refused == {"errors": ["NHS_NUMBER_IN_NOTE"]}
    shown = await period.ask("practice", declare, notes="x", choose=chosen, dryRun=True)
    counts = {c["name"]: c["value"] for c in shown["declareDeclarations"]["counts"]}
    assert (counts["points"], counts["pounds"]) == ("139.47", "37227.05")
    assert await period.everything() == before
    await period.ask("practice", declare, notes="AF was recounted", **given)
    assert (await the_one(period, "approver"))["notes"] == "AF was recounted"
