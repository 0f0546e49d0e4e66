"""Claims and their histories: every statement that writes them, and the rows to act on."""

from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from nhs.directory import Acting
from services.declarations.claims.domain import Claim, ClaimedService, Line, Status, Step
from services.declarations.claims.history import Entry

Lines = Mapping[tuple[UUID, int], Sequence[Line]]
"""By claim and version of its content."""

COLUMNS = """
c.*, (
    select jsonb_agg(jsonb_build_object(
        'service_code', s.service_code, 'quality_service', s.quality_service,
        'payment_type', s.payment_type, 'offer_id', s.offer_id, 'amount', s.amount::text
    ) order by s.service_code)
    from claim_service s where s.claim_id = c.id
) as services
"""
_PEOPLE = ("submitted_by", "provider_approved_by", "tier_1_by", "tier_2_by", "finance_by")


def claim_of(row: Record) -> Claim:
    values = {name: row[name] for name in Claim.__dataclass_fields__}
    people = {name: tuple(values[name]) for name in _PEOPLE}
    services = tuple(_service(one) for one in row["services"])
    path = tuple(Step(step) for step in row["path"])
    changed = {"status": Status(row["status"]), "services": services, "path": path}
    return Claim(**values | people | changed)


def _service(given: Mapping[str, Any]) -> ClaimedService:
    read = {"offer_id": UUID(given["offer_id"]), "amount": Decimal(given["amount"])}
    return ClaimedService(**{**given, **read})


def row_of(one: Any) -> dict[str, Any]:
    """Its fields by name. `asdict` would copy all they hold, at the cost of writing it twice."""
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


async def insert(tx: Tx, claims: Sequence[Claim], by: UUID, now: datetime) -> None:
    """Keep new claims with their services; their entries are kept apart."""
    rows = [row_of(one) | {"payment_types": one.payment_types} for one in claims]
    await tx.execute(_INSERT, rows, by, now)
    await _insert_services(tx, claims)


_INSERT = """
insert into claim (id, version, content_version, provider, commissioner, payment_types,
    financial_year, period_start, period_end, status, amount, notes, history_length, history_hash,
    created_at, created_by, waits_since, changed_at)
select id, version, content_version, provider, commissioner, payment_types, financial_year,
    period_start, period_end, status, amount, notes, history_length, history_hash, $3, $2, $3, $3
from jsonb_to_recordset($1) as new (
    id uuid, version integer, content_version integer, provider text, commissioner text,
    payment_types text[], financial_year text, period_start date, period_end date, status text,
    amount numeric, notes text, history_length integer, history_hash text
)
"""

_LOCK = f"select {COLUMNS} from claim c where c.id = any($1)"  # noqa: S608 (our own words)
_IN_ORDER = "order by c.id for update of c"
_OWN = "c.provider in (select i.organisation from directory.inherited($2, $3) i)"
_COMMISSIONED = """
exists (
    select from directory.self_and_below($2, $3) b
    where b.organisation = c.commissioner and c.period_end between b.valid_from and b.valid_to)
"""


async def lock(tx: Tx, ids: Sequence[UUID]) -> list[Record]:
    """The claims in id order, locked, for the service itself to act on."""
    return await tx.fetch(f"{_LOCK} {_IN_ORDER}", ids)


async def lock_for_provider(tx: Tx, ids: Sequence[UUID], acting: Acting) -> list[Record]:
    """Those that are the organisation's own."""
    return await tx.fetch(f"{_LOCK} and {_OWN} {_IN_ORDER}", ids, *acting)


async def lock_to_decide(tx: Tx, ids: Sequence[UUID], acting: Acting) -> list[Record]:
    """Those that are the organisation's own, or that it commissioned, itself or through others."""
    return await tx.fetch(f"{_LOCK} and ({_OWN} or {_COMMISSIONED}) {_IN_ORDER}", ids, *acting)


async def save(tx: Tx, claims: Sequence[Claim], now: datetime) -> None:
    """Write locked claims as they now are; their services apart."""
    if claims:
        await tx.execute(_SAVE, [row_of(one) for one in claims], now)


_SAVE = """
update claim c set
    version = n.version, content_version = n.content_version, status = n.status,
    amount = n.amount, notes = n.notes, band = n.band, path = n.path, provisional = n.provisional,
    bulk = n.bulk, rejection_code = n.rejection_code, rejection_reason = n.rejection_reason,
    submitted_by = n.submitted_by, provider_approved_by = n.provider_approved_by,
    tier_1_by = n.tier_1_by, tier_2_by = n.tier_2_by, finance_by = n.finance_by,
    history_length = n.history_length, history_hash = n.history_hash, changed_at = $2,
    submitted_at = case when c.status = 'DRAFT' and n.status like 'AWAITING%'
        then $2 else c.submitted_at end,
    waits_since = case when c.status <> n.status then $2 else c.waits_since end
from jsonb_to_recordset($1) as n (
    id uuid, version integer, content_version integer, status text, amount numeric, notes text,
    band text, path text[], provisional boolean, bulk boolean, rejection_code text,
    rejection_reason text, submitted_by uuid[], provider_approved_by uuid[], tier_1_by uuid[],
    tier_2_by uuid[], finance_by uuid[], history_length integer, history_hash text
)
where c.id = n.id
"""


