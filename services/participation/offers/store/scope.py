"""Which offers an organisation sees, and which of them are looked for.

It sees the offers of the providers in its scope on some day of the offer, and those that it, or an
organisation it took over from, has made.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from typing import Any, Final

from asyncpg import Record

from nhs.values import Period
from services.participation.offers.domain import CancelKind, Offer, Status

COLUMNS: Final = tuple(field.name for field in fields(Offer))
OFFER: Final = ", ".join(f"o.{column}" for column in COLUMNS)

SCOPE: Final = """
with own as materialized (select organisation from directory.inherited($1)),
seen as materialized (select provider, valid_from, valid_to from directory.scope($1))
"""
SEEN: Final = """
(o.commissioner in (select organisation from own) or exists (
    select from seen
    where seen.provider = o.provider
        and seen.valid_from <= o.ends_on and seen.valid_to >= o.starts_on
))
"""


@dataclass(frozen=True, slots=True)
class OfferFilter:
    """What is looked for; None lets everything pass."""

    status: Sequence[str] | None = None
    service: str | None = None
    """A version of a quality service, or its line."""
    payment_type: str | None = None
    provider: str | None = None
    commissioner: str | None = None
    year: Period | None = None
    on: date | None = None
    """The day on which the offer, or what became of it, is in force."""
    never_opened: bool | None = None

    def arguments(self) -> tuple[object, ...]:
        start, end = (self.year.start, self.year.end) if self.year else (None, None)
        return (
            self.status,
            self.service,
            self.payment_type,
            self.provider,
            self.commissioner,
            start,
            end,
            self.on,
            self.never_opened,
        )


MATCHES: Final = """
($2::text[] is null or o.status = any ($2))
and ($3::text is null or $3 in (o.service_code, o.quality_service))
and ($4::text is null or o.payment_type = $4)
and ($5::text is null or o.provider = $5)
and ($6::text is null or o.commissioner = $6)
and ($7::date is null or (o.starts_on <= $8::date and o.ends_on >= $7))
and ($9::date is null or $9 between o.starts_on and coalesce(o.ended_on, o.ends_on))
and ($10::bool is null or (o.first_opened_at is null) = $10)
"""


def offer(row: Record) -> Offer:
    values: dict[str, Any] = {column: row[column] for column in COLUMNS}
    values["status"] = Status(values["status"])
    values["cancel_kind"] = CancelKind(values["cancel_kind"]) if values["cancel_kind"] else None
    return Offer(**values)
