"""Declarations and their histories: every statement that writes them, and the rows to act on."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader, Tx
from chassis.ids import new_id
from nhs.directory import Acting
from services.declarations.approval.domain import (
    FINAL,
    Action,
    Declaration,
    Happening,
    Missing,
    Status,
    Switches,
)
from services.declarations.approval.history import Entry, Written

_COLUMNS = """
d.id, d.version, d.offer_id, d.quality_service, d.service_code, d.payment_type, d.provider,
d.commissioner, d.period_start, d.period_end, d.achievement_date, d.status, d.held, d.hold_reason,
d.held_by, d.return_reason, d.calculation_version, d.points, d.pounds, d.provisional, d.blockers,
d.declared_by, d.approved_by, d.finance_approved_by, d.history_length, d.history_hash, d.indicator
"""


def declaration_of(row: Record) -> Declaration:
    values = {name: row[name] for name in Declaration.__dataclass_fields__}
    blockers = tuple(Missing(**blocker) for blocker in values.pop("blockers"))
    people = {name: tuple(values[name]) for name in ("declared_by", "approved_by")}
    return Declaration(**values | people | {"status": Status(row["status"]), "blockers": blockers})


_ANYTHING = "select exists (select from offer where look_on <= $1)"
_TO_LOOK_AT = """
select id from offer where look_on <= $1 order by look_on limit $2 for update skip locked
"""
_LOOKED_AT = """
update offer o set look_on = coalesce(
    (select min(p.achievement_date) from service_period p
        where p.quality_service = o.quality_service and p.achievement_date > $2),
    'infinity')
where o.id = any($1)
"""


async def anything_to_look_at(reader: Reader, today: date) -> bool:
    """Whether an offer may have to open declarations."""
    return bool(await reader.fetchval(_ANYTHING, today))


async def to_look_at(tx: Tx, today: date, most: int) -> list[UUID]:
    """Offers that may have to open declarations, locked: nobody hears of them meanwhile."""
    return [row["id"] for row in await tx.fetch(_TO_LOOK_AT, today, most)]


async def looked_at(tx: Tx, offers: Sequence[UUID], today: date) -> None:
    """They are looked at again on their next achievement date, or when they are heard anew."""
    await tx.execute(_LOOKED_AT, offers, today)


# One for each participation and payment period whose achievement date has come: of the whole
# service, or of each indicator. What was opened as a whole is not opened apart as well.
_TO_OPEN = """
select o.id as offer_id, o.quality_service, o.service_code, o.payment_type, o.provider,
    o.commissioner, p.starts_on as period_start, p.ends_on as period_end, p.achievement_date,
    apart.indicator
from service_period p
join quality_service q on q.id = p.quality_service
join offer o
    on o.quality_service = p.quality_service
    and o.starts_on <= p.achievement_date and o.participates_until >= p.achievement_date
cross join jsonb_array_elements_text(q.declared_apart) as apart (indicator)
where o.id = any($1) and p.achievement_date <= $2 and o.payment_type is not null
and not exists (
    select from declaration d
    where d.offer_id = any($1) and d.offer_id = o.id and d.period_start = p.starts_on
    and (d.indicator = apart.indicator or d.indicator is null or apart.indicator is null))
order by o.id, p.starts_on, apart.indicator
"""


async def to_open(reader: Reader, offers: Sequence[UUID], today: date) -> list[Declaration]:
    rows = await reader.fetch(_TO_OPEN, offers, today)
    return [Declaration(new_id(), 0, **dict(row), status=Status.INCOMPLETE) for row in rows]


_OPEN = """
insert into declaration (id, version, offer_id, quality_service, service_code, payment_type,
    provider, commissioner, period_start, period_end, achievement_date, indicator, status,
    history_length, history_hash, opened_at, changed_at, step_since)
select id, version, offer_id, quality_service, service_code, payment_type, provider, commissioner,
    period_start, period_end, achievement_date, indicator, status, history_length, history_hash,
    $2, $2, $2
