"""Where people are written to: personal data, which never leaves this service."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from chassis.db import Tx


@dataclass(frozen=True, slots=True)
class Contact:
    person_id: UUID
    version: int
    name: str = field(repr=False)
    email: str = field(repr=False)


_KEEP: Final = """
insert into contact as kept (person_id, version, name, email)
select * from unnest($1::uuid[], $2::bigint[], $3::text[], $4::text[]) as heard (person_id)
order by person_id
on conflict (person_id) do update set
    version = excluded.version, name = excluded.name, email = excluded.email,
    heard_at = clock_timestamp()
where kept.version < excluded.version
"""


async def keep(tx: Tx, contacts: Sequence[Contact]) -> None:
    await tx.execute(
        _KEEP,
        [one.person_id for one in contacts],
        [one.version for one in contacts],
        [one.name for one in contacts],
        [one.email for one in contacts],
    )


_ANYBODY: Final = """
select exists (
    select from email_preference where kind = 'ACCEPTANCES' and choice <> 'NEVER'
)
"""


async def anybody_asks_for_acceptances(tx: Tx) -> bool:
    return bool(await tx.fetchval(_ANYBODY))


_ACCEPTED: Final = """
insert into email_acceptance (event_id, person_id, organisation, provider, quality_service, at)
select distinct on (told.person_id) $1, told.person_id, told.organisation, $4, $5, $6
from unnest($2::uuid[], $3::text[]) as told (person_id, organisation)
join email_preference p
    on p.person_id = told.person_id and p.kind = 'ACCEPTANCES' and p.choice <> 'NEVER'
order by told.person_id, told.organisation
on conflict do nothing
"""


async def note_acceptance(
    tx: Tx,
    event_id: UUID,
    people: Sequence[tuple[UUID, str]],
    *,
    provider: str,
    quality_service: str | None,
    at: object,
) -> None:
    """Keep an acceptance for those of the people who asked for a digest of them."""
    persons = [person for person, _ in people]
    places = [organisation for _, organisation in people]
    await tx.execute(_ACCEPTED, event_id, persons, places, provider, quality_service, at)
