import json
import logging
import time
from collections.abc import Iterator

import pytest
import structlog

from chassis import log as logs


@pytest.fixture(autouse=True)
def as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def written(capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    return json.loads(capsys.readouterr().out.splitlines()[-1])


def test_an_event_is_one_line_of_json_with_its_fields(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("sample")
    structlog.contextvars.bind_contextvars(request_id="r1")
    structlog.get_logger().info("offers.accepted", count=142)
    line = written(capsys)
    assert line.pop("timestamp")
    assert line == {
        "event": "offers.accepted",
        "count": 142,
        "level": "info",
        "service": "sample",
        "request_id": "r1",
    }


def test_a_librarys_record_takes_the_same_form(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("sample")
    logging.getLogger("somebody").warning("it is %s", "late")
    line = written(capsys)
    assert (line["event"], line["level"], line["service"]) == ("it is late", "warning", "sample")


def test_what_a_library_says_again_and_again_is_said_once_in_ten_seconds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sparing = logs.Sparing()

    def said(name: str, seconds: float, what: object) -> str | None:
        monkeypatch.setattr(time, "monotonic", lambda: seconds)
        record = logging.makeLogRecord({"name": name, "msg": "no broker %s", "args": (what,)})
        return record.getMessage() if sparing.filter(record) else None

    assert said("aiokafka.conn", 0, 1) == "no broker 1"
    assert [said("aiokafka.conn", n / 10, n) for n in range(1, 100)] == [None] * 99
    assert said("aiokafka.conn", 9.9, "at home") == "no broker at home"
    assert said("aiokafka.conn", 10, 4) == "no broker 4 (99 more like it)"
    assert [said("somebody", 0, 5) for _ in range(3)] == ["no broker 5"] * 3


def test_a_traceback_is_in_the_event(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("sample")
    error = ValueError("with postgresql://me:hunter2@db/x")
    structlog.get_logger().error("request.failed", exc_info=error)
    line = written(capsys)
    assert "ValueError" in str(line["exception"])
    assert "hunter2" not in json.dumps(line)


@pytest.mark.parametrize(
    "said",
    [
        {"event": "x", "authorization": "Bearer hunter2"},
        {"event": "x", "token": "hunter2"},
        {"event": "x", "database_url": "hunter2"},
        {"event": "x", "reason": "postgresql://me:hunter2@db/x is away"},
        {"event": "x", "reason": "sent Authorization: Bearer hunter2"},
        {"event": "x", "path": "/files/a/b?expires=1&signature=deadbeef"},
        {"event": "a token eyJhbGciOiJub25lIn0.eyJzdWIiOiJhIn0.hunter2 came"},
    ],
)
def test_a_secret_is_blanked_by_its_name_or_its_look(said: dict[str, object]) -> None:
    cleaned = json.dumps(logs.without_secrets(None, "info", said), ensure_ascii=False)
    assert "hunter2" not in cleaned
    assert "deadbeef" not in cleaned
    assert "…" in cleaned


def test_the_level_is_a_setting(capsys: pytest.CaptureFixture[str]) -> None:
    logs.configure("sample", level="warning", form="console")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud")
    out = capsys.readouterr().out
    assert "loud" in out
    assert "quiet" not in out
