from pathlib import Path

import pytest

from cqrs.england.england import SEED
from cqrs.play.scene import Scene

_SERVICE = {
    "code": "QOF2526",
    "name": "Quality and Outcomes Framework 2025/26",
    "domains": [
        {"groups": [{"indicators": [{"code": "AF006", "lower": "40", "upper": "90"}]}]},
    ],
}


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    return Scene.generated(tmp_path, england=False, icb=None, seed=SEED)


def test_one_icb_plays_unless_all_of_england_is_asked_for(scene: Scene) -> None:
    assert scene.roster.icbs == ["QC3"]
    assert 140 <= len(scene.roster.lists) <= 160
    assert scene.mergers is None


def test_an_extract_holds_the_chosen_practices_only(scene: Scene) -> None:
    chosen = list(scene.roster.lists)[:2]
    lines = scene.extract(_SERVICE, chosen).read_text().splitlines()[1:]
    assert {line.split(",")[2] for line in lines} == set(chosen)


def test_an_icb_that_merges_has_a_successor_with_people_of_its_own(tmp_path: Path) -> None:
    scene = Scene.generated(tmp_path, england=False, icb="QA1", seed=SEED)
    assert scene.mergers is not None
    successor = scene.mergers.successors["QA1"]
    assert scene.mergers.roster.icbs == [successor]
    assert successor in scene.mergers.mapping.read_text("cp1252")
