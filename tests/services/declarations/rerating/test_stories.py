"""The errors that a past year was put right for, and how each is put right here (DOMAIN.md 7)."""

from decimal import Decimal
from typing import Any

from services.declarations.agreements import commands as agreements
from tests.nhs.formulas.qof import qof
from tests.services.declarations.advancing import advanced, document, of_line, publish
from tests.services.declarations.figures.test_figures import NETWORK, network, population
from tests.services.declarations.network import PCN, Network, ncd
from tests.services.declarations.paying import finance_approved, payments
from tests.services.declarations.period import (
    SERVICE_ID,
    Period,
    extract_rows,
    offer,
    worked_values,
)
from tests.services.declarations.rerating.rating import (
    adjustments,
    counted,
    decide,
    nodes,
    propose,
    rated,
    rerating,
    total,
    what_if,
)

WRONG_YEAR, RIGHT_YEAR = "10377", "10184"
"""The average list of a year later, 1.9 % above the one that counts."""


async def published(period: Period, version: int = 2, **changes: Any) -> None:
    """Another publication of the service; the newest is the one that pays."""
    service = qof().model_copy(update=changes)
    identity = f"{SERVICE_ID[:-1]}{2 if version > 2 else 1}"
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, identity, version, service)


def constants(**values: str) -> tuple[Any, ...]:
    return tuple(
        one.model_copy(update={"value": Decimal(values.get(one.name, str(one.value)))})
        for one in qof().constants
    )


def only(code: str, points: str) -> tuple[Any, ...]:
    """One indicator, worth so many points: the arithmetic can be done by hand."""
    for domain in qof().domains:
        for group in domain.groups:
            for one in group.indicators:
                if one.code == code:
                    left = one.model_copy(update={"points": Decimal(points)})
                    kept = group.model_copy(update={"indicators": (left,)})
                    return (domain.model_copy(update={"groups": (kept,)}),)
    raise LookupError(code)


async def test_2014_the_average_list_of_a_wrong_year_is_corrected_for_everybody(period: Period):
    """2013/14: the average of January 2014 was used for that of January 2013 (DOMAIN C1)."""
    await published(period, constants=constants(average_list=WRONG_YEAR))
    async with period.db.transaction() as tx:
        await tx.execute("update directory.list_size set patients = 6000 where ods_code = 'A81002'")
    paid = await finance_approved(period, "A81001", "A81002")
    # By hand: each line of DOMAIN 3.9 B over 10,377 instead of 10,184, rounded to pence by itself.
    assert [one["amount"] for one in paid] == ["36534.66", "33224.34"]
    change = {"constants": [{"name": "average_list", "value": RIGHT_YEAR}]}
    before = await counted(period)
    found = await what_if(period, change)
    assert await counted(period) == before
    assert [(one["provider"], one["before"], one["after"]) for one in nodes(found)] == [
        ("A81001", "36534.66", "37227.05"),
        ("A81002", "33224.34", "33854.01"),
    ]
    assert found["paid"]["difference"] == "1322.06"
    assert round(total(nodes(found)[:1]) / Decimal("36534.66") * 100, 1) == Decimal("1.9")
    proposed = await propose(period, change, found["fingerprint"])
    await decide(period, proposed)
    assert [one["amount"] for one in await payments(period)] == ["37227.05", "33854.01"]
    first = [one["entries"][0]["amount"] for one in await payments(period)]
    assert first == ["36534.66", "33224.34"]


REGISTERS = {"A81001": 300, "A81002": 900, "A81003": 600}
LISTS = {"A81001": 6000, "A81002": 12000, "A81003": 15000}
"""T12 of DOMAIN 3.9: an average of 11,000, and 1,800 of 33,000 patients on the register."""


async def test_2015_one_supplier_s_data_was_missing_and_everybody_is_paid_again(period: Period):
    """All practices were calculated again, about 2 % each (DOMAIN C2): here far more."""
    spec = {
        "constants": constants(average_list="11000", pounds_per_point="100"),
        "domains": only("AF006", "10"),
    }
    await published(period, **spec)
    async with period.db.transaction() as tx:
        await agreements.keep_offers(tx, [offer("A81003")])
        for code, patients in LISTS.items():
            await tx.execute(
                "update directory.list_size set patients = $2 where ods_code = $1", code, patients
            )
    missing = "0.0666666666666666667"  # 1,200 of 18,000: A81003's supplier sent nothing
    await _national(period, missing)
    rows = [
        row
        for code, register in REGISTERS.items()
        for row in extract_rows(code, {"AF006": (100, 100, register)})
    ]
    await period.load(rows)
    await period.settle()
    await _finance_approved(period, *REGISTERS)
    assert [one["amount"] for one in await payments(period)] == ["409.09", "1227.27", "818.18"]
    right = await _national(period, "0.0545454545454545455")  # 1,800 of 33,000
    found = await what_if(period, {"nationalSet": right})
    assert [one["after"] for one in nodes(found)] == ["500.00", "1500.00", "1000.00"]
    assert found["paid"]["changed"] == len(REGISTERS)
    # Neutral: prevalence only shares out what three average practices are paid for ten points.
    assert found["paid"]["after"] == "3000.00"
    inline = {"national": [{"name": "AF", "value": "0.0545454545454545455"}]}
    assert nodes(await what_if(period, inline)) == nodes(found)
    proposed = await propose(period, {"nationalSet": right}, found["fingerprint"])
    await decide(period, proposed)
    assert [one["amount"] for one in await payments(period)] == ["500.00", "1500.00", "1000.00"]


