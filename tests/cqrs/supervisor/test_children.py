import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cqrs.embedded.ports import free_port
from cqrs.supervisor.children import ChildDied, Plan
from cqrs.supervisor.supervisor import Supervisor
from tests.support.processes import assert_gone

_STAND_IN = Path(__file__).parents[2] / "support" / "stand_in.py"


@pytest.fixture
def supervisor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Supervisor]:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Supervisor() as supervisor:
        yield supervisor


def a_service(name: str = "stand-in") -> Plan:
    port = free_port()
    command = (sys.executable, "-I", str(_STAND_IN))
    return Plan(name, command, {"CQRS_PORT": str(port)}, f"http://127.0.0.1:{port}/health/ready")


def a_script(name: str, *arguments: str) -> Plan:
    return Plan(name, (sys.executable, "-I", *arguments), {})


def test_a_child_is_ready_when_it_answers(supervisor: Supervisor) -> None:
    told: list[str] = []
    supervisor.children.start(a_service("one"))
    supervisor.children.start(a_service("two"))
    supervisor.children.wait_until_ready(("one", "two"), told.append)
    assert sorted(told) == ["one", "two"]


def test_a_child_that_dies_is_named_and_shows_its_last_lines(supervisor: Supervisor) -> None:
    supervisor.children.start(a_script("frail", str(_STAND_IN), "fail")).process.wait()
    with pytest.raises(ChildDied, match=r"frail ended with 1\. Its last lines:\nthe stand-in was"):
        supervisor.children.watch()


def test_a_killed_child_is_missed(supervisor: Supervisor) -> None:
    child = supervisor.children.start(a_service())
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    with pytest.raises(ChildDied, match="stand-in was killed by SIGKILL"):
        supervisor.children.watch()


def test_a_child_stopped_on_purpose_is_not_missed_and_can_come_back(
    supervisor: Supervisor,
) -> None:
    first = supervisor.children.start(a_service())
    supervisor.children.stop("stand-in", signal.SIGKILL)
    supervisor.children.watch()
    supervisor.children.start_again("stand-in")
    supervisor.children.wait_until_ready(["stand-in"], lambda _: None)
    assert supervisor.children["stand-in"].process.pid != first.process.pid


def test_children_hear_nothing_of_our_own_configuration(
    supervisor: Supervisor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CQRS_NOW", "2000-01-01")
    monkeypatch.setenv("PGPASSWORD", "secret")
    print_names = "import os; print(*sorted(n for n in os.environ if n[:2] in ('CQ', 'PG')))"
    task = Plan("task", (sys.executable, "-I", "-c", print_names), {"CQRS_TOLD": "this"})
    supervisor.children.start(task).process.wait()
    assert supervisor.children["task"].last_lines() == "CQRS_TOLD"


def test_the_errors_that_children_logged_can_be_shown(supervisor: Supervisor) -> None:
    lines = '{"level":"info"}', '{"level":"error","event":"it broke"}'
    child = supervisor.children.start(a_script("talker", "-c", f"print(*{lines!r}, sep='\\n')"))
    child.process.wait()
    assert supervisor.children.complaints() == f"talker: {lines[1]}"


def test_secrets_are_not_shown_with_a_plan() -> None:
    assert "secret" not in repr(Plan("service", ("x",), {"CQRS_FILES_KEY": "secret"}))


def test_leaving_ends_every_child_even_one_stopped_in_its_tracks(tmp_path: Path) -> None:
    with Supervisor() as supervisor:
        child = supervisor.children.start(a_service())
        os.kill(child.process.pid, signal.SIGSTOP)
    assert_gone(child.process.pid)
    assert not supervisor.folder.exists()
