"""Adjustments as they are proposed and decided; their entries are the ledger's."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from services.declarations.sight import SCOPE, Sight


async def propose(
    tx: Tx,
    payment: UUID,
    *,
    adjusts: UUID,
    amount: Decimal,
    reason: str,
    person: UUID,
    organisation: str,
    now: datetime,
) -> UUID:
    identity = new_id()
    await tx.execute(
        _PROPOSE, identity, payment, adjusts, amount, reason, person, organisation, now
    )
    return identity


_PROPOSE = """
insert into adjustment (id, payment_id, adjusts, amount, reason, status, proposed_by, proposed_for,
    proposed_at)
values ($1, $2, $3, $4, $5, 'PROPOSED', $6, $7, $8)
"""


async def is_entry_of(reader: Reader, entry: UUID, payment: UUID) -> bool:
    sql = "select exists (select from ledger_entry where id = $1 and payment_id = $2)"
    return bool(await reader.fetchval(sql, entry, payment))


async def payment_of(reader: Reader, adjustment: UUID) -> UUID | None:
    payment: UUID | None = await reader.fetchval(
        "select payment_id from adjustment where id = $1", adjustment
    )
    return payment


async def lock(tx: Tx, adjustment: UUID) -> Record:
    """Its payment's declaration must be locked before."""
    row = await tx.fetchrow("select * from adjustment where id = $1 for update", adjustment)
    assert row is not None
    return row


async def decide(
    tx: Tx,
    adjustment: UUID,
    *,
    status: str,
    person: UUID,
    organisation: str,
    entry: UUID | None = None,
    reason: str | None = None,
    now: datetime,
) -> None:
    await tx.execute(_DECIDE, adjustment, status, person, organisation, now, entry, reason)


_DECIDE = """
update adjustment set status = $2, decided_by = $3, decided_for = $4, decided_at = $5,
    entry_id = $6, refusal_reason = $7
where id = $1
"""


# Pounds are what an adjustment is: whoever may not see them sees none.
_VISIBLE = f"""
select a.* from adjustment a
join payment p on p.id = a.payment_id
join {SCOPE} s
    on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to and s.pounds
where $2::text[] is not null and ('*' = any($3::text[]) or p.payment_type = any($3))
"""  # noqa: S608 - nothing but our own words


async def by_ids(reader: Reader, sight: Sight, ids: list[UUID]) -> list[Record]:
    return await reader.fetch(f"{_VISIBLE} and a.id = any($5)", *sight.arguments, ids)


async def page(
    reader: Reader,
    sight: Sight,
    payment: UUID | None,
    status: str | None,
    *,
    after: tuple[UUID | None],
    limit: int,
) -> list[Record]:
    """Newest first."""
    sql = f"{_VISIBLE} {_WANTED} and ($7::uuid is null or a.id < $7) order by a.id desc limit $8"
    return await reader.fetch(sql, *sight.arguments, payment, status, *after, limit)


async def count(reader: Reader, sight: Sight, payment: UUID | None, status: str | None) -> int:
    sql = f"select count(*) from ({_VISIBLE} {_WANTED}) found"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, payment, status))


_WANTED = """
and ($5::uuid is null or a.payment_id = $5) and ($6::text is null or a.status = $6)
"""
