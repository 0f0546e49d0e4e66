from datetime import UTC, datetime
from pathlib import Path

from chassis.clock import Clock
from cqrs.play.clock import DemonstrationClock


def test_every_process_sees_the_day_that_was_set(tmp_path: Path) -> None:
    demonstration = DemonstrationClock(tmp_path / "clock")
    demonstration.set("2025-03-13")
    clock = Clock.from_setting(f"file:{tmp_path / 'clock'}", demonstration=True)
    assert clock.now() == datetime(2025, 3, 13, 9, tzinfo=UTC)
    demonstration.set("2026-04-10")  # in summer time
    assert clock.now() == datetime(2026, 4, 10, 8, tzinfo=UTC)
