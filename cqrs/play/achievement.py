"""Constants and achievement are loaded by a person with the role Data Load."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path

from cqrs.play.asking import PlayError, a_key, job, upload
from cqrs.play.gateway import Person, document


async def load_prevalence(
    data_load: Person, quality_service: str, source: str, prevalences: Mapping[str, Decimal]
) -> int:
    """National prevalence by disease group, as one named set."""
    values = [{"group": group, "prevalence": str(value)} for group, value in prevalences.items()]
    named = {"name": "Demonstration", "qualityService": quality_service, "source": source}
    await data_load.ask(document("load_prevalence"), input={**named, "values": values})
    return len(values)


async def load(data_load: Person, extract: Path, show: Callable[[str], None]) -> Mapping[str, int]:
    """An extract in CQRS's own format; nothing in a generated one may be at fault."""
    sent = await upload(
        data_load, "request_achievement_upload", "requestAchievementUpload", extract
    )
    asked = await data_load.ask(
        document("load_achievement"), upload=sent, name=extract.name, key=a_key()
    )
    started = asked["loadAchievement"]["id"]
    told = await job(data_load, "achievement_load", "achievementLoad", started, show)
    if told["errorCount"]:
        raise PlayError(f"the extract had errors: {told['errors'][:3]}")
    return {c["name"]: int(c["value"]) for c in told["counts"] if c["value"] != "0"}
