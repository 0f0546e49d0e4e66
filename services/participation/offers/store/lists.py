"""What is shown of offers."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.directory import Acting
from nhs.values import Period
from services.participation.offers.domain import Happening, Offer, OfferFilter, Status, What
from services.participation.offers.store.scope import (
    MATCHES,
    OFFER,
    OFFERS,
    SEEN,
    arguments,
    offer,
)

_MATCHING: Final = f"""
select o.id, o.version from {OFFERS} where {MATCHES} and {SEEN} limit $13
"""  # noqa: S608 (constants only)


async def matching(
    reader: Reader, acting: Acting, wanted: OfferFilter, most: int
) -> list[tuple[UUID, int]]:
    rows = await reader.fetch(_MATCHING, *acting, *arguments(wanted), most)
    return [(row["id"], row["version"]) for row in rows]


def _types(seen: str) -> str:
    """The condition that an offer is of a payment type in the parameter."""
    return f"({seen}::text[] is null or o.payment_type is null or o.payment_type = any ({seen}))"


_FIND: Final = f"""
select {OFFER} from {OFFERS} where o.id = any ($3::uuid[]) and {_types("$4")} and {SEEN}
"""  # noqa: S608 (constants only)


async def find(
    reader: Reader, acting: Acting, ids: Sequence[UUID], types_seen: Sequence[str] | None
) -> dict[UUID, Offer]:
    rows = await reader.fetch(_FIND, *acting, ids, types_seen)
    return {row["id"]: offer(row) for row in rows}


# What is seen is found before it is put in order: with an eye on the limit alone, a planner would
# go through the offers in order, and through all of the scope for each.
_PAGE: Final = f"""
with found as materialized (
    select {OFFER} from {OFFERS}
    where {MATCHES} and {SEEN}
        and ($13::text is null or (o.service_code, o.provider, o.id) > ($13, $14::text, $15::uuid))
)
select * from found order by service_code, provider, id limit $16
"""  # noqa: S608 (constants only)
_COUNT: Final = f"select count(*) from {OFFERS} where {MATCHES} and {SEEN}"  # noqa: S608


async def page(
    reader: Reader, acting: Acting, wanted: OfferFilter, after: Sequence[object], limit: int
) -> list[Offer]:
    """Offers in the order of service line, provider and id."""
    rows = await reader.fetch(_PAGE, *acting, *arguments(wanted), *after, limit)
    return [offer(row) for row in rows]


async def count(reader: Reader, acting: Acting, wanted: OfferFilter) -> int:
    return int(await reader.fetchval(_COUNT, *acting, *arguments(wanted)))


_OF_ORGANISATIONS: Final = f"""
with found as (
    select n.ods_code as organisation, {OFFER},
        row_number() over (
            partition by n.ods_code order by o.service_code, o.provider, o.id
        ) as place
    from unnest($13::text[]) as n (ods_code)
    join offer o on n.ods_code in (o.provider, o.commissioner)
    left join sight($1, $2) seen on seen.provider = o.provider
    where {MATCHES} and {SEEN}
        and ($14::text is null or (o.service_code, o.provider, o.id) > ($14, $15::text, $16::uuid))
)
select * from found where place <= $17 order by place
"""  # noqa: S608 (constants only)
_COUNT_OF_ORGANISATIONS: Final = f"""
select n.ods_code as organisation, count(*) from unnest($13::text[]) as n (ods_code)
join offer o on n.ods_code in (o.provider, o.commissioner)
    left join sight($1, $2) seen on seen.provider = o.provider
where {MATCHES} and {SEEN}
group by n.ods_code
"""  # noqa: S608 (constants only)


async def of_organisations(
    reader: Reader,
    acting: Acting,
    codes: Sequence[str],
    wanted: OfferFilter,
    *,
    after: Sequence[object],
    limit: int,
) -> dict[str, list[Offer]]:
    """A page of the offers made to, or by, each of the organisations."""
    found: dict[str, list[Offer]] = {code: [] for code in codes}
    given = (*arguments(wanted), codes, *after, limit)
    for row in await reader.fetch(_OF_ORGANISATIONS, *acting, *given):
        found[row["organisation"]].append(offer(row))
    return found


async def count_of_organisations(
    reader: Reader, acting: Acting, codes: Sequence[str], wanted: OfferFilter
) -> dict[str, int]:
    rows = await reader.fetch(_COUNT_OF_ORGANISATIONS, *acting, *arguments(wanted), codes)
    return {row["organisation"]: row["count"] for row in rows}


_MADE: Final = f"""
select o.quality_service, o.status, count(*)
from offer o
where o.commissioner in (
        select organisation from directory.self_and_below($1, $2)
        where $2::date between valid_from and valid_to
    )
    and {_types("$3")}
    and o.starts_on <= $5::date and o.ends_on >= $4::date
group by o.service_code, o.quality_service, o.status
order by o.service_code, o.quality_service
"""  # noqa: S608 (constants only)


@dataclass(frozen=True, slots=True)
class InYear:
    """The offers of a financial year, as far as somebody's roles let them see."""

    year: Period
    types_seen: Sequence[str] | None

    def arguments(self) -> tuple[object, ...]:
        return (self.types_seen, self.year.start, self.year.end)


async def made(
    reader: Reader, acting: Acting, wanted: InYear
) -> dict[str, dict[Status, int]]:
    """How many offers of each service a commissioner and those below it made, by status."""
    counts: dict[str, dict[Status, int]] = {}
    for row in await reader.fetch(_MADE, *acting, *wanted.arguments()):
        of_service = counts.setdefault(row["quality_service"], dict.fromkeys(Status, 0))
        of_service[Status(row["status"])] = row["count"]
    return counts


_MINE: Final = f"""
select {OFFER} from offer o
where o.provider in (select organisation from directory.inherited($1, $2))
    and {_types("$3")}
    and o.starts_on <= $5::date and o.ends_on >= $4::date
order by o.status = 'OFFERED' desc, o.service_code, o.id
"""  # noqa: S608 (constants only)


async def mine(reader: Reader, acting: Acting, wanted: InYear) -> list[Offer]:
    """What a provider has been offered: first what awaits its answer."""
    rows = await reader.fetch(_MINE, *acting, *wanted.arguments())
    return [offer(row) for row in rows]


# The offers were found within scope; their history is asked for by their ids alone.
_PAST: Final = """
select offer, version, what, status, reason, at, by, acting_for, action
from offer_history where offer = any ($1::uuid[]) order by offer, version
"""


async def history(reader: Reader, ids: Sequence[UUID]) -> dict[UUID, list[Record]]:
    past: dict[UUID, list[Record]] = {identity: [] for identity in ids}
    for row in await reader.fetch(_PAST, ids):
        past[row["offer"]].append(row)
    return past


_STANDING: Final = f"""
select {OFFER}, h.what, h.at, h.action, h.by, h.acting_for
from offer o join offer_history h on h.offer = o.id and h.version = o.version
order by o.id
"""  # noqa: S608 (constants only)


async def standing(reader: Reader) -> AsyncIterator[tuple[Offer, Happening]]:
    """All offers, whoever sees them, each with what happened to it last."""
    async for row in reader.stream(_STANDING):
        last = Happening(What(row["what"]), row["at"], row["action"], row["by"], row["acting_for"])
        yield offer(row), last
