"""Every SQL statement of corrections. Only a line's owner sees whom its corrections touch."""

from datetime import datetime
from typing import Final

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.participation.catalogue.domain import AcceptedOffers
from services.participation.corrections.domain import Correction
from services.participation.offers.domain.offer import Offer
from services.participation.offers.store.scope import OFFER, offer

_COLUMNS: Final = "id, code, version, starts_on, ends_on"
_CORRECTION: Final = f"""
select {_COLUMNS} from quality_service
where id = $3 and owner in (select organisation from directory.inherited($1, $2))
"""  # noqa: S608 (constants only)


async def correction(
    reader: Reader, acting: Acting, identity: str, accepted_offers: AcceptedOffers
) -> Correction | None:
    """A version of the organisation's own lines, with what might become of accepted offers."""
    row = await reader.fetchrow(_CORRECTION, *acting, identity)
    return _correction(row, accepted_offers) if row else None


def _correction(row: Record, accepted_offers: AcceptedOffers) -> Correction:
    return Correction(
        row["id"], row["code"], row["version"], row["starts_on"], row["ends_on"], accepted_offers
    )


_TOUCHED: Final = f"""
select {OFFER} from offer o join quality_service before on before.id = o.quality_service
where o.service_code = $1 and before.version < $2 and o.status in ('OFFERED', 'APPROVED')
"""  # noqa: S608 (constants only)
_IN_ORDER: Final = "order by o.provider, o.id"
_LOCKED: Final = "order by o.id for update of o"


async def touched(reader: Reader, one: Correction, *, lock: bool = False) -> list[Offer]:
    """The live offers of earlier versions of the line: a correction's that is one's own."""
    rows = await reader.fetch(f"{_TOUCHED} {_LOCKED if lock else _IN_ORDER}", one.code, one.version)
    return [offer(row) for row in rows]


_WAITING: Final = f"""
select {_COLUMNS}, accepted_offers from quality_service q
where status = 'PUBLISHED' and accepted_offers is not null
    and not exists (select from correction c where c.quality_service = q.id)
order by code, version
"""  # noqa: S608 (constants only)


async def waiting(reader: Reader) -> list[Correction]:
    """The published corrections whose offers have not been seen to."""
    rows = await reader.fetch(_WAITING)
    return [_correction(row, AcceptedOffers(row["accepted_offers"])) for row in rows]


_BEGIN: Final = """
insert into correction (quality_service, at, moved, stayed) values ($1, $2, 0, 0)
on conflict do nothing returning true
"""
_END: Final = "update correction set moved = $2, stayed = $3 where quality_service = $1"


async def begin(tx: Tx, one: Correction, at: datetime) -> bool:
    """Take the correction in hand; false where somebody else has."""
    return bool(await tx.fetchval(_BEGIN, one.id, at))


async def end(tx: Tx, one: Correction, *, moved: int, stayed: int) -> None:
    await tx.execute(_END, one.id, moved, stayed)
