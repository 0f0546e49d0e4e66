"""Loads figures of single providers; whatever stands on them is calculated again."""

from datetime import datetime
from uuid import UUID

from chassis.db import Tx
from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.roles import Role
from services.declarations import due
from services.declarations.figures import store
from services.declarations.figures.domain import FigureSet, check


async def load(tx: Tx, principal: Principal, figures: FigureSet, *, now: datetime) -> UUID:
    """Keep a set. It need not name every provider: it adds to those before it, or corrects them."""
    principal.require(Role.DATA_LOAD)
    values = check(figures)
    providers = sorted({one.provider for one in figures.given})
    if unknown := await store.unknown_organisations(tx, providers):
        message = f"No organisation {', '.join(unknown[:20])} has been heard of."
        raise DomainError("PROVIDER_UNKNOWN", message, field="values", providers=unknown[:20])
    identity = new_id()
    await store.keep(tx, identity, figures, values, person=principal.person_id, now=now)
    await due.mark_organisations(tx, providers, f"{figures.name} was loaded")
    return identity
