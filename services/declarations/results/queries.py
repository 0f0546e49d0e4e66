"""Which results are asked for: of the newest date that has values, where none is named."""

from dataclasses import dataclass
from datetime import date

from chassis.db import Reader
from chassis.errors import DomainError
from services.declarations.results import store
from services.declarations.results.domain import Compared, latest_before
from services.declarations.results.store import ResultsFilter
from services.declarations.sight import Sight


@dataclass(frozen=True, slots=True)
class ResultsAsked:
    service: str
    achievement_date: date | None = None
    provider: str | None = None
    indicator: str | None = None
    group: str | None = None
    reached: str | None = None
    compare: Compared = Compared.PERIOD_BEFORE


async def dated(reader: Reader, sight: Sight, asked: ResultsAsked) -> ResultsFilter:
    """The filter of what is asked for; refused where the service has no such date."""
    dates = await store.dates(reader, sight, asked.service)
    if not dates:
        message = f"No published quality service {asked.service} that is paid for is known"
        raise DomainError("UNKNOWN_SERVICE", message, field="service")
    days = [row["achievement_date"] for row in dates]
    newest = next((row["achievement_date"] for row in dates if row["has_values"]), days[-1])
    day = asked.achievement_date or newest
    if day not in days:
        message = f"{asked.service} has no payment period that ends on {day}"
        raise DomainError("ACHIEVEMENT_DATE_UNKNOWN", message, field="achievementDate")
    return ResultsFilter(
        service=asked.service,
        achievement_date=day,
        provider=asked.provider,
        indicator=asked.indicator,
        group=asked.group,
        reached=asked.reached,
        before=latest_before(day, asked.compare),
    )
