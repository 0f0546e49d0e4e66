"""The catalogue: one manager drafts a quality service, another publishes it."""

from collections.abc import Mapping
from typing import Any

from cqrs.play.gateway import Person, document


async def publish(
    drafting: Person, publishing: Person, shipped: str, line: str | None = None
) -> str:
    """Answers the id of the version that can be offered, of the shipped line or another like it."""
    asked = await drafting.ask(document("draft_service"), shipped=shipped, code=line)
    drafted = str(asked["draftQualityService"]["id"])
    accepted = None if drafted.endswith("/1") else "KEEP"
    reason = "The constants are those of the published guidance"
    await publishing.ask(document("publish_service"), id=drafted, reason=reason, accepted=accepted)
    return drafted


async def specification(someone: Person, quality_service: str) -> Mapping[str, Any]:
    """Code, name and indicators of a published version."""
    told = await someone.ask(document("quality_service"), id=quality_service)
    found: Mapping[str, Any] = told["qualityService"]
    return found


def indicators_in(service: Mapping[str, Any]) -> int:
    groups = (group for domain in service["domains"] for group in domain["groups"])
    return sum(len(group["indicators"]) for group in groups)
