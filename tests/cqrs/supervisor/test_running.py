from collections.abc import Iterator
from pathlib import Path

import pytest

from cqrs.supervisor.folder import RunFolder
from cqrs.supervisor.running import NotFound, Running, find


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))


@pytest.fixture
def two() -> Iterator[list[Running]]:
    folders = [RunFolder.make(), RunFolder.make()]
    systems = [_running(pid, folder.path) for pid, folder in enumerate(folders, 1)]
    for system in systems:
        system.write()
    yield systems
    for folder in folders:
        folder.remove()


def _running(pid: int, folder: Path) -> Running:
    return Running(
        pid=pid,
        gateway=f"http://127.0.0.1:{pid}",
        issuer="http://127.0.0.1:9",
        audience="cqrs",
        kafka="127.0.0.1:10",
        folder=folder,
        clock=folder / "clock",
        people=folder / "people.json",
        services={"participation": "http://127.0.0.1:11"},
    )


def test_a_running_system_is_found_as_it_was_told(two: list[Running]) -> None:
    assert find(2) == two[1]


def test_of_several_systems_one_must_be_chosen(two: list[Running]) -> None:
    with pytest.raises(NotFound, match=r"choose one with --system: .*http://127.0.0.1"):
        find()


def test_a_system_whose_supervisor_is_dead_is_not_found() -> None:
    folder = RunFolder.make()
    _running(1, folder.path).write()
    folder.remove()
    with pytest.raises(NotFound, match="start one"):
        find()
