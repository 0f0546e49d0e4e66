"""Many declarations, and two people at once."""

import asyncio

from services.declarations.approval.lists import DeclarationFilter
from tests.services.declarations.period import Period, extract_rows, worked_values

MANY = [f"B{n:05}" for n in range(142)]


async def many_declared(period: Period) -> None:
    await period.practices(MANY)
    await period.prevalence()
    values = worked_values()
    await period.load([r for code in MANY for r in extract_rows(code, values)])
    await period.settle()
    async with period.db.transaction() as tx:
        await tx.execute(
            "update declaration set status = 'AWAITING_COMMISSIONER_APPROVAL'"
            " where provider like 'B%'"
        )
        await tx.execute("delete from chassis.outbox")


async def test_of_two_approvers_who_select_all_one_approves_and_one_is_refused(period):
    await many_declared(period)
    wanted = {"choose": {"filter": {"waitingForMe": True}}}
    shown = [
        await period.approve(who, [], **wanted, dryRun=True)
        for who in ("approver", "second approver")
    ]
    assert [len(answer["done"]) for answer in shown] == [142, 142]
    answers = await asyncio.gather(
        *(
            period.approve(who, [], choose={"selection": answer["selection"]})
            for who, answer in zip(("approver", "second approver"), shown, strict=True)
        )
    )
    assert sorted(len(answer["done"]) for answer in answers) == [0, 142]
    refused = [r["code"] for answer in answers for r in answer["refused"]]
    assert refused == ["STALE_VERSION"] * 142
    assert await period.events_by_type() == {"declaration.approved.v1": 142}


async def test_a_dry_run_shows_the_total_and_writes_nothing(period):
    await period.calculated("A81001", "A81002")
    for who, code in (("practice", "A81001"), ("other practice", "A81002")):
        await period.declare(who, [await period.of(code)])
    before = await period.everything()
    answer = await period.approve(
        "approver", [], choose={"filter": {"service": "QOF2526"}}, dryRun=True
    )
    counted = {count["name"]: count["value"] for count in answer["counts"]}
    assert (counted["approved"], counted["pounds"]) == ("2", "74454.10")
    assert await period.everything() == before


async def test_a_filter_commits_nothing_without_a_dry_run(period):
    await period.calculated("A81001")
    before = await period.everything()
    answer = await period.approve("approver", [], choose={"filter": {}})
    assert answer == {"errors": ["DRY_RUN_FIRST"]}
    assert await period.everything() == before


async def test_a_selection_is_its_owners_alone(period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    shown = await period.approve("approver", [], choose={"filter": {}}, dryRun=True)
    answer = await period.approve("second approver", [], choose={"selection": shown["selection"]})
    assert answer == {"errors": ["SELECTION_EXPIRED"]}


async def test_a_command_sent_twice_under_one_key_is_done_once(period):
    await period.calculated("A81001")
    rows = [await period.of("A81001")]
    first = await period.declare("practice", rows, key="k1")
    before = await period.everything()
    assert await period.declare("practice", rows, key="k1") == first
    assert await period.everything() == before
    assert await period.declare("practice", [], key="k1") == {"errors": ["KEY_REUSED"]}


async def test_a_row_that_is_refused_leaves_the_others_done(period):
    await period.calculated("A81001", "A81002")
    await period.declare("practice", [await period.of("A81001")])
    rows = await period.declarations()
    answer = await period.approve("approver", rows)
    assert len(answer["done"]) == 1
    assert [r["code"] for r in answer["refused"]] == ["WRONG_STATUS"]


async def test_what_waits_for_the_caller_leaves_out_what_they_had_a_hand_in(period):
    await period.calculated("A81001")
    assert len(await period.declarations("practice", waitingForMe=True)) == 1
    assert await period.declarations("approver", waitingForMe=True) == []
    await period.declare("practice", [await period.of("A81001")])
    assert len(await period.declarations("both", waitingForMe=True)) == 1
    await period.approve("both", [await period.of("A81001")])
    assert await period.declarations("both", waitingForMe=True) == []
    assert len(await period.declarations("finance", waitingForMe=True)) == 1


async def test_pages_follow_on_without_gaps_or_repeats(period):
    await period.practices(MANY[:7])
    await period.settle()
    seen, after = [], None
    while True:
        data = await period.ask(
            "approver",
            """query ($after: String) { declarations(first: 4, after: $after) { totalCount
                pageInfo { hasNextPage endCursor } edges { node { provider { odsCode } } } } }""",
            after=after,
        )
        page = data["declarations"]
        seen += [edge["node"]["provider"]["odsCode"] for edge in page["edges"]]
        after = page["pageInfo"]["endCursor"]
        if not page["pageInfo"]["hasNextPage"]:
            break
    assert seen == sorted(["A81001", "A81002", *MANY[:7]])
    assert page["totalCount"] == 9


def test_an_unfiltered_list_has_no_parameters():
    assert DeclarationFilter().waiting_in is None
