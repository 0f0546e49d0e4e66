"""What is kept when a service is published or an offer changes."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from chassis.db import Tx
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations import due
from services.declarations.agreements import store
from services.declarations.agreements.domain import payment_periods


async def keep_service(
    tx: Tx, identity: str, version: int, service: QualityServiceSpecification
) -> None:
    """Keep a published version, its periods and fields; recalculate what stands on it."""
    if not await store.keep_service(tx, identity, version, service):
        return
    periods = payment_periods(service.payment_period, service.starts_on, service.ends_on)
    await store.keep_periods(tx, identity, periods)
    fields = [(i.code, name, part) for i in service.indicators for part, name in i.fields.items()]
    await store.keep_fields(tx, identity, fields)
    await due.mark_service(tx, identity, "the service was published")


async def keep_offers(tx: Tx, offers: Sequence[dict[str, Any]]) -> list[UUID]:
    """Keep offers as they now are; their declarations may have to close."""
    newer = await store.keep_offers(tx, offers)
    await due.mark_offers(tx, newer, "the offer changed")
    return newer
