"""What becomes of values: kept with their origin, never lost, marked where they are unusual."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chassis.errors import DomainError
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.achievement.domain import COLUMNS
from services.declarations.agreements import commands as agreements
from tests.services.declarations.period import Period, extract_rows, offer, row

SHIPPED = Path(__file__).resolve().parents[3] / "services/participation/catalogue/shipped"
OLD = {"QUALITY_SERVICE": "QOF2324", "ACH_DATE": "20240331"}


async def year_before(period: Period, provider: str = "A81001") -> None:
    """QOF 2023/24, of which 2025/26 has kept most indicators, and the provider took part in."""
    text = (SHIPPED / "QOF2324.json").read_text()
    service = QualityServiceSpecification.model_validate(json.loads(text))
    dates = {"starts_on": "2023-04-01", "ends_on": "2024-03-31"}
    taken = offer(provider, quality_service="QOF2324/1", service_code="QOF2324", **dates)
    async with period.db.transaction() as tx:
        await agreements.keep_service(tx, "QOF2324/1", 1, service)
        await agreements.keep_offers(tx, [taken])


async def the(period: Period, sql: str) -> list[tuple]:
    async with period.db.reader() as reader:
        return [tuple(found) for found in await reader.fetch(sql)]


async def test_a_value_that_is_replaced_is_kept_with_where_it_came_from(period):
    await period.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    first = period.last_load
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))
    past = "select numerator, how, submitted_by, load_id, acting_for from achievement_value_past"
    assert await the(period, past) == [(231, "AUTOMATIC", "AUTOMATED", first, "ENG")]


async def test_the_past_of_values_cannot_be_rewritten(period):
    await period.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    await period.load(extract_rows("A81001", {"CHOL004": (330, 660, 700)}))
    with pytest.raises(Exception, match="never changed"):
        async with period.db.transaction() as tx:
            await tx.execute("update achievement_value_past set numerator = 1")


async def test_a_load_that_fails_leaves_nothing_staged(period):
    rows = [row("A81001", "AF006", "Numerator", "1")] * 5_000
    with pytest.raises(DomainError) as refused:
        await period.load([*rows, ["x" * 200_000]], header=COLUMNS)
    assert refused.value.code == "EXTRACT_MALFORMED"
    assert await the(period, "select * from achievement_staging") == []
    assert await the(period, "select * from achievement_value") == []


async def test_what_a_load_left_that_was_given_up_is_cleared_by_the_next(period):
    await period.load([])
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into achievement_staging values"
            " ($1, 9, 9, 1, 'QOF2526', 'A81001', '2026-03-31', 'AF006', '{}', 'x', now())",
            period.last_load,
        )
        await tx.execute("update chassis.job set status = 'FAILED'")
    await period.load([])
    assert await the(period, "select * from achievement_staging") == []


async def test_an_extract_answers_yes_and_no_where_the_catalogue_asks_for_it(period):
    await year_before(period)
    await period.load(
        [
            row("A81001", "QI013", "Yes/No Flag", "Y", **OLD),
            row("A81001", "QI014", "Yes/No Flag", "N", **OLD),
            row("A81001", "QI016", "Yes/No Flag", "yes", **OLD),
            row("A81001", "QI017", "Yes/No Flag", "2", **OLD),
            row("A81001", "AF006", "Numerator", "Y", **OLD),
        ]
    )
    assert await period.problems() == [
        ("VALUE_NOT_YES_OR_NO", 4, "VALUE"),
        ("VALUE_NOT_YES_OR_NO", 5, "VALUE"),
        ("VALUE_NOT_A_NUMBER", 6, "VALUE"),
    ]
    kept = await the(period, "select indicator, numerator from achievement_value order by 1")
    assert kept == [("QI013", 1), ("QI014", 0)]


async def test_a_value_far_from_the_one_of_the_date_before_is_marked_as_it_is_loaded(period):
    await year_before(period)
    before = extract_rows("A81001", {"CHD015": (200, 280, 372), "AF006": (90, 100, 400)})
    await period.load([columns(line) for line in before])
    counts = await period.load(
        extract_rows("A81001", {"CHD015": (143, 280, 372), "AF006": (70, 100, 400)})
    )
    assert (counts["loaded"], counts["marked"]) == (2, 1)
    marked = "select indicator, marked from achievement_value where marked is not null"
    assert await the(period, marked) == [
        (
            "CHD015",
            "143 of 280, after 200 of 280 on 2024-03-31: more than 20 percentage points apart",
        )
    ]


def columns(line: list[str]) -> list[str]:
    return ["QOF2324", line[1], line[2], "20240331", *line[4:]]


async def test_what_is_submitted_by_hand_stands_over_extracts_made_before_it(period):
    late = {"SUBMIT_DATE": "05/04/2026", "SUBMIT_USER_ID": "aaa100"}
    fields = {"Numerator": "300", "Denominator": "660"}
    await period.load([row("A81001", "CHOL004", f, v, **late) for f, v in fields.items()])
    counts = await period.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    assert await period.problems() == [("SUPERSEDED_BY_MANUAL", 2, "SUBMIT_DATE")]
    assert counts["errors"] == 0
    value = "select numerator, register, how, submitted_by, submitted_at from achievement_value"
    submitted = datetime(2026, 4, 5, 2, 19, 50, tzinfo=UTC).replace(tzinfo=None)
    assert await the(period, value) == [(300, 700, "MANUAL", "aaa100", submitted)]


async def test_a_later_extract_supersedes_what_was_submitted_by_hand(period):
    early = {"SUBMIT_DATE": "31/03/2026", "SUBMIT_USER_ID": "aaa100"}
    await period.load([row("A81001", "CHOL004", "Numerator", "1", **early)])
    await period.load(extract_rows("A81001", {"CHOL004": (231, 660, 700)}))
    assert await the(period, "select numerator, how, extracted from achievement_value") == [
        (231, "AUTOMATIC", True)
    ]
    assert await the(period, "select numerator, how from achievement_value_past") == [(1, "MANUAL")]


async def test_an_extract_made_before_another_changes_nothing_when_it_comes_after_it(period):
    fields = {"Numerator": "2000", "Denominator": "2500"}
    await period.load(
        [row("A81001", "BP002", f, v, SUBMIT_DATE="03/04/2026") for f, v in fields.items()]
    )
    counts = await period.load(extract_rows("A81001", {"BP002": (100, 2500, None)}))
    assert (counts["loaded"], counts["errors"]) == (0, 0)
    assert await period.problems() == [("SUPERSEDED_BY_LATER", 2, "SUBMIT_DATE")]
    submitted = datetime(2026, 4, 3, 2, 19, 50, tzinfo=UTC).replace(tzinfo=None)
    value = "select numerator, how, submitted_at from achievement_value"
    assert await the(period, value) == [(2000, "AUTOMATIC", submitted)]
