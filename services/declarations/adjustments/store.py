"""Adjustments as they are proposed and decided; their entries are the ledger's."""

from collections.abc import Sequence
from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided, by whom, for whom and when."""

    status: str
    person: UUID
    organisation: str
    at: datetime


async def decide(
    tx: Tx,
    decision: Decision,
    adjustments: Sequence[UUID],
    *,
    entries: Sequence[UUID | None] | None = None,
    reason: str | None = None,
) -> None:
    """`entries`: what approved ones became, in the same order."""
    became = [None] * len(adjustments) if entries is None else entries
    by = (decision.status, decision.person, decision.organisation, decision.at)
    await tx.execute(_DECIDE, *by, reason, adjustments, became)


_DECIDE = """
update adjustment a set status = $1, decided_by = $2, decided_for = $3, decided_at = $4,
    refusal_reason = $5, entry_id = n.entry
from unnest($6::uuid[], $7::uuid[]) as n (id, entry)
where a.id = n.id
"""


# Pounds are what an adjustment is: whoever may not see them sees none.
_VISIBLE = f"""
select a.*, p.declaration_id from adjustment a
join payment p on p.id = a.payment_id
join {SCOPE} s
    on s.provider = p.provider and p.period_end between s.valid_from and s.valid_to and s.pounds
where $2::text[] is not null and ('*' = any($3::text[]) or p.payment_type = any($3))
"""  # noqa: S608 - nothing but our own words


async def by_ids(reader: Reader, sight: Sight, ids: list[UUID]) -> list[Record]:
    return await reader.fetch(f"{_VISIBLE} and a.id = any($5)", *sight.arguments, ids)


@dataclass(frozen=True, slots=True)
class AdjustmentFilter:
    payment: UUID | None = None
    rerating: UUID | None = None
    status: str | None = None

    @property
    def arguments(self) -> tuple[object, ...]:
        """Parameters $5 to $7."""
        return self.payment, self.rerating, self.status


async def page(
    reader: Reader,
    sight: Sight,
    wanted: AdjustmentFilter,
    *,
    after: tuple[UUID | None],
    limit: int,
) -> list[Record]:
    """Newest first."""
    sql = f"{_VISIBLE} {_WANTED} and ($8::uuid is null or a.id < $8) order by a.id desc limit $9"
    return await reader.fetch(sql, *sight.arguments, *wanted.arguments, *after, limit)


async def count(reader: Reader, sight: Sight, wanted: AdjustmentFilter) -> int:
    sql = f"select count(*) from ({_VISIBLE} {_WANTED}) found"  # noqa: S608 (our own words)
    return int(await reader.fetchval(sql, *sight.arguments, *wanted.arguments))


_WANTED = """
and ($5::uuid is null or a.payment_id = $5) and ($6::uuid is null or a.rerating = $6)
and ($7::text is null or a.status = $7)
"""