from jsonb_to_recordset($1) as new (
    id uuid, version integer, offer_id uuid, quality_service text, service_code text,
    payment_type text, provider text, commissioner text, period_start date, period_end date,
    achievement_date date, indicator text, status text, history_length integer, history_hash text
)
"""


async def insert(tx: Tx, written: Sequence[Written], now: datetime) -> None:
    """Keep new declarations with the first entry of their history."""
    await tx.execute(_OPEN, [one.declaration for one in written], now)
    await keep_entries(tx, [one.entry for one in written])


_FOLLOW = """
with moved as (
    select d.id, o.quality_service from declaration d join offer o on o.id = d.offer_id
    where d.id = any($1) and d.quality_service <> o.quality_service
    and d.status not in ('FINANCE_APPROVED', 'CLOSED')
    order by d.id for update of d
)
update declaration d set quality_service = moved.quality_service from moved where d.id = moved.id
"""


async def follow_offers(tx: Tx, ids: Sequence[UUID]) -> None:
    """Whose offer has moved to a corrected version is paid by that one, until finance approves."""
    await tx.execute(_FOLLOW, ids)


_ROWS = f"""
select {_COLUMNS}, coalesce(q.no_declaration_required, false) as no_declaration_required,
    coalesce(q.no_approval_required, false) as no_approval_required,
    coalesce(o.participates_until >= d.achievement_date, o.id is null) as participating,
    exists (select from quality_service f where f.recovers = d.service_code) as advance
from declaration d
left join quality_service q on q.id = d.quality_service
left join offer o on o.id = d.offer_id
"""  # noqa: S608 - nothing but our own words
_LOCK = f"{_ROWS} where d.id = any($1)"
_IN_ORDER = "order by d.id for update of d"
_BY_PROVIDER = "and d.provider in (select i.organisation from directory.inherited($2, $3) i)"
_BY_COMMISSIONER = """
and exists (
    select from directory.self_and_below($2, $3) b
    where b.organisation = d.commissioner
    and d.achievement_date between b.valid_from and b.valid_to)
"""


async def lock(tx: Tx, ids: Sequence[UUID]) -> list[Record]:
    """The declarations in id order, locked, for the service itself to act on."""
    return await tx.fetch(f"{_LOCK} {_IN_ORDER}", ids)


async def lock_for_provider(tx: Tx, ids: Sequence[UUID], acting: Acting) -> list[Record]:
    """Those that are the organisation's own."""
    return await tx.fetch(f"{_LOCK} {_BY_PROVIDER} {_IN_ORDER}", ids, *acting)


async def lock_for_commissioner(tx: Tx, ids: Sequence[UUID], acting: Acting) -> list[Record]:
    """Those the organisation commissioned, itself or through those below it."""
    return await tx.fetch(f"{_LOCK} {_BY_COMMISSIONER} {_IN_ORDER}", ids, *acting)


_JOINED = "select commissioner from directory.duties_joined('DECLARATIONS', $1)"


async def duties_joined(reader: Reader, today: date) -> set[str]:
    """The commissioners that do without the separation of duties on the day (DOMAIN.md 10.6)."""
    return {row["commissioner"] for row in await reader.fetch(_JOINED, today)}


async def recovered(tx: Tx, locked: Sequence[Record]) -> set[UUID]:
    """Those locked advances whose final payment is authorised: asked once they are locked."""
    advances = [row["id"] for row in locked if row["advance"]]
    rows = await tx.fetch(_RECOVERED, advances) if advances else []
    return {row["id"] for row in rows}


_RECOVERED = """
select distinct d.id
from declaration d
join quality_service f on f.recovers = d.service_code
join payment p on p.service_code = f.code and p.provider = d.provider
where d.id = any($1)
"""


async def recovering(reader: Reader, declarations: Sequence[UUID]) -> list[Record]:
    """Those that recover an advance: of which line; what was deducted, once paid or closed."""
    return await reader.fetch(_RECOVERING, declarations)


_RECOVERING = """
select d.id, d.provider, q.recovers,
    case when p.id is not null or d.status = 'CLOSED'
        then coalesce(e.advanced, 0)::numeric(14, 2) end as deducted
from declaration d
join quality_service q on q.id = d.quality_service and q.recovers is not null
left join payment p on p.declaration_id = d.id
left join ledger_entry e on e.payment_id = p.id and e.kind = 'AUTHORISED'
where d.id = any($1)
"""


async def lines_of(reader: Reader, services: Sequence[str]) -> list[Record]:
    """Of published versions: the line each recovers, and whether another line stands on it."""
    return await reader.fetch(_LINES_OF, services)


