"""Editing the details of a practice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from chassis.db import Database, Tx
from chassis.errors import DomainError
from chassis.idempotency import IdempotencyKey, once
from nhs.directory import Principal
from nhs.roles import Role
from services.organisations.network.details import store
from services.organisations.network.details.store import Writer

LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Edit:
    """What somebody gives for a practice, having seen a version of its details (0: none)."""

    practice: str
    version: int
    given: Mapping[str, Any]
    reason: str | None = None


async def edit(
    db: Database, principal: Principal, now: datetime, edit_: Edit, key: IdempotencyKey | None
) -> str:
    """Edit at once what is known of a member of the PCN acted for; what was known is kept."""
    principal.require(Role.PCN_MANAGEMENT)
    writer = Writer(now, principal.person_id, principal.organisation, _said(edit_.reason))

    async def work(tx: Tx) -> str:
        row = await store.latest_of_member(tx, principal.acting, edit_.practice)
        if row is None:
            message = f"{edit_.practice} is no member of the PCN you act for today."
            raise DomainError("NOT_A_MEMBER", message, field="practice")
        if (row["version"] or 0) != edit_.version:
            message = "The details have changed since you saw them."
            raise DomainError("STALE_VERSION", message, field="version")
        edited = store.details(row).edited(edit_.given)
        await store.write(tx, edit_.practice, edit_.version + 1, edited, writer)
        return edit_.practice

    async with db.transaction() as tx:
        return await once(tx, key, str, lambda: work(tx), now=now)


def _said(reason: str | None) -> str | None:
    words = " ".join((reason or "").split())
    if len(words) > LONGEST_REASON or not words.isprintable():
        message = f"A reason has at most {LONGEST_REASON} characters, all of them printable."
        raise DomainError("REASON_NOT_VALID", message, field="reason")
    return words or None
