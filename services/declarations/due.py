"""What must be calculated again: marked where an input changes, drained by the worker.

Marking happens in the transaction that changes the input, so a change and its mark are seen
together. Only open declarations are marked: after finance approval there are adjustments only.
What changes for a practice is marked for its networks too: for all it ever belonged to, since a
calculation that ends the same changes nothing.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from uuid import UUID

from chassis.db import Reader, Tx

# Held alone while declarations are opened or networks change, and together by all that mark: else
# one that opens (or counts another member) unseen by a load that has not ended could be calculated
# without its values, and never again.
_OPENING = "hashtext('open declarations')"


async def opening(tx: Tx) -> None:
    """Wait for whoever is marking, and let nobody mark until what is new here is there."""
    await tx.execute(f"select pg_advisory_xact_lock({_OPENING})")


async def keep_closed(tx: Tx) -> None:
    """Let no declaration be opened until the transaction ends."""
    await tx.execute(f"select pg_advisory_xact_lock_shared({_OPENING})")


async def _mark(tx: Tx, which: str, reason: str, *given: object) -> None:
    await keep_closed(tx)
    await tx.execute(_MARK.format(which), reason, *given)


_OPEN = "d.status not in ('FINANCE_APPROVED', 'CLOSED')"

_MARK = f"""
insert into due (declaration_id, reason)
select d.id, $1 from declaration d where {_OPEN} and d.id in ({{}})
"""  # noqa: S608 - nothing but our own words


async def mark_declarations(tx: Tx, declarations: Sequence[UUID], reason: str) -> None:
    await _mark(tx, "select unnest($2::uuid[])", reason, declarations)


async def mark_offers(tx: Tx, offers: Sequence[UUID], reason: str) -> None:
    """What was offered, what stands on its line or advances on it, what networks have by it."""
    if await tx.fetchval(_SIGN_UPS, offers):
        await opening(tx)
    await _mark(tx, _OF_OFFERS, reason, offers)


_SIGN_UPS = """
select exists (
    select from offer o join quality_service q on q.members_take_part_in = o.service_code
    where o.id = any($1))
"""
_OF_OFFERS = """
select n.id from declaration n where n.offer_id = any($2)
union all
select n.id
from offer o
join quality_service q on q.members_take_part_in = o.service_code
join directory.relationship m on m.source = o.provider and m.kind = 'MEMBER_OF'
join declaration n on n.provider = m.target and n.service_code = q.code
where o.id = any($2)
union all
select n.id
from offer o
join quality_service q on o.service_code in (q.previous_service, q.payment_of)
join declaration n on n.quality_service = q.id and n.provider = o.provider
where o.id = any($2)
union all
select n.id
from offer o
join quality_service q on q.code = o.service_code
join declaration n on n.service_code = q.recovers and n.provider = o.provider
where o.id = any($2)
"""


async def mark_service(tx: Tx, quality_service: str, reason: str) -> None:
    """Every open declaration of one published version, and the advances that it recovers."""
    await _mark(tx, _OF_SERVICE, reason, quality_service)


_OF_SERVICE = """
select n.id from declaration n where n.quality_service = $2
union all
select n.id from quality_service q join declaration n on n.service_code = q.recovers
where q.id = $2
"""


async def mark_providers(tx: Tx, subjects: Sequence[tuple[str, date, str]], reason: str) -> None:
    """Service code, achievement date and provider whose values changed."""
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    await tx.plan_anew()
    await _mark(tx, _OF_PROVIDERS, reason, list(codes), list(days), list(providers))


_OF_PROVIDERS = """
with subject as (
    select * from unnest($2::text[], $3::date[], $4::text[])
        as s (service_code, achievement_date, provider)
)
select n.id from declaration n join subject using (service_code, achievement_date, provider)
union all
select n.id
from subject s
join directory.relationship m on m.source = s.provider and m.kind = 'MEMBER_OF'
join declaration n
    on n.provider = m.target and n.service_code = s.service_code
    and n.achievement_date = s.achievement_date
