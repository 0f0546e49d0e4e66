"""`cqrs import achievement`: an extract goes in as Data Load, and what came of it is shown."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from cqrs.console import shown
from cqrs.imports.bars import shown_on
from cqrs.play.asking import PlayError, a_key, follow, upload
from cqrs.play.gateway import Person, document

_LISTED = 20
"""So many errors are shown; GraphQL has them all."""


async def load_extract(data_load: Person, extract: Path, console: Console) -> bool:
    """Load an extract in one of CQRS's formats; answers whether nothing in it was at fault."""
    with shown_on(console) as bars:
        sent = await _uploaded(data_load, extract, bars)
        started = await _started(data_load, sent, extract.name)
        await _followed(data_load, started, bars)
    told = await data_load.ask(document("achievement_load"), id=started, first=_LISTED)
    _show(told["achievementLoad"], console)
    return not told["achievementLoad"]["errorCount"]


async def _uploaded(data_load: Person, extract: Path, bars: Progress) -> str:
    bar = bars.add_task("Uploading", total=_bytes(extract))
    name, root = "request_achievement_upload", "requestAchievementUpload"
    return await upload(data_load, name, root, extract, lambda n: bars.advance(bar, n))


def _bytes(extract: Path) -> int:
    return extract.stat().st_size


async def _started(data_load: Person, sent: str, name: str) -> str:
    asked = document("load_achievement")
    started = await data_load.ask(asked, upload=sent, name=name, key=a_key())
    return str(started["loadAchievement"]["id"])


async def _followed(data_load: Person, started: str, bars: Progress) -> None:
    """Its rows are read one after the other; then they are checked and kept, all together."""
    reading = bars.add_task("Reading", total=None)
    keeping = bars.add_task("Keeping", total=None, visible=False)

    def watch(told: Mapping[str, Any]) -> None:
        bars.update(reading, completed=told["done"], total=told["total"])
        bars.update(keeping, visible=told["done"] == told["total"])

    told = await follow(data_load, "achievement_load", "achievementLoad", started, watch)
    if told["status"] != "DONE":
        raise PlayError(f"the load failed: {told['failure']}")
    bars.update(reading, completed=told["total"], total=told["total"])
    bars.update(keeping, completed=1, total=1, visible=True)


def _show(told: Mapping[str, Any], console: Console) -> None:
    counts = [(one["name"].replace("_", " "), shown(int(one["value"]))) for one in told["counts"]]
    console.print(", ".join(f"{number} {name}" for name, number in counts))
    table = Table("row", "field", "code", "message", box=None)
    for one in told["errors"]:
        table.add_row(str(one["row"]), one["field"] or "", one["code"], escape(one["message"]))
    if table.row_count:
        console.print(table)
