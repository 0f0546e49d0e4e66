"""Who takes part: the organisations a demonstration plays with, generated or read from ODS."""

import csv
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from cqrs.england.land import Land


@dataclass(frozen=True)
class Roster:
    icbs: Sequence[str]
    sub_icbs: Sequence[str]
    pcns: Mapping[str, Sequence[str]]
    """Members by PCN."""
    lists: Mapping[str, int]
    """Patients by practice; where the day's file lacks one, the latest before it."""
    without_list: Sequence[str]
    """Practices of which no list size is known: nothing can be calculated for them."""

    @property
    def practices(self) -> list[str]:
        return sorted((*self.lists, *self.without_list))


def roster(land: Land, *, on: date, since: date | None = None) -> Roster:
    """The practices open on a day (or on any since), with their PCNs and list sizes then."""
    here = {each.code for day in (since or on, on) for each in land.open_practices(day)}
    sizes = {code: _latest(land.practice[code].lists, on) for code in here}
    known = land.members(since or on) | land.members(on)
    members = {practice: pcn for practice, pcn in known.items() if practice in sizes}
    return _roster(
        [each.code for each in land.icbs], [each.code for each in land.sub_icbs], members, sizes
    )


def read_roster(folder: Path, *, icb: str | None, on: date) -> Roster:
    """The same from ODS files: practices of the QOF mapping, of one ICB or of all."""
    rows = [row for row in _read(folder / "QOF_MANUAL_MAPPINGS.csv") if _chosen(row, icb)]
    lists: dict[str, dict[date, int]] = {row["PRACTICE_CODE"]: {} for row in rows}
    for path in sorted(folder.glob("gp-reg-pat-prac-all*.csv")):
        for row in _read(path):
            if row["CODE"] in lists:
                lists[row["CODE"]][_day(row["EXTRACT_DATE"])] = int(row["NUMBER_OF_PATIENTS"])
    return _roster(
        sorted({row["STP_ODS_CODE"] for row in rows}),
        sorted({row["CCG_ODS_CODE"] for row in rows}),
        {row["PRACTICE_CODE"]: row["PCN_ODS_CODE"] for row in rows if row["PCN_ODS_CODE"] != "U"},
        {code: _latest(known, on) for code, known in lists.items()},
    )


def _roster(
    icbs: Sequence[str],
    sub_icbs: Sequence[str],
    members: Mapping[str, str],
    sizes: Mapping[str, int | None],
) -> Roster:
    pcns: dict[str, list[str]] = {}
    for practice, pcn in sorted(members.items()):
        pcns.setdefault(pcn, []).append(practice)
    return Roster(
        icbs=icbs,
        sub_icbs=sub_icbs,
        pcns=dict(sorted(pcns.items())),
        lists={code: size for code, size in sorted(sizes.items()) if size is not None},
        without_list=sorted(code for code, size in sizes.items() if size is None),
    )


def _latest(known: Mapping[date, int], on: date) -> int | None:
    before = [day for day in known if day <= on]
    return known[max(before)] if before else None


def _chosen(row: Mapping[str, str], icb: str | None) -> bool:
    return icb is None or row["STP_ODS_CODE"] == icb


def _read(path: Path) -> Iterator[dict[str, str]]:
    with path.open(encoding="cp1252", newline="") as file:
        yield from csv.DictReader(file)


def _day(written: str) -> date:
    return datetime.strptime(written, "%d%b%Y").date()  # noqa: DTZ007 - a day has no time zone