async def _national(period: Period, value: str) -> str:
    data = await period.prevalence({"AF": value})
    return str(data["loadNationalPrevalence"]["id"])


async def _finance_approved(period: Period, *providers: str) -> None:
    """By SQL as far as providers' own people are not there; by people from then on."""
    async with period.db.transaction() as tx:
        await tx.execute(
            "update declaration set status = 'AWAITING_FINANCE_APPROVAL' where provider = any($1)",
            list(providers),
        )
    answer = await period.approve("finance", [await period.of(code) for code in providers])
    assert len(answer["done"]) == len(providers), answer


async def test_june_2025_the_populations_of_networks_were_wrong(period: Period):
    """Core funding, enhanced access and capacity of all networks, from June on (DOMAIN C10)."""
    await network(period)
    await publish(period, document("PCNF2425"), NETWORK)
    await population(period, "47000")
    await period.settle()
    (month, *_) = await of_line(period, "PCNF2425", NETWORK)
    await _sent_to_finance(period, month)
    await population(period, "46000.5")
    await period.settle()
    asked = {"service": "PCNF2425", "start": "2024-04-01"}
    alone = await what_if(period, {"valuesAsKnown": True}, **asked)
    assert nodes(alone) == []
    found = await what_if(period, {"listSizesAsKnown": True}, **asked)
    (one,) = nodes(found)
    assert {line["indicator"]: line["poundsAfter"] for line in one["lines"]} == {
        "CORE": "4893.70",
        "ACCESS": "29417.32",
        "CASP": "8715.56",
    }
    assert one["difference"] == str(Decimal("43026.58") - Decimal("43913.26"))
    proposed = await propose(period, {"listSizesAsKnown": True}, found["fingerprint"], **asked)
    await decide(period, proposed)
    assert (await rerating(period, proposed["id"]))["status"] == "APPROVED"


async def _sent_to_finance(period: Period, declaration: Any) -> None:
    async with period.db.transaction() as tx:
        await tx.execute(
            "update declaration set status = 'AWAITING_FINANCE_APPROVAL' where id = $1::text::uuid",
            declaration["id"],
        )
    answer = await period.approve("finance", [declaration])
    assert answer["done"] == [declaration["id"]], answer


async def test_a_membership_of_the_past_is_corrected_for_a_network(network: Network):
    """ODS tells late that a third practice had belonged to it on the day."""
    await network.calculated()
    await network.loaded(A81003={"HI03": (50, 80), "CAN04": (10, 40)})
    await network.signed_up("A81003")
    await network.settle()
    await network.paid("HI03")
    await network.organisation("A81003", [(PCN, "2020-04-01", None)], version=2)
    await network.settle()
    asked = {"service": "NCD2425", "start": "2024-04-01"}
    assert nodes(await what_if(network, {"listSizesAsKnown": True}, **asked)) == []
    found = await what_if(network, {"membershipsAsKnown": True}, **asked)
    (one,) = nodes(found)
    # 280 of 400 is 70 %, halfway from 60 to 80: 18.00 points; 72,000 patients in all.
    assert (one["before"], one["pointsBefore"], one["pointsAfter"]) == ("4718.34", "21.38", "18.00")
    assert (one["listBefore"], one["listAfter"]) == (48000, 72000)
    # 18 x £198 x 72,000 / 49,500 x (400 / 72,000) / 0.0058
    assert one["after"] == "4965.52"
    proposed = await propose(network, {"membershipsAsKnown": True}, found["fingerprint"], **asked)
    (adjustment,) = await adjustments(network, proposed)
    members = adjustment["receipt"]["stood_on"]["members"]
    assert [one["practice"] for one in members] == ["A81001", "A81002", "A81003"]
    await decide(network, proposed)
    assert [one["amount"] for one in await payments(network)] == ["4965.52"]


