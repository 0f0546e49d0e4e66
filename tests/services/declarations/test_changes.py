"""A recalculation says exactly what changed: in the history, in a query, and to who is told."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from services.declarations.calculation.differences import LONGEST, Difference, compared
from services.declarations.calculation.domain import Line
from tests.services.declarations.period import Period, extract_rows, worked_values
from tests.services.declarations.test_returned_and_held import refusals

CHANGES = """changes { since inputs { name before after } lines { indicator
    inputs { name before after } pointsBefore pointsAfter poundsBefore poundsAfter } }"""
ASKED = f"""{{ declarations {{ edges {{ node {{ {CHANGES}
    history {{ action notes {CHANGES} }} }} }} }} }}"""


async def changed(period: Period, who: str = "practice"):
    data = await period.ask(who, ASKED)
    return data["declarations"]["edges"][0]["node"]


async def declared_then(period: Period, **values: tuple[int, int, int | None]) -> None:
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.load(extract_rows("A81001", dict(values)))
    await period.settle()


async def test_a_recalculation_names_the_value_and_its_points_and_pounds(period: Period):
    await declared_then(period, CHOL004=(330, 660, 1000))
    found = await changed(period)
    (line,) = found["changes"]["lines"]
    assert (found["changes"]["since"], found["changes"]["inputs"]) == (1, [])
    assert line["indicator"] == "CHOL004"
    names = [one["name"] for one in line["inputs"]]
    assert "numerator" in names
    before = worked_values()["CHOL004"][0]
    assert line["inputs"][0] == {"name": "numerator", "before": str(before), "after": "330"}
    assert (line["pointsAfter"], line["pointsBefore"]) != (line["pointsBefore"], None)
    last = found["history"][-1]
    assert last["action"] == "RECALCULATED"
    assert last["notes"].startswith(f"CHOL004 numerator {before} to 330")
    assert last["changes"] == found["changes"]
    (event,) = await period.events("declaration.recalculated.v1")
    assert event["reason"] == last["notes"]


async def test_what_was_declared_again_has_no_changes(period: Period):
    await declared_then(period, CHOL004=(330, 660, 1000))
    assert refusals(await period.declare("practice", [await period.of("A81001")])) == []
    assert (await changed(period))["changes"] is None


async def test_a_change_for_all_is_named_once_and_the_pounds_of_each_are_shown(period: Period):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    async with period.db.transaction() as tx:
        await tx.execute("update directory.list_size set patients = 11000")
        await tx.execute(
            "insert into due (declaration_id, reason) select id, 'a list size' from declaration"
        )
    await period.settle()
    found = await changed(period)
    (size,) = found["changes"]["inputs"]
    assert size == {
        "name": "list size",
        "before": "12000 of 2026-01-01",
        "after": "11000 of 2026-01-01",
    }
    lines = found["changes"]["lines"]
    assert lines
    assert all(line["inputs"] == [] for line in lines)
    assert all(line["poundsBefore"] != line["poundsAfter"] for line in lines)
    assert found["history"][-1]["notes"].startswith("list size 12000 of 2026-01-01 to 11000")


async def test_who_may_not_see_pounds_is_told_of_points_alone(period: Period):
    await declared_then(period, CHOL004=(330, 660, 1000))
    found = await changed(period, "practice viewer")
    (line,) = found["changes"]["lines"]
    assert (line["poundsBefore"], line["poundsAfter"]) == (None, None)
    assert line["pointsAfter"] == "44.00"
    assert "£" not in found["history"][-1]["notes"]


def line(code: str, numerator: int, points: str) -> Line:
    worth = Decimal(points)
    return Line(code, numerator, 100, None, worth, worth * 2, earnable=True, provisional=False)


lines = st.dictionaries(
    st.from_regex(r"[A-Z]{2}[0-9]{3}", fullmatch=True),
    st.tuples(st.integers(0, 100), st.decimals(0, 99, places=2)),
    max_size=80,
).map(lambda drawn: [line(code, n, str(p)) for code, (n, p) in drawn.items()])


@given(lines, lines)
def test_everything_that_differs_is_listed_once_and_words_stay_short(before, after):
    found = compared({}, {}, before, after)
    was, now = ({one.indicator: one for one in some} for some in (before, after))
    differing = {code for code in {*was, *now} if was.get(code) != now.get(code)}
    assert [one.indicator for one in found.lines] == sorted(differing)
    assert len(str(found)) <= LONGEST
    named = sum(code in str(found) for code in differing)
    rest = len(differing) - named
    assert (f"and {rest} more" in str(found)) == (rest > 0)


def test_nothing_is_said_of_what_is_the_same():
    same = [line("BP002", 1, "1.00")]
    assert compared({"list size": "1"}, {"list size": "1"}, same, same) == Difference([], [])
