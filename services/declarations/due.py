"""What must be calculated again: marked where an input changes, drained by the worker.

Marking happens in the transaction that changes the input, so a change and its mark are seen
together. Only open declarations are marked: after finance approval there are adjustments only.
"""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from chassis.db import Reader, Tx

# Held alone while declarations are opened, and together by all that mark: else one that opens
# unseen by a load that has not ended could be calculated without its values, and never again.
_OPENING = "hashtext('open declarations')"


async def opening(tx: Tx) -> None:
    """Wait for whoever is marking, and let nobody mark until the new declarations are there."""
    await tx.execute(f"select pg_advisory_xact_lock({_OPENING})")


async def _mark(tx: Tx, which: str, reason: str, *given: object) -> None:
    await tx.execute(f"select pg_advisory_xact_lock_shared({_OPENING})")
    await tx.execute(_MARK + which, reason, *given)


_OPEN = "d.status not in ('FINANCE_APPROVED', 'CLOSED')"

_MARK = f"""
insert into due (declaration_id, reason)
select d.id, $1 from declaration d where {_OPEN}
"""  # noqa: S608 - nothing but our own words


async def mark_declarations(tx: Tx, declarations: Sequence[UUID], reason: str) -> None:
    await _mark(tx, "and d.id = any($2)", reason, declarations)


async def mark_offers(tx: Tx, offers: Sequence[UUID], reason: str) -> None:
    await _mark(tx, "and d.offer_id = any($2)", reason, offers)


async def mark_service(tx: Tx, quality_service: str, reason: str) -> None:
    """Every open declaration of one published version."""
    await _mark(tx, "and d.quality_service = $2", reason, quality_service)


async def mark_providers(tx: Tx, subjects: Sequence[tuple[str, date, str]], reason: str) -> None:
    """Service code, achievement date and provider whose values changed."""
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    matching = """ and (d.service_code, d.achievement_date, d.provider) in (
        select * from unnest($2::text[], $3::date[], $4::text[]))"""
    await _mark(tx, matching, reason, list(codes), list(days), list(providers))


async def mark_organisations(tx: Tx, organisations: Sequence[str], reason: str) -> None:
    """Something is known of these providers that was not: a list size."""
    await _mark(tx, "and d.provider = any($2)", reason, organisations)


async def take(tx: Tx, most: int) -> list[UUID]:
    """Take the oldest marks away: the declarations to calculate, in id order.

    A change that commits later leaves a mark of its own, which is not taken here.
    """
    return [row["declaration_id"] for row in await tx.fetch(_TAKE, most)]


_TAKE = """
with oldest as (
    select declaration_id from due group by declaration_id order by min(mark) limit $1
), taken as (
    delete from due where mark in (
        select mark from due
        where declaration_id in (select declaration_id from oldest)
        for update skip locked
    )
    returning declaration_id
)
select distinct declaration_id from taken order by declaration_id
"""


async def pending(reader: Reader, declarations: Sequence[UUID]) -> set[UUID]:
    """Those of the declarations that wait to be calculated again."""
    rows = await reader.fetch(_PENDING, declarations)
    return {row["declaration_id"] for row in rows}


_PENDING = "select distinct declaration_id from due where declaration_id = any($1)"


async def hold_still(
    tx: Tx, subjects: Sequence[tuple[str, date, str]]
) -> dict[tuple[str, date, str], set[str]]:
    """The states of these declarations; none of them changes until the transaction ends."""
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    states: dict[tuple[str, date, str], set[str]] = {}
    for row in await tx.fetch(_HOLD_STILL, list(codes), list(days), list(providers)):
        key = (row["service_code"], row["achievement_date"], row["provider"])
        states.setdefault(key, set()).add(row["status"])
    return states


_HOLD_STILL = """
select d.service_code, d.achievement_date, d.provider, d.status from declaration d
where (d.service_code, d.achievement_date, d.provider) in (
    select * from unnest($1::text[], $2::date[], $3::text[]))
order by d.id for share of d
"""