union all
select n.id
from subject s
join quality_service q on q.code = s.service_code and q.counts_year
join declaration n
    on n.quality_service = q.id and n.provider = s.provider
    and n.achievement_date > s.achievement_date
"""


async def mark_organisations(tx: Tx, organisations: Sequence[str], reason: str) -> None:
    """Something is known of these providers that was not: a list size."""
    await _mark(tx, _OF_ORGANISATIONS, reason, organisations)


_OF_ORGANISATIONS = """
select n.id from declaration n where n.provider = any($2)
union all
select n.id
from directory.relationship m join declaration n on n.provider = m.target
where m.source = any($2) and m.kind = 'MEMBER_OF'
"""


async def mark_standing_on(tx: Tx, settled: Sequence[tuple[str, str]], reason: str) -> None:
    """What is paid by what a provider earned in another line: by line and provider."""
    lines, providers = zip(*settled, strict=True) if settled else ((), ())
    await _mark(tx, _OF_STANDING_ON, reason, list(lines), list(providers))


_OF_STANDING_ON = """
select n.id
from unnest($2::text[], $3::text[]) as s (line, provider)
join quality_service q
    on s.line in (q.previous_service, q.payment_of) or (q.counts_year and q.code = s.line)
join declaration n on n.quality_service = q.id and n.provider = s.provider
"""


Membership = tuple[str, str, date, date | None]
"""Practice, network, first and last day."""


async def memberships(reader: Reader, practices: Sequence[str]) -> set[Membership]:
    """Every membership that is known of these, past and to come."""
    rows = await reader.fetch(_MEMBERSHIPS, practices)
    return {(row["source"], row["target"], row["valid_from"], row["valid_to"]) for row in rows}


_MEMBERSHIPS = """
select source, target, valid_from, valid_to from directory.relationship
where source = any($1) and kind = 'MEMBER_OF'
"""


async def mark_memberships(tx: Tx, moved: Collection[Membership], reason: str) -> None:
    """Memberships that came, went or have other days: of the networks left and joined alike."""
    if moved:
        await opening(tx)
        networks = sorted({network for _, network, _, _ in moved})
        await _mark(tx, _OF_NETWORKS, reason, networks)


_OF_NETWORKS = "select n.id from declaration n where n.provider = any($2)"


async def take(tx: Tx, most: int) -> list[UUID]:
    """Take the oldest marks away: the declarations to calculate, in id order.

    A change that commits later leaves a mark of its own, which is not taken here.
    """
    return [row["declaration_id"] for row in await tx.fetch(_TAKE, most)]


_OLDEST = """
select declaration_id from due group by declaration_id
having bool_or(set_aside is null) order by min(mark) limit $1
"""
# By arrays, not joins: statistics say that this table is empty, as it mostly is, and a join that
# was planned for that looks at fifteen thousand marks fifteen thousand times.
_TAKE = f"""
with oldest as ({_OLDEST}), chosen as materialized (
    select mark from due where declaration_id = any(array(select declaration_id from oldest))
    for update skip locked
), taken as (
    delete from due where mark = any(array(select mark from chosen)) returning declaration_id
)
select distinct declaration_id from taken order by declaration_id
"""  # noqa: S608 - nothing but our own words


async def oldest(reader: Reader, most: int) -> list[UUID]:
    """The declarations that `take` would answer, oldest first."""
    return [row["declaration_id"] for row in await reader.fetch(_OLDEST, most)]


async def take_of(tx: Tx, declaration: UUID) -> list[int]:
    """Take the marks of one declaration away; answers which they were."""
    rows = await tx.fetch("delete from due where declaration_id = $1 returning mark", declaration)
    return [row["mark"] for row in rows]


async def set_aside(tx: Tx, marks: Sequence[int], now: datetime) -> None:
    """Leave due what they mark, and leave it alone until there are others: it failed."""
    await tx.execute("update due set set_aside = $2 where mark = any($1::bigint[])", marks, now)


async def take_up(tx: Tx) -> None:
    """Look again at what was set aside."""
    await tx.execute("update due set set_aside = null where set_aside is not null")


async def pending(reader: Reader, declarations: Sequence[UUID]) -> set[UUID]:
    """Those of the declarations that wait to be calculated again."""
    rows = await reader.fetch(_PENDING, declarations)
    return {row["declaration_id"] for row in rows}


_PENDING = "select distinct declaration_id from due where declaration_id = any($1)"


Subject = tuple[str, date, str]
"""Service code, achievement date and provider: whose values they are."""

Statuses = Mapping[str | None, frozenset[str]]
"""The states of the declarations that stand on somebody's values, by what is declared: an
indicator, or (None) all of them."""


async def hold_still(tx: Tx, subjects: Sequence[Subject]) -> dict[Subject, Statuses]:
    """The states of the declarations that stand on these values.

    Neither they, nor those of networks that are to count them, change until the transaction ends.
    """
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    await tx.plan_anew()
    await tx.execute(_HOLD_STILL, list(codes), list(days), list(providers))
    return await _statuses(tx, subjects)


_SUBJECT = (
    "unnest($1::text[], $2::date[], $3::text[]) as s (service_code, achievement_date, provider)"
)
# As the view declaration_stands_on, which is for all; this is for few, by their indexes.
# Who counts them is found first: of lines that are paid by the month a join by line and day has
# many times as many rows as there are values.
_COUNTING = """
counting as materialized (
    select d.service_code, d.achievement_date, s.provider, d.id, d.indicator, d.status
    from (select distinct unnest($3::text[]) as provider) s
    join calculation c on c.counted ? s.provider
    join declaration d on d.id = c.declaration_id and d.calculation_version = c.version
)"""
_STANDS_ON = f"""
select s.service_code, s.achievement_date, s.provider, d.id, d.indicator, d.status
from {_SUBJECT} join declaration d using (service_code, achievement_date, provider)
union all
select s.service_code, s.achievement_date, s.provider, n.id, n.indicator, n.status
from {_SUBJECT} join counting n using (service_code, achievement_date, provider)
"""  # noqa: S608 - nothing but our own words
_HOLD_STILL = f"""
with {_COUNTING}
select d.id from declaration d
where d.id in (
    select v.id from ({_STANDS_ON}) v
    union all
    select n.id from {_SUBJECT}
    join directory.relationship m on m.source = s.provider and m.kind = 'MEMBER_OF'
    join declaration n
        on n.provider = m.target and n.service_code = s.service_code
        and n.achievement_date = s.achievement_date)
order by d.id for share of d
"""  # noqa: S608 - nothing but our own words


async def statuses_of(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, Statuses]:
    """The states of the declarations that stand on these values, for who only looks."""
    await reader.plan_anew()
    return await _statuses(reader, subjects)


async def _statuses(reader: Reader, subjects: Sequence[Subject]) -> dict[Subject, Statuses]:
    codes, days, providers = zip(*subjects, strict=True) if subjects else ((), (), ())
    found: dict[Subject, dict[str | None, frozenset[str]]] = {}
    for row in await reader.fetch(_STATUSES, list(codes), list(days), list(providers)):
        subject = (row["service_code"], row["achievement_date"], row["provider"])
        found.setdefault(subject, {})[row["indicator"]] = frozenset(row["statuses"])
    return dict(found)


_STATUSES = f"""
with {_COUNTING}
select service_code, achievement_date, provider, indicator, array_agg(status) as statuses
from ({_STANDS_ON}) v
group by service_code, achievement_date, provider, indicator
"""  # noqa: S608 - nothing but our own words


def statuses_for(statuses: Statuses, indicator: str) -> frozenset[str]:
    """Of the declarations that stand on one indicator's values."""
    return statuses.get(None, frozenset()) | statuses.get(indicator, frozenset())
