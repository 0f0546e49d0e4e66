"""What stands on payments that would be others: seen with them, and put right after them."""

from typing import Any

import pytest

from tests.services.declarations.advancing import agree, document, figures, of_line, publish
from tests.services.declarations.figures.test_figures import protected
from tests.services.declarations.paying import finance_approved
from tests.services.declarations.period import Period
from tests.services.declarations.rerating.rating import (
    adjustments,
    counted,
    decide,
    nodes,
    propose,
    rated,
    what_if,
)
from tests.services.declarations.rerating.test_stories import only, published

AVERAGE = {"constants": [{"name": "average_list", "value": "10000"}]}
"""£37,227.05 becomes £37,912.02: £685.0 more, of which 80 % in twelve parts."""
_SUMS = "count changed before after difference"
_ROWS = """edges { node { serviceCode periodStart provider before after difference pointsAfter
    payment { id } } }"""
FOLLOWING = f"""query ($service: String!, $change: PaymentChangeInput!, $first: Int,
    $after: String) {{
    whatIf(service: $service, periodStart: "2025-04-01", change: $change) {{
        fingerprint paid {{ {_SUMS} }}
        following(first: $first, after: $after) {{
            paid {{ {_SUMS} }} open {{ {_SUMS} }} byPayee {{ code sums {{ {_SUMS} }} }}
            payments {{ totalCount pageInfo {{ endCursor hasNextPage }} {_ROWS} }}
            declarations {{ {_ROWS} }} }} }} }}"""


async def following(period: Period, change: Any, who: str = "finance", **more: Any) -> Any:
    given = {"service": "QOF2526", "first": 100, "after": None} | more
    data = await period.ask(who, FOLLOWING, change=change, **given)
    return data["whatIf"]["following"]


def aspiration() -> dict[str, Any]:
    """Advances on the year after, of what QOF 2025/26 paid; opened with this year's months."""
    written = document("QOFA2526") | {"code": "NEXT2526", "id": "NEXT2526/1"}
    written["parameters"]["payment_of"] = "QOF2526"
    return written


async def advanced(period: Period, *providers: str, approved: int = 12) -> None:
    """QOF is paid; aspiration stands on it, and so many months of it are paid too."""
    await finance_approved(period, *providers)
    await publish(period, aspiration(), *providers)
    await period.settle()
    for provider in providers:
        await period.approve("finance", (await of_line(period, "NEXT2526", provider))[:approved])


async def test_an_aspiration_paid_by_the_payment_follows_it_to_the_penny(period: Period):
    await advanced(period, "A81001")
    before = await counted(period)
    found = await following(period, AVERAGE)
    assert await counted(period) == before
    rows = nodes(found)
    assert {one["serviceCode"] for one in rows} == {"NEXT2526"}
    assert min(one["periodStart"] for one in rows) == "2025-04-01"
    # 80 % of £37,227.05 and of £37,912.02, in twelve parts; the last takes what is left.
    by_month = {one["periodStart"]: (one["before"], one["after"]) for one in rows}
    assert list(by_month.values()).count(("2481.80", "2527.47")) == 11
    assert by_month["2026-03-01"] == ("2481.84", "2527.45")
    assert (found["paid"]["before"], found["paid"]["after"]) == ("29781.64", "30329.62")
    assert [one["sums"]["difference"] for one in found["byPayee"]] == ["547.98"]


async def test_what_follows_is_not_proposed_but_put_right_by_a_what_if_of_its_own(period: Period):
    """And comes to just what was shown."""
    await advanced(period, "A81001")
    shown = {
        one["periodStart"]: one["difference"] for one in nodes(await following(period, AVERAGE))
    }
    known = {"figuresAsKnown": True}
    april = {"service": "NEXT2526", "start": "2025-04-01"}
    assert nodes(await what_if(period, known, **april)) == []
    await rated(period, AVERAGE)
    found = await what_if(period, known, **april)
    (one,) = nodes(found)
    assert one["difference"] == shown["2025-04-01"] == "45.67"
    made = await propose(period, known, found["fingerprint"], **april)
    await decide(period, made)
    assert nodes(await what_if(period, known, **april)) == []
    (entered,) = await adjustments(period, made)
    assert entered["status"] == "APPROVED"
    assert [one["name"] for one in entered["changes"]["inputs"]] == ["the payment it is a part of"]