_LINES_OF = """
select q.id, q.recovers, exists (
    select from quality_service s
    where q.code in (s.previous_service, s.payment_of) or (s.counts_year and s.code = q.code)
) as stood_on
from quality_service q where q.id = any($1)
"""


async def lock_lines(tx: Tx, lines: Sequence[tuple[str, str]]) -> list[UUID]:
    """Let nobody change the declarations of these lines and providers; answers the open ones."""
    codes, providers = zip(*lines, strict=True)
    rows = await tx.fetch(_LOCK_LINES, list(codes), list(providers))
    return [row["id"] for row in rows if row["status"] not in FINAL]


_LOCK_LINES = """
select d.id, d.status from declaration d
where (d.service_code, d.provider) in (select * from unnest($1::text[], $2::text[]))
order by d.id for update
"""


def switches_of(row: Record) -> Switches:
    return Switches(row["no_declaration_required"], row["no_approval_required"])


async def lock_closed(tx: Tx, offers: Sequence[UUID]) -> list[Record]:
    """What was closed of participations that cover its achievement date, after all; locked."""
    rows = await tx.fetch(f"{_LOCK_CLOSED} {_IN_ORDER}", offers)
    over = await recovered(tx, rows)
    return [row for row in rows if row["id"] not in over]


_LOCK_CLOSED = f"""{_ROWS}
where d.status = 'CLOSED' and d.offer_id = any($1) and o.participates_until >= d.achievement_date
"""


_SAVE = """
update declaration d set
    version = n.version, status = n.status, held = n.held, hold_reason = n.hold_reason,
    held_by = n.held_by, return_reason = n.return_reason,
    calculation_version = n.calculation_version, points = n.points, pounds = n.pounds,
    provisional = n.provisional, blockers = n.blockers,
    declared_by = n.declared_by, approved_by = n.approved_by,
    finance_approved_by = n.finance_approved_by, history_length = n.history_length,
    history_hash = n.history_hash, changed_at = $2,
    step_since = case when d.status = n.status then d.step_since else $2 end
from json_to_recordset($1::json) as n (
    id uuid, version integer, status text, held boolean, hold_reason text, held_by uuid,
    return_reason text, calculation_version integer,
    points numeric, pounds numeric, provisional boolean, blockers jsonb,
    declared_by uuid[], approved_by uuid[], finance_approved_by uuid, history_length integer,
    history_hash text
)
where d.id = n.id
"""


async def save(tx: Tx, declarations: Sequence[Declaration], now: datetime) -> None:
    """Write locked declarations as they now are."""
    if declarations:
        await tx.execute(_SAVE, declarations, now)


async def keep_entries(tx: Tx, entries: Sequence[Entry]) -> None:
    if entries:
        await tx.execute(_ENTRIES, entries)


_ENTRIES = """
insert into declaration_history (declaration_id, position, action, status, calculation_version,
    points, pounds, at, by, acting_for, notes, previous, hash)
select declaration_id, position, action, status, calculation_version, points, pounds, at, by,
    acting_for, notes, previous, hash
from json_to_recordset($1::json) as entry (
    declaration_id uuid, position integer, action text, status text, calculation_version integer,
    points numeric, pounds numeric, at timestamptz, by uuid, acting_for text, notes text,
    previous text, hash text
)
"""


async def standing(tx: Tx) -> AsyncIterator[Written]:
    """Every declaration with what happened to it last; none changes until it is told again."""
    async for row in tx.stream(_STANDING):
        declaration = declaration_of(row)
        entry = Entry(
            declaration.id,
            declaration.history_length,
            row["action"],
            declaration.status,
            declaration.calculation_version,
            None,
            None,
            row["at"],
            row["by"],
            row["acting_for"],
            None,
            row["previous"],
            declaration.history_hash,
        )
        yield Written(Happening(Action(row["action"]), declaration, row["by"]), declaration, entry)


_STANDING = f"""
select {_COLUMNS}, h.action, h.at, h.by, h.acting_for, h.previous
from declaration d
join declaration_history h on h.declaration_id = d.id and h.position = d.history_length
order by d.id for share of d
"""  # noqa: S608 - nothing but our own words