async def test_a_version_without_the_indicator_that_was_declared_says_so(network: Network):
    await network.calculated()
    await network.paid("HI03")
    (kept,) = [
        domain
        for domain in ncd().domains
        if any(one.code == "CAN04" for group in domain.groups for one in group.indicators)
    ]
    groups = tuple(
        group.model_copy(
            update={"indicators": tuple(x for x in group.indicators if x.code != "HI03")}
        )
        for group in kept.groups
    )
    later = ncd().model_copy(update={"domains": (kept.model_copy(update={"groups": groups}),)})
    async with network.db.transaction() as tx:
        await agreements.keep_service(tx, "NCD2425/2", 2, later)
    asked = {"service": "NCD2425", "start": "2024-04-01"}
    found = await what_if(network, {"version": "NCD2425/2"}, **asked)
    (one,) = nodes(found)
    assert (found["blocked"], one["after"]) == (1, None)
    assert [lacking["code"] for lacking in one["blockers"]] == ["INDICATOR_NOT_PUBLISHED"]


async def test_one_rule_changed_after_finance_approval_of_half_of_england(period: Period):
    """What would change, by payee, in one query: and the other half is calculated to just that."""
    more = [f"B8{number:04}" for number in range(6)]
    await period.practices(more)
    everybody = ["A81001", "A81002", *more]
    values = {
        code: worked_values() | {"CHOL004": (140 + 20 * place, 660, 700)}
        for place, code in enumerate(everybody)
    }
    await period.prevalence()
    await period.load([row for code in everybody for row in extract_rows(code, values[code])])
    await period.settle()
    half = everybody[:4]
    await _finance_approved(period, *half)
    changed = (
        only("CHOL004", "44")[0].groups[0].indicators[0].model_copy(update={"upper": Decimal(60)})
    )
    await published(period, 3, domains=_with(changed))
    found = await what_if(period, {"version": "QOF2526/2"})
    by_payee = {one["code"]: one["sums"]["difference"] for one in found["byPayee"]}
    assert sorted(by_payee) == half
    assert sum(map(Decimal, by_payee.values())) == Decimal(found["paid"]["difference"])
    assert (found["paid"]["count"], found["open"]["count"]) == (4, 4)
    waiting = {one["provider"]: one["difference"] for one in nodes(found, "declarations")}
    before = {code: Decimal((await period.of(code))["pounds"]) for code in waiting}
    async with period.db.transaction() as tx:
        await tx.execute("update offer set quality_service = 'QOF2526/2'")
        await tx.execute("insert into due (declaration_id, reason) select id, 'x' from declaration")
    await period.settle()
    after = {code: Decimal((await period.of(code))["pounds"]) for code in waiting}
    assert {code: str(after[code] - before[code]) for code in waiting} == waiting


def _with(changed: Any) -> tuple[Any, ...]:
    """The rules as published, with another indicator in its place."""
    return tuple(
        domain.model_copy(
            update={
                "groups": tuple(
                    group.model_copy(
                        update={
                            "indicators": tuple(
                                changed if one.code == changed.code else one
                                for one in group.indicators
                            )
                        }
                    )
                    for group in domain.groups
                )
            }
        )
        for domain in qof().domains
    )


async def test_a_payment_that_recovered_an_aspiration_is_rated_anew(period: Period):
    """£100,000 last year: £80,000 advanced, £75,000 achieved, £5,000 back; then a constant changes.

    What is compared is what was achieved, not what the recovery left of it.
    """
    await published(
        period,
        constants=constants(average_list="12000", pounds_per_point="5000"),
        domains=only("BP002", "15"),
    )
    await advanced(period, "A81001")
    await period.approve("finance", await of_line(period, "QOFA2526", "A81001"))
    await period.load(extract_rows("A81001", {"BP002": (95, 100, None)}))
    await period.settle()
    await period.declare("practice", await of_line(period, "QOF2526", "A81001"))
    for who in ("approver", "finance"):
        await period.approve(who, await of_line(period, "QOF2526", "A81001"))
    final = await _final(period)
    assert [one["amount"] for one in final["entries"]] == ["-5000.00"]
    change = {"constants": [{"name": "pounds_per_point", "value": "4900"}]}
    before = await counted(period)
    (one,) = nodes(await what_if(period, change))
    assert (one["before"], one["after"], one["difference"]) == ("75000.00", "73500.00", "-1500.00")
    assert await counted(period) == before
    await rated(period, change)
    final = await _final(period)
    assert [one["amount"] for one in final["entries"]] == ["-5000.00", "-1500.00"]
    assert final["amount"] == "-6500.00"
    advances = [x for x in await payments(period) if x["id"] != final["id"]]
    assert total([*advances, final], "amount") == Decimal("73500.00")


async def _final(period: Period) -> Any:
    (declared,) = await of_line(period, "QOF2526", "A81001")
    data = await period.ask(
        "finance",
        """query ($id: ID!) { declaration(id: $id) { payment { id amount
            entries { amount } } } }""",
        id=declared["id"],
    )
    return data["declaration"]["payment"]
