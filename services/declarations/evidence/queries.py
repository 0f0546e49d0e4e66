"""Evidence as whoever sees its claim may look at it and fetch it."""

from typing import Final
from uuid import UUID

from asyncpg import Record

from chassis.db import Reader
from chassis.handout import Found, Handout
from nhs.directory import Principal
from services.declarations.claims import lists
from services.declarations.evidence import store
from services.declarations.sight import Sight, not_found


async def of_claim(reader: Reader, principal: Principal, claim: UUID) -> list[Record]:
    """All that was ever part of a version of a claim that the caller sees, oldest first."""
    if not await lists.by_ids(reader, Sight.of_claims(principal), [claim]):
        raise not_found("claim", claim)
    return await store.of_claim(reader, claim)


async def one(reader: Reader, principal: Principal, evidence: UUID) -> Record:
    """A file of a claim that the caller sees."""
    sight, row = Sight.of_claims(principal), await store.find(reader, evidence)
    if row is None or not await lists.by_ids(reader, sight, [row["claim_id"]]):
        raise not_found("evidence", evidence)
    return row


async def _found(reader: Reader, principal: Principal, evidence: UUID) -> Found:
    row = await one(reader, principal, evidence)
    return Found(row["object_key"], row["file_name"], row["media_type"])


HANDOUT: Final = Handout("evidence", UUID, _found)
