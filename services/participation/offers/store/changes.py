"""What is loaded to be changed, and how changes are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.participation.offers.domain.offer import Happening, Offer
from services.participation.offers.domain.standing import Standing, TakesPartUntil
from services.participation.offers.store.scope import COLUMNS, OFFER, OWN, SCOPE, offer


@dataclass(frozen=True, slots=True)
class Held:
    """An offer within sight, with what else its transitions ask for."""

    offer: Offer
    ours: bool
    """The acting organisation is the provider, or may act for the commissioner."""
    until: TakesPartUntil | None
    """By ODS, for this service."""


_AS_PROVIDER: Final = f"o.provider in {OWN}"
_AS_COMMISSIONER: Final = """
o.commissioner in (
    select organisation from directory.self_and_below($1, $2)
    where $2::date between valid_from and valid_to
)
"""
# Apart from what is read of them, which would otherwise be as it was before others were waited for.
_LOCK: Final = "select from offer where id = any ($1::uuid[]) order by id for update"
_STANDING: Final = """
q.requires_pcn_membership,
(select closed_on from directory.organisation p where p.ods_code = o.provider),
(
    select max(coalesce(m.valid_to, 'infinity')) from directory.relationship m
    where q.requires_pcn_membership and m.source = o.provider and m.kind = 'MEMBER_OF'
) as last_member_on
"""
_HELD: Final = """
select {offer}, {ours} as ours, {standing}
from {offers} join quality_service q on q.id = o.quality_service
where o.id = any ($3::uuid[]) and {seen}
order by o.id
"""
_PARTS: Final = {
    "offer": OFFER,
    "offers": SCOPE.offers,
    "seen": SCOPE.seen,
    "standing": _STANDING,
}
_HELD_BY_PROVIDER: Final = _HELD.format(**_PARTS, ours=_AS_PROVIDER)
_HELD_BY_COMMISSIONER: Final = _HELD.format(**_PARTS, ours=_AS_COMMISSIONER)


async def held(
    reader: Reader,
    acting: Acting,
    ids: Sequence[UUID],
    *,
    as_provider: bool,
    lock: bool,
) -> dict[UUID, Held]:
    """The offers within sight, by id; locked in the order of their ids if they are to change."""
    if lock:
        await reader.fetch(_LOCK, ids)
    statement = _HELD_BY_PROVIDER if as_provider else _HELD_BY_COMMISSIONER
    rows = await reader.fetch(statement, *acting, ids)
    return {row["id"]: Held(offer(row), row["ours"], _until(row)) for row in rows}


def _until(row: Record) -> TakesPartUntil | None:
    return _standing(row).may_accept_until(requires_pcn=row["requires_pcn_membership"])


def _standing(row: Record) -> Standing:
    return Standing(row["closed_on"], row["last_member_on"])


_SAVE: Final = """
update offer o
set version = n.version, quality_service = n.quality_service, status = n.status,
    cancel_kind = n.cancel_kind, response_due_on = n.response_due_on, ended_on = n.ended_on,
    reason = n.reason,
    reminded_days = case when n.response_due_on = o.response_due_on then o.reminded_days end
from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::date[], $7::date[], $8::text[]
) as n (id, version, quality_service, status, cancel_kind, response_due_on, ended_on, reason)
where o.id = n.id
"""
_CHANGES: Final = (
    "id",
    "version",
    "quality_service",
    "status",
    "cancel_kind",
    "response_due_on",
    "ended_on",
    "reason",
)


async def save(tx: Tx, offers: Sequence[Offer]) -> None:
    await tx.execute(_SAVE, *_by_column(offers, _CHANGES))


_INSERT: Final = """
insert into offer ({columns})
select {columns} from unnest(
    $1::uuid[], $2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
    $9::text[], $10::date[], $11::date[], $12::date[], $13::date[], $14::date[],
    $15::timestamptz[]
) as n ({columns})
order by provider
on conflict (service_code, provider) where status <> 'CANCELLED' do nothing
returning id
"""
_NEW: Final = tuple(c for c in COLUMNS if not c.startswith(("reason", "first_opened")))


async def insert(tx: Tx, offers: Sequence[Offer]) -> set[UUID]:
    """Insert what no other live offer stands in the way of; answers the ids inserted."""
    statement = _INSERT.format(columns=", ".join(_NEW))
    rows = await tx.fetch(statement, *_by_column(offers, _NEW))
    return {row["id"] for row in rows}


def _by_column(offers: Sequence[Offer], columns: Sequence[str]) -> list[list[object]]:
    return [[getattr(one, column) for one in offers] for column in columns]


_HISTORY: Final = """
insert into offer_history (offer, version, what, status, reason, at, by, acting_for, action)
select id, version, $5, status, reason, $6, $7, $8, $9
from unnest($1::uuid[], $2::int[], $3::text[], $4::text[]) as n (id, version, status, reason)
"""


async def remember(tx: Tx, offers: Sequence[Offer], to_them: Happening) -> None:
    await tx.execute(
        _HISTORY,
        *_by_column(offers, ("id", "version", "status", "reason")),
        to_them.what,
        to_them.at,
        to_them.by,
        to_them.acting_for,
        to_them.action,
    )


_OPEN: Final = f"""
update offer o
set first_opened_at = coalesce(o.first_opened_at, $4),
    first_opened_by = case when o.first_opened_at is null then $5 else o.first_opened_by end
where o.id = $3 and {_AS_PROVIDER}
returning {OFFER}
"""  # noqa: S608 (constants only)


async def mark_opened(
    tx: Tx, acting: Acting, identity: UUID, *, at: datetime, by: UUID
) -> Offer | None:
    """Answers None where the offer was not made to the organisation."""
    row = await tx.fetchrow(_OPEN, *acting, identity, at, by)
    return offer(row) if row else None


@dataclass(frozen=True, slots=True)
class TakingPart:
    offer: Offer
    requires_pcn: bool
    standing: Standing


# What is offered is locked too: it may be on its way to be accepted.
_TAKING_PART: Final = f"""
select {OFFER}, {_STANDING}
from offer o join quality_service q on q.id = o.quality_service
where o.provider = $1 and o.status in ('OFFERED', 'APPROVED')
order by o.id
for update of o
"""  # noqa: S608 (constants only)


async def taking_part(tx: Tx, provider: str) -> list[TakingPart]:
    """What the provider has accepted or may accept, locked; it is ODS that changes it."""
    rows = await tx.fetch(_TAKING_PART, provider)
    return [TakingPart(offer(row), row["requires_pcn_membership"], _standing(row)) for row in rows]


# The row is locked by its update before the event is recorded. The state stays as it is, and so
# does the version: nobody's view has become stale.
_DUE: Final = f"""
update offer o set reminded_days = $1
from (
    select id from offer
    where status = 'OFFERED' and response_due_on between $2 and $2 + $1::int
        and coalesce(reminded_days, $1 + 1) > $1
        and (offered_at at time zone 'Europe/London')::date < response_due_on - $1
    order by id
    for update skip locked
) due
where o.id = due.id
returning {OFFER}
"""  # noqa: S608 (constants only)


async def due_within(tx: Tx, days: int, today: date) -> list[Offer]:
    """Offers made earlier whose answer is due within so many days, once each; now marked so."""
    return [offer(row) for row in await tx.fetch(_DUE, days, today)]
