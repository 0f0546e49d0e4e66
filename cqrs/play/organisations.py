"""The ODS files are loaded, and who provides what to whom is read back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cqrs.play.asking import PlayError, a_key, job, nodes, upload
from cqrs.play.gateway import Person, document

_HIERARCHY_SINCE = "2022-07-01"
"""A QOF mapping has no dates; ICBs began on this day."""


@dataclass(frozen=True)
class Loaded:
    counts: Mapping[str, int]
    overlaps: Sequence[str]
    """Practices with memberships that share a day, named."""


async def load(
    data_load: Person,
    files: Sequence[Path],
    show: Callable[[str], None],
    *,
    hierarchy_since: str = _HIERARCHY_SINCE,
) -> Loaded:
    """Load the files as they came; answers the import's report."""
    uploads = []
    for file in files:
        show(file.name)
        id_ = await upload(
            data_load, "request_organisation_upload", "requestOrganisationUpload", file
        )
        uploads.append({"id": id_, "name": file.name, "since": hierarchy_since})
    asked = await data_load.ask(document("import_organisations"), uploads=uploads, key=a_key())
    started = asked["importOrganisations"]["id"]
    told = await job(data_load, "organisation_import", "organisationImport", started, show)
    report: Mapping[str, Any] = told["report"]
    if report["problems"]:
        raise PlayError(f"the import found problems: {report['problems'][:3]}")
    return Loaded(_counts(report["counts"]), [one["practiceCode"] for one in report["overlaps"]])


def _counts(counted: Sequence[Mapping[str, str]]) -> Mapping[str, int]:
    """In words: LIST_SIZES_NEW becomes `list sizes new`."""
    return {
        each["name"].replace("_", " ").lower(): int(each["value"])
        for each in counted
        if each["value"] != "0"
    }


async def practices(someone: Person, icb: str, on: str) -> list[str]:
    """The practices an ICB commissions on a day, at whatever level."""
    chosen = {"kind": "PRACTICE", "commissionedBy": icb, "on": on}
    found = nodes(someone, "organisations", "organisations", chosen)
    return sorted([node["odsCode"] async for node in found])
