"""What was offered, by service."""

from typing import Final

from chassis.db import Reader
from nhs.directory import Acting
from services.participation.offers.domain.looking import OfferedService, OfferFilter
from services.participation.offers.store.scope import MATCHES, REPORT, arguments

_OFFERED: Final = f"""
select o.quality_service,
    count(*) filter (where o.status = 'OFFERED') as offered,
    count(*) filter (where o.status = 'APPROVED') as approved,
    count(*) filter (where o.status = 'REJECTED') as rejected,
    count(*) filter (where o.status = 'CANCELLED') as cancelled,
    count(*) as total,
    count(*) filter (where o.status = 'OFFERED' and o.response_due_on < $2) as overdue,
    count(*) filter (
        where o.status = 'OFFERED' and o.response_due_on between $2 and $2 + 7
    ) as due_within_week,
    count(*) filter (
        where o.status = 'OFFERED' and o.first_opened_at is null
    ) as never_opened,
    min(o.response_due_on) filter (
        where o.status = 'OFFERED' and o.response_due_on >= $2
    ) as next_response_due_on
from {REPORT.offers}
where {MATCHES} and {REPORT.seen}
group by o.service_code, o.quality_service
order by o.service_code, o.quality_service
"""  # noqa: S608 (constants only)


async def offered(reader: Reader, acting: Acting, wanted: OfferFilter) -> list[OfferedService]:
    """By service line and version."""
    rows = await reader.fetch(_OFFERED, *acting, *arguments(wanted))
    return [OfferedService(**dict(row)) for row in rows]