async def test_what_is_open_follows_by_itself_once_it_is_approved(period: Period):
    await advanced(period, "A81001", approved=1)
    found = await following(period, AVERAGE)
    assert (found["paid"]["changed"], found["open"]["changed"]) == (1, 11)
    assert {one["payment"] for one in nodes(found, "declarations")} == {None}
    shown = {one["periodStart"]: one["after"] for one in nodes(found, "declarations")}
    await rated(period, AVERAGE)
    await period.settle()
    first, *months = await of_line(period, "NEXT2526", "A81001")
    assert (first["status"], first["pounds"]) == ("FINANCE_APPROVED", "2481.80")
    assert [one["pounds"] for one in months] == [shown[day] for day in sorted(shown)]


async def test_what_was_agreed_stands(period: Period):
    """A figure that was agreed instead stands on no payment."""
    await finance_approved(period, "A81001")
    values = [{"provider": "A81001", "value": "100000.00"}]
    await figures(period, "AGREED_PAYMENT", values, service="QOF2526")
    await publish(period, aspiration(), "A81001")
    await period.settle()
    assert (await of_line(period, "NEXT2526", "A81001"))[0]["pounds"] == "6666.67"
    found = await following(period, AVERAGE)
    assert (found["paid"]["count"], found["open"]["count"]) == (0, 0)


async def test_points_paid_again_follow_points_and_not_pounds(period: Period):
    """Income protection pays the points of BP002, whatever a point was worth."""
    await finance_approved(period, "A81001")
    await publish(period, protected(), "A81001")
    await period.settle()
    assert (await following(period, AVERAGE))["open"]["count"] == 0
    await published(period, 3, domains=only("BP002", "30"))  # instead of 15
    found = await following(period, {"version": "QOF2526/2"})
    (one,) = nodes(found, "declarations")
    # 23.86 points x £220.62 x 12,000 / 9,964, for 11.93 before
    assert (one["serviceCode"], one["pointsAfter"]) == ("TEST2526", "23.86")
    assert (one["before"], one["after"]) == ("3169.81", "6339.61")


async def test_an_advance_that_was_deducted_does_not_follow(period: Period):
    """It is adjusted no more: both lines come to what was achieved."""
    await advanced(period, "A81001")
    final = document("QOFA2526") | {"code": "FINAL2526", "id": "FINAL2526/1"}
    final |= {"recovers": "NEXT2526", "payment_period": "ANNUALLY"}
    await publish(period, final, "A81001")
    await agree(period, "A81001")
    await period.settle()
    (declared,) = await of_line(period, "FINAL2526", "A81001")
    await period.approve("finance", [declared])
    assert (await of_line(period, "FINAL2526", "A81001"))[0]["status"] == "FINANCE_APPROVED"
    assert (await following(period, AVERAGE))["paid"]["count"] == 0


async def test_only_what_the_organisation_commissions_follows_and_it_is_paged(period: Period):
    await advanced(period, "A81001", "A81002")
    assert (await following(period, AVERAGE, "other commissioner"))["paid"]["count"] == 0
    first = await following(period, AVERAGE, first=20)
    after = first["payments"]["pageInfo"]["endCursor"]
    second = await following(period, AVERAGE, first=20, after=after)
    rows = nodes(first) + nodes(second)
    assert (first["payments"]["totalCount"], len(rows)) == (24, 24)
    assert len({(one["provider"], one["periodStart"]) for one in rows}) == 24


@pytest.mark.parametrize("verb", ["refuse", None])
async def test_nothing_follows_what_nobody_approved(period: Period, verb: str | None):
    await advanced(period, "A81001", approved=0)
    found = await what_if(period, AVERAGE)
    made = await propose(period, AVERAGE, found["fingerprint"])
    if verb:
        await decide(period, made, verb=verb)
    await period.settle()
    (month, *_) = await of_line(period, "NEXT2526", "A81001")
    assert month["pounds"] == "2481.80"


async def test_what_stands_on_what_follows_follows_too(period: Period):
    """80 % of 80 %: £29,781.64 becomes £30,329.62, and £24,263.70 of that in twelve parts."""
    await advanced(period, "A81001")
    third = aspiration() | {"code": "THIRD2526", "id": "THIRD2526/1"}
    third["parameters"]["payment_of"] = "NEXT2526"
    await publish(period, third, "A81001")
    await period.settle()
    found = await following(period, AVERAGE)
    assert {one["serviceCode"] for one in nodes(found)} == {"NEXT2526"}
    month = min(nodes(found, "declarations"), key=lambda one: one["periodStart"])
    assert month["serviceCode"] == "THIRD2526"
    assert (month["before"], month["after"]) == ("1985.44", "2021.98")
