"""What the guide shows is what is said."""

from pathlib import Path

from tests.services.declarations.calculation.test_told import of, told
from tests.services.declarations.period import Period

GUIDE = Path(__file__).resolve().parents[4] / "docs/why-was-i-paid-this.md"


async def test_the_guide_shows_what_a_practice_is_really_told(period: Period) -> None:
    await period.calculated("A81001")
    found, guide = await told(period), GUIDE.read_text(encoding="utf-8")
    line = of(found, "CHOL004")
    shown = [found["explanation"]["summary"], line["summary"], *line["steps"], *line["sources"]]
    shown += [one for one in found["explanation"]["standsOn"] if not one.startswith("Rules:")]
    assert [sentence for sentence in shown if sentence not in guide] == []
