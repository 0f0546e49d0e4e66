"""The secrets of docker-compose.yml."""

import re
import stat
from pathlib import Path

from cqrs.compose.secret_values import draw, names

ROOT = Path(__file__).parents[3]


def test_every_secret_is_drawn_once_and_for_the_owner_alone(tmp_path):
    file = tmp_path / ".env"
    assert draw(file) == names()
    drawn = file.read_text()
    assert draw(file) == []
    assert file.read_text() == drawn
    assert len(set(drawn.splitlines())) == len(names())
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_what_somebody_wrote_stays_and_what_is_missing_is_added(tmp_path):
    file = tmp_path / ".env"
    file.write_text("MAIL_KEY=mine\n")
    assert "MAIL_KEY" not in draw(file)
    assert "MAIL_KEY=mine" in file.read_text().splitlines()


def test_a_last_line_without_its_end_and_a_secret_without_its_value_are_mended(tmp_path):
    file = tmp_path / ".env"
    file.write_text("MAIL_KEY=\nPOSTGRES_PASSWORD=''\nGATEWAY_PORT=8001")
    assert draw(file) == names()
    told = dict(line.split("=", 1) for line in file.read_text().splitlines())
    assert told["GATEWAY_PORT"] == "8001"
    assert all(told[name].strip("'") for name in names())
    assert draw(file) == []


def test_the_compose_file_asks_for_just_these_and_gives_none_a_default():
    asked = set(re.findall(r"\$\{(\w+):\?", (ROOT / "docker-compose.yml").read_text()))
    assert asked == set(names())
