"""A value far from its provider's own history is marked, and what stands on it can be held."""

from typing import Any

from tests.services.declarations.period import Period, extract_rows, worked_values
from tests.services.declarations.test_kept_values import columns, year_before

MARK = "CHD015 of A81001: 210 of 280, after 100 of 280 on 2024-03-31: more than 20 percentage"
HOLD = """mutation ($choose: ChooseDeclarations!, $dryRun: Boolean!, $reason: String) {
    holdDeclarations(choose: $choose, dryRun: $dryRun, reason: $reason) {
    done refused { code } selection message } }"""
LISTED = """query { markedAchievement { edges { node { indicator
    declarations { id version provider status held } } } } }"""
REASONS = """{ declarations(first: 10, filter: { service: "QOF2526" }) {
    edges { node { provider { odsCode } hold { reason } } } } }"""


async def calculated(period: Period) -> None:
    """CHD015 of A81001 is worth 210 of 280, and was 100 of 280 in the year before."""
    await year_before(period)
    before = extract_rows("A81001", {"CHD015": (100, 280, 372)})
    await period.load([columns(line) for line in before])
    await period.calculated("A81001", "A81002", values=worked_values())


async def this_year(period: Period, provider: str) -> Any:
    found = await period.declarations(provider=provider, service="QOF2526")
    assert len(found) == 1
    return found[0]


async def hold(period: Period, who: str = "approver", **given: Any) -> Any:
    data = await period.ask(who, HOLD, **{"dryRun": False, "reason": None} | given)
    return data if "errors" in data else data["holdDeclarations"]


async def reasons(period: Period) -> dict[str, str | None]:
    data = await period.ask("approver", REASONS)
    nodes = [edge["node"] for edge in data["declarations"]["edges"]]
    return {n["provider"]["odsCode"]: n["hold"] and n["hold"]["reason"] for n in nodes}


async def test_declarations_are_looked_for_by_whether_they_stand_on_marked_values(period: Period):
    await calculated(period)
    marked = await period.declarations(marked=True)
    assert [one["provider"]["odsCode"] for one in marked] == ["A81001"]
    others = await period.declarations(marked=False, service="QOF2526")
    assert [one["provider"]["odsCode"] for one in others] == ["A81002"]
    assert len(await period.declarations(service="QOF2526")) == 2


async def test_a_marked_value_names_what_stands_on_it_to_whoever_sees_that(period: Period):
    await calculated(period)
    node = (await period.ask("approver", LISTED))["markedAchievement"]["edges"][0]["node"]
    mine = await this_year(period, "A81001")
    stands = {"provider": "A81001", "status": "AWAITING_PROVIDER_APPROVAL", "held": False}
    assert node["declarations"] == [{"id": mine["id"], "version": mine["version"], **stands}]


async def test_what_stands_on_marked_values_is_held_in_bulk_for_their_reason(period: Period):
    await calculated(period)
    shown = await hold(period, choose={"filter": {"marked": True}}, dryRun=True)
    assert shown["message"] == "1 payment declaration(s) can be held; 0 cannot"
    done = await hold(period, choose={"selection": shown["selection"]})
    assert len(done["done"]) == 1
    found = await reasons(period)
    assert found["A81001"].startswith(MARK)
    assert found["A81002"] is None
    event = (await period.events("declaration.held.v1"))[0]
    assert event["reason"] == found["A81001"]


async def test_a_reason_that_is_given_stands_instead_of_the_mark(period: Period):
    await calculated(period)
    row = await this_year(period, "A81001")
    chosen = {"rows": [{"id": row["id"], "version": row["version"]}]}
    await hold(period, choose=chosen, reason="Ask the practice first")
    assert (await reasons(period))["A81001"] == "Ask the practice first"


async def test_without_a_mark_a_reason_has_to_be_given(period: Period):
    await calculated(period)
    before = await period.everything()
    row = await this_year(period, "A81002")
    answer = await hold(period, choose={"rows": [{"id": row["id"], "version": row["version"]}]})
    assert [one["code"] for one in answer["refused"]] == ["REASON_REQUIRED"]
    assert await period.everything() == before


async def test_many_marks_are_told_in_as_many_words_as_a_reason_bears(period: Period):
    await year_before(period)
    codes = ["CHD015", "AF006", "HF003", "AST007", "DM034"]
    before = extract_rows("A81001", dict.fromkeys(codes, (90, 100, 400)))
    await period.load([columns(line) for line in before])
    after = worked_values() | dict.fromkeys(codes, (10, 100, 400))
    await period.calculated("A81001", values=after)
    row = await this_year(period, "A81001")
    await hold(period, choose={"rows": [{"id": row["id"], "version": row["version"]}]})
    reason = (await reasons(period))["A81001"] or ""
    assert len(reason) <= 300
    assert reason.startswith("AF006 of A81001: 10 of 100, after 90 of 100")
    assert reason.endswith(" more")
