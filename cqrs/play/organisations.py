"""The ODS files are loaded, and who provides what to whom is read back."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from cqrs.play.asking import PlayError, a_key, job, nodes, upload
from cqrs.play.gateway import Person, document


async def load(
    data_load: Person, files: Sequence[Path], show: Callable[[str], None]
) -> Mapping[str, object]:
    """Load the files as they came; answers the import's report."""
    uploads = []
    for file in files:
        show(file.name)
        id_ = await upload(
            data_load, "request_organisation_upload", "requestOrganisationUpload", file
        )
        uploads.append({"id": id_, "name": file.name})
    asked = await data_load.ask(document("import_organisations"), uploads=uploads, key=a_key())
    started = asked["importOrganisations"]["id"]
    told = await job(data_load, "organisation_import", "organisationImport", started, show)
    report: Mapping[str, object] = told["report"]
    if report["problems"]:
        raise PlayError(f"the import found problems: {report['problems']}")
    return report


async def icbs(someone: Person, on: str) -> list[str]:
    """The ICBs there are on a day."""
    chosen = {"kind": "ICB", "on": on}
    found = nodes(someone, "organisations", "organisations", chosen)
    return sorted([node["odsCode"] async for node in found])


async def practices(someone: Person, icb: str, on: str) -> list[str]:
    """The practices an ICB commissions on a day, at whatever level."""
    chosen = {"kind": "PRACTICE", "commissionedBy": icb, "on": on}
    found = nodes(someone, "organisations", "organisations", chosen)
    return sorted([node["odsCode"] async for node in found])
