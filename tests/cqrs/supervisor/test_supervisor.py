import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from cqrs.supervisor.folder import RunFolder, living, sweep
from tests.support.eventually import soon
from tests.support.processes import assert_gone

_SCRIPT = """
import sys, time
from cqrs.supervisor.children import Plan
from cqrs.supervisor.supervisor import Supervisor, end_on_signals
end_on_signals()
with Supervisor() as supervisor:
    sleep = Plan("sleeper", (sys.executable, "-I", "-c", "import time; time.sleep(60)"), {})
    child = supervisor.children.start(sleep)
    print(supervisor.folder, child.process.pid, flush=True)
    time.sleep(60)
"""


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders of the tests lie apart from those of systems that run here."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    monkeypatch.setenv("TMPDIR", str(tmp_path))


@contextmanager
def a_supervisor() -> Iterator[tuple[subprocess.Popen[str], Path, int]]:
    """A supervisor in a process of its own, its folder, and the number of its child."""
    command = [sys.executable, "-c", _SCRIPT]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(command, text=True, **streams) as process:
        assert process.stdout is not None
        folder, child = process.stdout.readline().split()
        yield process, Path(folder), int(child)
        process.kill()


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_ends_everything(ending: signal.Signals) -> None:
    with a_supervisor() as (process, folder, child):
        process.send_signal(ending)
        process.wait(30)
        assert_gone(child)
        assert not folder.exists()


def test_a_background_job_whose_shell_ignores_ctrl_c_ends_on_sigterm_all_the_same() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with a_supervisor() as (process, folder, child):
            process.send_signal(signal.SIGTERM)
            process.wait(30)
            assert_gone(child)
            assert not folder.exists()
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_killed_supervisor_leaves_no_process_and_the_next_start_sweeps_its_folder() -> None:
    with a_supervisor() as (process, folder, child):
        process.kill()
        process.wait()
        soon(lambda: assert_gone(child))
        assert folder.exists()
        with a_supervisor() as (_, other, _):
            assert not folder.exists()
            assert other.exists()


def test_two_systems_side_by_side_leave_each_other_alone() -> None:
    with a_supervisor() as (_, first, _), a_supervisor() as (_, second, _):
        assert sweep() == []
        assert set(living()) == {first, second}


def test_a_folder_in_the_making_is_not_swept(tmp_path: Path) -> None:
    young = tmp_path / "cqrs-run-young"
    young.mkdir()
    assert sweep() == []
    assert young.exists()


def test_what_a_play_or_a_storm_elsewhere_works_in_is_not_swept(tmp_path: Path) -> None:
    theirs = tmp_path / "cqrs-storm-1"
    theirs.mkdir()
    os.utime(theirs, (0, 0))
    assert sweep() == []
    assert theirs.exists()


def test_what_lies_in_a_folder_is_closed_to_others() -> None:
    folder = RunFolder.make()
    assert folder.path.stat().st_mode & 0o077 == 0o011
    assert folder.below("logs").stat().st_mode & 0o077 == 0
    folder.remove()
