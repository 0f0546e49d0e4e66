"""The business clock and its settings."""

import os
from datetime import UTC, date, datetime, timedelta

import pytest

from chassis.clock import Clock, ClockError


def test_no_setting_is_the_real_time():
    assert abs(Clock.from_setting("").now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_moment_stands_still():
    clock = Clock.from_setting("2025-03-13T09:00:00Z", demonstration=True)
    assert clock.now() == clock.now() == datetime(2025, 3, 13, 9, tzinfo=UTC)


def test_a_moment_without_a_zone_is_meant_in_england():
    clock = Clock.from_setting("2025-07-01T09:00", demonstration=True)
    assert clock.now() == datetime(2025, 7, 1, 8, tzinfo=UTC)


def test_a_moment_with_a_rate_runs_on():
    clock = Clock.from_setting("2025-03-13T09:00Z@86400", demonstration=True)
    first = clock.now()
    assert clock.now() > first >= datetime(2025, 3, 13, 9, tzinfo=UTC)


def test_today_is_the_date_in_england():
    clock = Clock.from_setting("2025-06-30T23:30:00Z", demonstration=True)
    assert clock.today() == date(2025, 7, 1)


def test_a_file_is_read_again_when_it_changes(tmp_path):
    file = tmp_path / "now"
    file.write_text("2025-03-13T09:00Z\n")
    clock = Clock.from_setting(f"file:{file}", demonstration=True)
    assert clock.today() == date(2025, 3, 13)

    (tmp_path / "next").write_text("2026-03-31T09:00Z")
    os.replace(tmp_path / "next", file)  # noqa: PTH105 - the atomic one
    assert clock.today() == date(2026, 3, 31)


def test_only_a_demonstration_may_set_the_clock():
    with pytest.raises(ClockError):
        Clock.from_setting("2025-03-13T09:00Z")


@pytest.mark.parametrize("setting", ["soon", "2025-03-13@fast", "@2"])
def test_what_is_not_a_time_is_refused(setting):
    with pytest.raises(ClockError):
        Clock.from_setting(setting, demonstration=True)
