"""`cqrs import ods`: what ODS publishes goes in as Data Load, and what it changes is shown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from cqrs.imports.bars import shown_on
from cqrs.imports.shown import show
from cqrs.play.asking import PlayError, a_key, follow, upload
from cqrs.play.gateway import Person, document
from cqrs.play.scene import ods_files


@dataclass(frozen=True)
class Asked:
    dry_run: bool
    skip_bad_lines: bool
    since: date | None
    """From when what the files say without a date holds; None for today."""

    @property
    def variables(self) -> dict[str, object]:
        return {"dryRun": self.dry_run, "skipBadLines": self.skip_bad_lines, "key": a_key()}


async def import_ods(
    data_load: Person, paths: Sequence[Path], asked: Asked, console: Console
) -> bool:
    """Load the files, or say what loading them would change; answers whether it was not refused."""
    files = [file for path in paths for file in (ods_files(path) if path.is_dir() else (path,))]
    with shown_on(console) as bars:
        uploads = await _uploaded(data_load, files, asked.since, bars)
        told = await _imported(data_load, uploads, asked, bars)
    show(told, console)
    return bool(told["wouldBe"] != "REFUSED")


async def _uploaded(
    data_load: Person, files: Sequence[Path], since: date | None, bars: Progress
) -> list[dict[str, Any]]:
    bar = bars.add_task("Uploading", total=sum(file.stat().st_size for file in files))
    name, root = "request_organisation_upload", "requestOrganisationUpload"
    return [
        {
            "id": await upload(data_load, name, root, file, lambda n: bars.advance(bar, n)),
            "name": file.name,
            "since": since and since.isoformat(),
        }
        for file in files
    ]


async def _imported(
    data_load: Person, uploads: Sequence[Mapping[str, Any]], asked: Asked, bars: Progress
) -> Mapping[str, Any]:
    bar = bars.add_task("Importing", total=None)

    def watch(told: Mapping[str, Any]) -> None:
        bars.update(bar, completed=told["stepsDone"], total=told["steps"])

    variables = asked.variables | {"uploads": uploads}
    started = await data_load.ask(document("import_organisations"), **variables)
    id_ = started["importOrganisations"]["id"]
    told = await follow(data_load, "organisation_import", "organisationImport", id_, watch)
    if told["error"]:
        raise PlayError(f"the import failed: {told['error']['code']} {told['error']['message']}")
    bars.update(bar, completed=1, total=1)
    return told
