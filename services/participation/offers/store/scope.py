"""Which offers an organisation sees, which of them are looked for, and in what order.

It sees the offers of the providers in its scope on some day of the offer, and those that it, or an
organisation it took over from, has made. In the report of participation it also sees what others
let it see there.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from asyncpg import Record

from services.participation.offers.domain.looking import OfferFilter, Order, OrderBy
from services.participation.offers.domain.offer import CancelKind, Offer, Status

COLUMNS: Final = tuple(field.name for field in fields(Offer))
OFFER: Final = ", ".join(f"o.{column}" for column in COLUMNS)
OWN: Final = "(select organisation from directory.inherited($1, $2))"
_DAYS: Final = "daterange(o.starts_on, o.ends_on, '[]')"


@dataclass(frozen=True, slots=True)
class View:
    """Through which offers are seen: what they are selected from, and on which condition."""

    offers: str
    seen: str


# A join and not `exists … or …`, which would look through all of the scope for each offer.
SCOPE: Final = View(
    "offer o left join sight($1, $2) seen on seen.provider = o.provider",
    f"(o.commissioner in {OWN} or seen.days && {_DAYS})",
)
REPORT: Final = View(
    "offer o left join sight_in_report($1, $2) seen on seen.provider = o.provider",
    f"(o.commissioner in {OWN} or seen.days && {_DAYS}"
    f" or (seen.of_services ->> o.service_code)::datemultirange && {_DAYS})",
)

TOOK_PART: Final = """(
    (o.status = 'APPROVED' or (o.status = 'CANCELLED' and o.ended_on is not null))
    and coalesce(o.ended_on, o.ends_on) >= o.starts_on
)"""
MATCHES: Final = f"""
($3::text[] is null or o.status = any ($3))
and ($4::text is null or $4 in (o.service_code, o.quality_service))
and ($5::text is null or o.payment_type = $5)
and ($6::text is null or o.provider = $6)
and ($7::text is null or o.commissioner = $7)
and ($8::date is null or (o.starts_on <= $9::date and o.ends_on >= $8))
and ($10::date is null or $10 between o.starts_on and coalesce(o.ended_on, o.ends_on))
and ($11::bool is null or (o.first_opened_at is null) = $11)
and ($12::text[] is null or o.payment_type is null or o.payment_type = any ($12))
and ($13::bool is null or (o.status = 'OFFERED' and o.response_due_on < $2) = $13)
and ($14::text is null or o.provider in (
    select ods_code from directory.organisation
    where starts_with(ods_code, upper($14)) or strpos(lower(name), lower($14)) > 0
))
and ($15::bool is null or (o.provider in {OWN}) = $15)
and ($16::bool is null or {TOOK_PART} = $16)
and ($17::date is null or (
    {TOOK_PART} and $17 between o.starts_on and coalesce(o.ended_on, o.ends_on)
))
"""  # noqa: S608 (constants only)


def arguments(wanted: OfferFilter) -> tuple[object, ...]:
    """`$3` to `$17` of MATCHES."""
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
        wanted.overdue,
        wanted.search,
        wanted.mine,
        wanted.took_part,
        wanted.taking_part_on,
    )


NEXT: Final = 18
"""The first parameter that MATCHES leaves free."""


_IN_THE_MENU: Final = "array['OFFERED', 'APPROVED', 'REJECTED', 'CANCELLED']"
_KEYS: Final[Mapping[OrderBy, tuple[str, str]]] = {
    OrderBy.SERVICE: ("o.service_code", "text"),
    OrderBy.PROVIDER: ("o.provider", "text"),
    OrderBy.COMMISSIONER: ("o.commissioner", "text"),
    OrderBy.STATUS: (f"array_position({_IN_THE_MENU}, o.status)", "int"),
    OrderBy.STARTS_ON: ("o.starts_on", "date"),
    OrderBy.RESPONSE_DUE_ON: ("o.response_due_on", "date"),
    OrderBy.OFFERED_AT: ("o.offered_at", "timestamptz"),
}


def sort_key(order: Order) -> str:
    return _KEYS[order.by][0]


def after(order: Order, first: int = NEXT) -> str:
    """The condition that an offer comes after the place in four parameters from `first` on."""
    (key, kind), than = _KEYS[order.by], "<" if order.descending else ">"
    return f"""
    (${first}::{kind} is null or ({key}, o.service_code, o.provider, o.id) {than}
        (${first}, ${first + 1}::text, ${first + 2}::text, ${first + 3}::uuid))
    """


def ordered(order: Order, row: str) -> str:
    """The order of rows that carry their sort key as `sort_key`."""
    way = " desc" if order.descending else ""
    keys = ("sort_key", "service_code", "provider", "id")
    return ", ".join(f"{row}.{key}{way}" for key in keys)


def offer(row: Record) -> Offer:
    values: dict[str, Any] = {column: row[column] for column in COLUMNS}
    values["status"] = Status(values["status"])
    values["cancel_kind"] = CancelKind(values["cancel_kind"]) if values["cancel_kind"] else None
    return Offer(**values)
