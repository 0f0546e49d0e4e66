"""Why was I paid this? In words, for whoever may see pounds."""

from typing import Any

from tests.services.declarations.advancing import advanced, agree, document, of_line, publish
from tests.services.declarations.network import MEMBERS, PCN, Network
from tests.services.declarations.period import Period, extract_rows, worked_values

ASKED = """query ($id: ID!) { declaration(id: $id) { explanation { summary standsOn }
    lines { indicator explanation { summary steps origins sources } } } }"""


async def told(period: Period, provider: str = "A81001", who: str = "practice") -> Any:
    (declared,) = await of_line(period, "QOF2526", provider)
    return (await period.ask(who, ASKED, id=declared["id"]))["declaration"]


def of(found: Any, indicator: str) -> Any:
    return next(x["explanation"] for x in found["lines"] if x["indicator"] == indicator)


async def test_a_practice_reads_why_it_is_paid_what_it_is_paid(period: Period) -> None:
    await period.calculated("A81001")
    found = await told(period)
    assert found["explanation"]["summary"] == (
        "QOF2526/1 pays A81001 £37,227.05 for 139.47 points from 1 April 2025 to 31 March 2026: "
        "the sum of 44 indicators, of which 10 are worth something."
    )
    listed, national, rules, provisional, calculated = found["explanation"]["standsOn"]
    assert listed == "It goes by the list of 1 January 2026: 12,000 patients."
    assert national == "National figures: England 2025/26: made up."
    assert rules.endswith("points to two decimal places, each line to the penny, halves up.")
    assert "points-2-pounds-2-half-up@1" in rules
    assert provisional.startswith("Some of its rules are not confirmed")
    assert calculated == "Calculated on 1 April 2026 at 10:00, for the 1st time."
    line = of(found, "CHOL004")
    assert line["summary"].endswith("so the payment is £5,664.13.")
    assert len(line["steps"]) == 8
    lower, upper, points, average, national, pounds = line["sources"]
    assert lower == "The lower threshold 20.00 %: Published thresholds of 2025/26."
    assert upper == "The upper threshold 50.00 %: Published thresholds of 2025/26."
    assert points.startswith("Points to be earned 44.00: Published points of 2025/26")
    assert pounds == (
        "Pounds for a point £225.49, of 1 April 2025: Published value of a point, 2025/26."
    )
    assert average.startswith("The average list 10,184, of 1 January 2025: Derived: ")
    assert national == "Prevalence in England 6.02 %: England 2025/26: made up."
    doubtful = of(found, "BP002")["sources"][0]
    assert doubtful.endswith("not confirmed.")
    assert doubtful.count("not confirmed") == 1
    assert of(found, "MH003")["summary"].startswith("It applied to none of your patients")
    assert of(found, "BP002")["summary"].endswith(
        "Its rule is not confirmed: it pays in demonstrations only."
    )


async def test_it_says_which_extract_brought_a_value_and_what_that_replaced(
    period: Period,
) -> None:
    await period.calculated("A81001")
    (origin,) = of(await told(period), "CHOL004")["origins"]
    assert origin.startswith(
        "A81001: numerator 231, denominator 660, register 700 came with the extract "
    )
    assert origin.endswith(".csv, loaded on 1 April 2026 at 10:00.")
    await period.load(extract_rows("A81001", worked_values() | {"CHOL004": (200, 660, 700)}))
    await period.settle()
    (origin,) = of(await told(period), "CHOL004")["origins"]
    assert origin.endswith("They replaced numerator 231, denominator 660, register 700.")


RECORD = """mutation ($input: AchievementRecording!) {
    recordAchievement(input: $input) { errors { code } } }"""


async def test_it_says_that_a_value_was_entered_by_hand(entry: Period) -> None:
    await publish(entry, document("LDHC2526"), "A81001")
    await entry.settle()
    quarter = (await of_line(entry, "LDHC2526", "A81001"))[-1]
    counts = {
        "Learning Disability Health Checks": "30",
        "Learning Disability Health Check Register": "12",
    }
    given = {
        "service": "LDHC2526",
        "provider": "A81001",
        "achievementDate": quarter["periodEnd"],
        "group": "LDHC",
        "values": [{"indicator": "LD002", "field": f, "value": v} for f, v in counts.items()],
    }
    recorded = await entry.ask("enterer", RECORD, input=given)
    assert recorded == {"recordAchievement": {"errors": []}}
    await entry.settle()
    found = (await entry.ask("practice", ASKED, id=quarter["id"]))["declaration"]
    line = of(found, "LD002")
    assert line["summary"].endswith("so 12 are, at £140.00 each: £1,680.00.")
    (origin,) = line["origins"]
    assert origin == (
        "A81001: numerator 30, register 12 were entered by hand for A81001 "
        "on 1 April 2026 at 10:00."
    )


async def test_it_says_what_an_advance_is_a_part_of(period: Period) -> None:
    await advanced(period, "A81001")
    (month, *_) = await of_line(period, "QOFA2526", "A81001")
    found = (await period.ask("practice", ASKED, id=month["id"]))["declaration"]
    assert "The payment it is a part of: Agreed: made up." in found["explanation"]["standsOn"]
    assert (
        "It is an advance on QOF2526, which A81001 has accepted from 1 April 2025 to "
        "31 March 2026, and is taken off that payment."
    ) in found["explanation"]["standsOn"]
    assert of(found, "ASP001")["summary"] == (
        "The achievement payment of the year before was £100,000.00. 80 % of it, £80,000.00, is "
        "advanced; each of 12 parts of it is £6,666.67. It is taken off the achievement payment "
        "of this year."
    )
    assert of(found, "ASP001")["origins"] == []


async def test_who_sees_no_pounds_reads_nothing_of_them(period: Period) -> None:
    await period.calculated("A81001")
    found = await told(period, who="practice viewer")
    assert found["explanation"] is None
    assert {line["explanation"] for line in found["lines"]} == {None}


async def test_a_recalculation_says_that_what_was_agreed_has_changed(period: Period) -> None:
    await advanced(period, "A81001")
    await agree(period, "A81001", "1200.00")
    await period.settle()
    (month, *_) = await of_line(period, "QOFA2526", "A81001")
    query = "query ($id: ID!) { declaration(id: $id) { history { action notes } } }"
    history = (await period.ask("finance", query, id=month["id"]))["declaration"]["history"]
    said = next(x["notes"] for x in history if x["action"] == "RECALCULATED")
    assert said.startswith("the payment it is a part of")
    assert "100000" not in said


async def test_a_network_reads_which_members_were_counted_and_whose_values_came_how(
    network: Network,
) -> None:
    await network.calculated()
    (declared,) = [
        one
        for one in await of_line(network, "NCD2425", PCN)
        if (await lines_of(network, one)) == ["HI03"]
    ]
    found = (await network.ask("network", ASKED, id=declared["id"]))["declaration"]
    for member in MEMBERS:
        said = f"On 31 March 2025 {member} is counted: a member since 1 April 2020."
        assert said in found["explanation"]["standsOn"]
    line = of(found, "HI03")
    assert line["summary"].startswith(
        "Your practices together achieved this for 230 of 320 patients, 71.88 %."
    )
    assert "so the payment is £4,718.34." in line["summary"]
    assert [one.partition(" came ")[0] for one in line["origins"]] == [
        "A81001: numerator 100, denominator 150",
        "A81002: numerator 130, denominator 170",
    ]


async def lines_of(network: Network, declaration: Any) -> list[str]:
    found = (await network.ask("network", ASKED, id=declaration["id"]))["declaration"]
    return [line["indicator"] for line in found["lines"]]