async def keep_services(tx: Tx, claims: Sequence[Claim]) -> None:
    """Write the services of drafts anew: which versions, and how much of each."""
    ids = [one.id for one in claims]
    await tx.execute("delete from claim_service where claim_id = any($1)", ids)
    await _insert_services(tx, claims)


async def _insert_services(tx: Tx, claims: Sequence[Claim]) -> None:
    rows = [row_of(of) | {"claim_id": one.id} for one in claims for of in one.services]
    await tx.execute(_SERVICES, rows)


_SERVICES = """
insert into claim_service (claim_id, service_code, quality_service, payment_type, offer_id, amount)
select claim_id, service_code, quality_service, payment_type, offer_id, amount
from jsonb_to_recordset($1) as new (
    claim_id uuid, service_code text, quality_service text, payment_type text, offer_id uuid,
    amount numeric
)
"""


async def keep_lines(tx: Tx, lines: Lines) -> None:
    """Write the lines of drafts anew."""
    keys = [*zip(*lines, strict=True)] or [(), ()]
    await tx.execute(_FORGET_LINES, *keys)
    rows = [
        row_of(line) | {"claim_id": claim, "content_version": version}
        for (claim, version), of_one in lines.items()
        for line in of_one
    ]
    await tx.execute(_LINES, rows)


_FORGET_LINES = """
delete from claim_line where (claim_id, content_version) in (
    select * from unnest($1::uuid[], $2::integer[]))
"""
_LINES = """
insert into claim_line (claim_id, content_version, position, service_code, component, quantity,
    sent, units, tariff, amount)
select claim_id, content_version, position, service_code, component, quantity, sent, units, tariff,
    amount
from jsonb_to_recordset($1) as new (
    claim_id uuid, content_version integer, position integer, service_code text, component text,
    quantity text, sent numeric, units integer, tariff numeric, amount numeric
)
"""


async def lines_of(reader: Reader, keys: Sequence[tuple[UUID, int]]) -> dict[UUID, list[Line]]:
    """The lines of each claim in that version of its content."""
    claims, versions = zip(*keys, strict=True) if keys else ((), ())
    found: dict[UUID, list[Line]] = {claim: [] for claim in claims}
    for row in await reader.fetch(_LINES_OF, list(claims), list(versions)):
        values = {name: row[name] for name in Line.__dataclass_fields__}
        found[row["claim_id"]].append(Line(**values))
    return found


_LINES_OF = """
select l.* from unnest($1::uuid[], $2::integer[]) as asked (claim_id, content_version)
join claim_line l using (claim_id, content_version) order by l.claim_id, l.position
"""


async def keep_contents(tx: Tx, rows: Sequence[Mapping[str, Any]]) -> None:
    """What was submitted, whole, with the digest that the history seals."""
    await tx.execute(_CONTENTS, rows)


_CONTENTS = """
insert into claim_content (claim_id, content_version, content, digest, submitted_at, submitted_by,
    submitted_for)
select claim_id, content_version, content, digest, submitted_at, submitted_by, submitted_for
from jsonb_to_recordset($1) as new (
    claim_id uuid, content_version integer, content jsonb, digest text, submitted_at timestamptz,
    submitted_by uuid, submitted_for text
)
"""


async def keep_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    if entries:
        await tx.execute(_ENTRIES, [row_of(one) for one in entries])


_ENTRIES = """
insert into claim_history (claim_id, position, action, status, content_version, content, amount, at,
    by, acting_for, code, notes, previous, hash)
select claim_id, position, action, status, content_version, content, amount, at, by, acting_for,
    code, notes, previous, hash
from jsonb_to_recordset($1) as entry (
    claim_id uuid, position integer, action text, status text, content_version integer,
    content text, amount numeric, at timestamptz, by uuid, acting_for text, code text, notes text,
    previous text, hash text
)
"""


async def duties_joined(reader: Reader, today: date) -> set[str]:
    """The commissioners that do without the separation of duties on the day (DOMAIN.md 10.6)."""
    rows = await reader.fetch(
        "select commissioner from directory.duties_joined('CLAIMS', $1)", today
    )
    return {row["commissioner"] for row in rows}


async def acts_for(reader: Reader, acting: Acting, provider: str) -> bool:
    """Whether the provider is the organisation itself, or one it took over."""
    sql = "select exists (select from directory.inherited($1, $2) i where i.organisation = $3)"
    return bool(await reader.fetchval(sql, *acting, provider))


async def standing(tx: Tx) -> AsyncIterator[Record]:
    """Every claim that was told of, with its last entry; none changes until it is told again."""
    async for row in tx.stream(_STANDING):
        yield row


_STANDING = f"""
select {COLUMNS}, h as last
from claim c join claim_history h on h.claim_id = c.id and h.position = c.history_length
where c.submitted_at is not null order by c.id for share of c
"""  # noqa: S608 (our own words)
