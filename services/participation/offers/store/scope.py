"""Which offers an organisation sees, and which of them are looked for.

It sees the offers of the providers in its scope on some day of the offer, and those that it, or an
organisation it took over from, has made.
"""

from dataclasses import fields
from typing import Any, Final

from asyncpg import Record

from services.participation.offers.domain import CancelKind, Offer, OfferFilter, Status

COLUMNS: Final = tuple(field.name for field in fields(Offer))
OFFER: Final = ", ".join(f"o.{column}" for column in COLUMNS)

OWN: Final = "(select organisation from directory.inherited($1, $2))"
# A join and not `exists … or …`, which would look through all of the scope for each offer.
OFFERS: Final = "offer o left join sight($1, $2) seen on seen.provider = o.provider"
SEEN: Final = f"(o.commissioner in {OWN} or seen.days && daterange(o.starts_on, o.ends_on, '[]'))"

MATCHES: Final = """
($3::text[] is null or o.status = any ($3))
and ($4::text is null or $4 in (o.service_code, o.quality_service))
and ($5::text is null or o.payment_type = $5)
and ($6::text is null or o.provider = $6)
and ($7::text is null or o.commissioner = $7)
and ($8::date is null or (o.starts_on <= $9::date and o.ends_on >= $8))
and ($10::date is null or $10 between o.starts_on and coalesce(o.ended_on, o.ends_on))
and ($11::bool is null or (o.first_opened_at is null) = $11)
and ($12::text[] is null or o.payment_type is null or o.payment_type = any ($12))
"""


def arguments(wanted: OfferFilter) -> tuple[object, ...]:
    """`$3` to `$12` of MATCHES."""
    year = wanted.year
    start, end = (year.start, year.end) if year else (None, None)
    return (
        wanted.status,
        wanted.service,
        wanted.payment_type,
        wanted.provider,
        wanted.commissioner,
        start,
        end,
        wanted.on,
        wanted.never_opened,
        wanted.types_seen,
    )


def offer(row: Record) -> Offer:
    values: dict[str, Any] = {column: row[column] for column in COLUMNS}
    values["status"] = Status(values["status"])
    values["cancel_kind"] = CancelKind(values["cancel_kind"]) if values["cancel_kind"] else None
    return Offer(**values)
