"""What the period is played with: files, constants and achievement, generated or real."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from cqrs.england import files
from cqrs.england.achievement import LISTS_ON, national_prevalence
from cqrs.england.england import England
from cqrs.england.extract import Extract
from cqrs.england.hierarchy import MERGED_ON
from cqrs.england.indicators import Indicator, indicators
from cqrs.england.land import Land
from cqrs.england.roster import Roster, read_roster, roster

REAL_ICB = "QH8"
"""Who plays with real files (DOMAIN.md 10.9): 151 practices in the mapping."""


@dataclass(frozen=True)
class Mergers:
    """Commissioners that become one on 1 April 2026, between the achievement and its approval."""

    mapping: Path
    """The hierarchy from then on."""
    successors: Mapping[str, str]
    """By the code of the predecessor."""

    @property
    def roster(self) -> Roster:
        """The new organisations, whose people join then."""
        return Roster(sorted(set(self.successors.values())), (), {}, {}, ())


@dataclass(frozen=True)
class Scene:
    seed: int
    folder: Path
    """Where what is drawn is written."""
    ods_files: Sequence[Path]
    roster: Roster
    source: str
    """What the constants say of themselves."""
    mergers: Mergers | None = None

    @classmethod
    def generated(cls, folder: Path, *, england: bool, icb: str | None, seed: int) -> "Scene":
        """A generated England, or one ICB of it."""
        drawn = England(seed)
        chosen = {"code": icb} if icb else {}
        land = drawn.whole if england else drawn.icb(**chosen)
        written = files.write(land, folder / "ods")
        playing = roster(land, on=LISTS_ON)
        return cls(seed, folder, written, playing, "The generated England", _mergers(land, folder))

    @classmethod
    def real(cls, folder: Path, ods: Path, *, england: bool, icb: str | None, seed: int) -> "Scene":
        """The files as they came; people and achievement are drawn for what is in them."""
        found = ods_files(ods)
        chosen = None if england else icb or REAL_ICB
        playing = read_roster(ods, icb=chosen, on=LISTS_ON)
        return cls(seed, folder, found, playing, "The generated England: SYNTHETIC")

    def prevalences(self, specification: Mapping[str, Any]) -> Mapping[str, Decimal]:
        """Of the whole generated England, whichever part of it plays."""
        return national_prevalence(self.seed, indicators(specification))

    def extract(self, service: Mapping[str, Any], practices: Collection[str]) -> Path:
        """Achievement of the practices, in CQRS's own format."""
        chosen: list[Indicator] = indicators(service)
        lists = {code: self.roster.lists[code] for code in practices}
        return Extract(service["code"], service["name"], chosen, self.seed).write(
            self.folder, lists
        )


def _mergers(land: Land, folder: Path) -> Mergers | None:
    if not land.mergers:
        return None
    written = files.write(land.merged(), folder / "merged", as_at=MERGED_ON)
    successors = {part: merger.icb.code for merger in land.mergers for part in merger.parts}
    return Mergers(next(path for path in written if "MAPPINGS" in path.name), successors)


def ods_files(folder: Path) -> Sequence[Path]:
    """Every table in the folder; the importer knows each by its columns."""
    return sorted(path for path in folder.iterdir() if path.suffix in {".csv", ".xlsx"})
