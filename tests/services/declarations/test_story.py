"""From achievement to an authorised payment."""

from typing import Any

from tests.services.declarations.period import Period, extract_rows, worked_values


async def test_the_worked_practice_is_paid_37227_05_by_exactly_one_event(period: Period):
    await period.calculated("A81001")
    declaration = await period.of("A81001")
    assert (declaration["points"], declaration["pounds"]) == ("139.47", "37227.05")
    assert declaration["status"] == "AWAITING_PROVIDER_APPROVAL"

    answer = await period.declare("practice", [declaration])
    assert answer["message"] == "The payment declaration(s) have been successfully declared"
    answer = await period.approve("approver", [await period.of("A81001")])
    assert answer["message"] == "The payment declaration(s) have been successfully approved"
    answer = await period.approve("finance", [await period.of("A81001")])
    assert counts(answer)["pounds"] == "37227.05"

    (payment,) = await period.events("payment.authorised.v1")
    assert (payment["amount"], payment["points"]) == ("37227.05", "139.47")
    assert (payment["payee"], payment["financial_year"]) == ("A81001", "2025/26")
    assert payment["provisional"]
    assert "PROVISIONAL RULES" in payment["narrative"]
    assert (await period.of("A81001"))["status"] == "FINANCE_APPROVED"
    total = await period.ask("finance", "{ paymentTotal { count amount } }")
    assert total == {"paymentTotal": {"count": 1, "amount": "37227.05"}}


async def test_without_one_indicator_it_names_it_and_cannot_be_declared(period: Period):
    values = worked_values()
    del values["BP002"]
    await period.calculated("A81001", values=values)
    declaration = await period.of("A81001")
    assert (declaration["status"], declaration["missing"]) == ("INCOMPLETE", ["BP002"])

    before = await period.everything()
    answer = await period.declare("practice", [declaration])
    assert answer["done"] == []
    (refused,) = answer["refused"]
    assert refused["code"] == "INCOMPLETE"
    assert "BP002" in refused["message"]
    assert await period.everything() == before

    await period.load(extract_rows("A81001", {"BP002": worked_values()["BP002"]}))
    await period.settle()
    assert (await period.of("A81001"))["pounds"] == "37227.05"


async def test_every_step_tells_of_itself_once(period: Period):
    await period.calculated("A81001")
    for who, step in (
        ("practice", period.declare),
        ("approver", period.approve),
        ("finance", period.approve),
    ):
        await step(who, [await period.of("A81001")])
    assert await period.events_by_type() == {
        "declaration.calculated.v1": 1,
        "declaration.declared.v1": 1,
        "declaration.approved.v1": 1,
        "declaration.finance-approved.v1": 1,
        "payment.authorised.v1": 1,
    }


async def test_a_change_after_declaration_opens_it_again(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    declared = await period.of("A81001")
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))

    answer = await period.approve("approver", [declared])
    assert [r["code"] for r in answer["refused"]] == ["RECALCULATION_PENDING"]
    await period.settle()
    answer = await period.approve("approver", [declared])
    assert [r["code"] for r in answer["refused"]] == ["STALE_VERSION"]

    after = await period.of("A81001")
    assert (after["status"], after["points"]) == ("AWAITING_PROVIDER_APPROVAL", "161.47")
    (event,) = await period.events("declaration.recalculated.v1")
    assert (event["calculation_version"], event["points"]) == (2, "161.47")


async def test_nobody_takes_two_steps_on_one_declaration(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("both", [await period.of("A81001")])
    before = await period.everything()
    answer = await period.approve("both", [await period.of("A81001")])
    assert [r["code"] for r in answer["refused"]] == ["SEPARATION_OF_DUTIES"]
    assert await period.everything() == before


async def test_provisional_rules_pay_in_a_demonstration_only(period: Period):
    period.demonstration = False
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("approver", [await period.of("A81001")])
    before = await period.everything()
    answer = await period.approve("finance", [await period.of("A81001")])
    assert [r["code"] for r in answer["refused"]] == ["PROVISIONAL_RULES"]
    assert await period.everything() == before


def counts(answer: Any) -> dict[str, str]:
    return {count["name"]: count["value"] for count in answer["counts"]}
