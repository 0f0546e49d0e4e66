"""Lists of offers: a page, all of them, or how many there are."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from nhs.directory import Acting
from services.participation.offers.domain.looking import (
    Listed,
    OfferFilter,
    Order,
    OrderBy,
    Page,
)
from services.participation.offers.domain.offer import Offer
from services.participation.offers.store.scope import (
    MATCHES,
    NEXT,
    OFFER,
    REPORT,
    SCOPE,
    View,
    after,
    arguments,
    offer,
    ordered,
    sort_key,
)

_MATCHING: Final = f"""
select o.id, o.version from {SCOPE.offers} where {MATCHES} and {SCOPE.seen} limit ${NEXT}
"""  # noqa: S608 (constants only)


async def matching(
    reader: Reader, acting: Acting, wanted: OfferFilter, most: int
) -> list[tuple[UUID, int]]:
    rows = await reader.fetch(_MATCHING, *acting, *arguments(wanted), most)
    return [(row["id"], row["version"]) for row in rows]


_FIND: Final[Mapping[View, str]] = {
    view: f"""
select {OFFER} from {view.offers}
where o.id = any ($3::uuid[])
    and ($4::text[] is null or o.payment_type is null or o.payment_type = any ($4))
    and {view.seen}
"""  # noqa: S608 (constants only)
    for view in (SCOPE, REPORT)
}


async def find(
    reader: Reader,
    acting: Acting,
    view: View,
    ids: Sequence[UUID],
    types_seen: Sequence[str] | None,
) -> dict[UUID, Offer]:
    rows = await reader.fetch(_FIND[view], *acting, ids, types_seen)
    return {row["id"]: offer(row) for row in rows}


# What is seen is found before it is put in order: with an eye on the limit alone, a planner would
# go through the offers in order, and through all of the scope for each.
def _page(view: View, order: Order) -> str:
    return f"""
with found as materialized (
    select {OFFER}, {sort_key(order)} as sort_key from {view.offers}
    where {MATCHES} and {view.seen} and {after(order)}
)
select * from found order by {ordered(order, "found")} limit ${NEXT + 4}
"""  # noqa: S608 (constants only)


_ORDERS: Final = [Order(by, way) for by in OrderBy for way in (False, True)]
_PAGES: Final[Mapping[tuple[View, Order], str]] = {
    (view, order): _page(view, order) for view in (SCOPE, REPORT) for order in _ORDERS
}
_COUNTS: Final[Mapping[View, str]] = {
    view: f"select count(*) from {view.offers} where {MATCHES} and {view.seen}"  # noqa: S608
    for view in (SCOPE, REPORT)
}


async def page(
    reader: Reader, acting: Acting, view: View, wanted: OfferFilter, page: Page
) -> list[Listed]:
    statement = _PAGES[view, page.order]
    rows = await reader.fetch(statement, *acting, *arguments(wanted), *page.after, page.limit)
    return [Listed(offer(row), row["sort_key"]) for row in rows]


async def count(reader: Reader, acting: Acting, view: View, wanted: OfferFilter) -> int:
    return int(await reader.fetchval(_COUNTS[view], *acting, *arguments(wanted)))


@dataclass(frozen=True, slots=True)
class Named:
    """An offer with the names of who makes it and to whom, as the directory has them."""

    offer: Offer
    provider_name: str | None
    commissioner_name: str | None


# Around just the statement of the list: the names are looked up row by row, which keeps its order.
_NAMED: Final = """
select page.*,
    (select name from directory.organisation where ods_code = page.provider) as provider_name,
    (select name from directory.organisation where ods_code = page.commissioner)
        as commissioner_name
from ({page}) page
"""


async def everything(
    reader: Reader, acting: Acting, view: View, wanted: OfferFilter, order: Order
) -> AsyncIterator[Named]:
    """All rows of the list, in its order."""
    statement = _NAMED.format(page=_PAGES[view, order])
    from_the_start = (None, None, None, None, None)
    async for row in reader.stream(statement, *acting, *arguments(wanted), *from_the_start):
        yield Named(offer(row), row["provider_name"], row["commissioner_name"])


_TO_OR_BY: Final = f"""
unnest(${NEXT}::text[]) as n (ods_code)
join offer o on n.ods_code in (o.provider, o.commissioner)
left join sight($1, $2) seen on seen.provider = o.provider
where {MATCHES} and {SCOPE.seen}
"""
_OF_ORGANISATIONS: Final = f"""
with found as (
    select n.ods_code as organisation, {OFFER}, o.service_code as sort_key,
        row_number() over (
            partition by n.ods_code order by o.service_code, o.provider, o.id
        ) as place
    from {_TO_OR_BY} and {after(Order(), NEXT + 1)}
)
select * from found where place <= ${NEXT + 5} order by place
"""  # noqa: S608 (constants only)
_COUNT_OF_ORGANISATIONS: Final = f"""
select n.ods_code as organisation, count(*) from {_TO_OR_BY} group by n.ods_code
"""  # noqa: S608 (constants only)


async def of_organisations(
    reader: Reader, acting: Acting, codes: Sequence[str], wanted: OfferFilter, page: Page
) -> dict[str, list[Listed]]:
    """A page of the offers made to, or by, each of the organisations."""
    found: dict[str, list[Listed]] = {code: [] for code in codes}
    given: tuple[object, ...] = (*arguments(wanted), codes, *page.after, page.limit)
    row: Record
    for row in await reader.fetch(_OF_ORGANISATIONS, *acting, *given):
        found[row["organisation"]].append(Listed(offer(row), row["sort_key"]))
    return found


async def count_of_organisations(
    reader: Reader, acting: Acting, codes: Sequence[str], wanted: OfferFilter
) -> dict[str, int]:
    rows = await reader.fetch(_COUNT_OF_ORGANISATIONS, *acting, *arguments(wanted), codes)
    return {row["organisation"]: row["count"] for row in rows}
