"""The Message Centre: everyone DOMAIN.md 10.4 names was told, of what concerns them."""

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cqrs.play.asking import PlayError, many, nodes
from cqrs.play.cast import APPROVAL, COMMISSIONING, DECLARATION, FINANCE, SERVICE, SUPERVISOR, Cast
from cqrs.play.offers import Fates

_PATIENCE = 120.0
_PAUSE = 0.2

TASK, MESSAGE = "TASK", "MESSAGE"


@dataclass(frozen=True)
class Told:
    """Somebody who must have been told, and of what."""

    role: str
    organisation: str
    kind: str
    of: str


def everyone(icb: str, fates: Fates) -> list[Told]:
    """Whom the period's events concern (DOMAIN.md 10.4)."""
    return [*_providers(fates), *_commissioner(icb, fates)]


def reminders(practices: Sequence[str]) -> list[Told]:
    """A week before the response date, those who have not answered are reminded."""
    return [Told(SERVICE, practice, TASK, "OFFER_RESPONSE_DUE") for practice in practices]


def _providers(fates: Fates) -> Iterator[Told]:
    offered = (*fates.accepting, *fates.rejecting, *fates.withdrawn)
    for practice in offered:
        yield Told(SERVICE, practice, TASK, "OFFER_MADE")
    for practice in fates.withdrawn:
        yield Told(SERVICE, practice, MESSAGE, "OFFER_WITHDRAWN")
    for practice in fates.cancelled:
        yield Told(SERVICE, practice, MESSAGE, "OFFER_CANCELLED")
    for practice in fates.participating:
        yield Told(DECLARATION, practice, TASK, "DECLARATION_CALCULATED")
        yield Told(DECLARATION, practice, MESSAGE, "DECLARATION_FINANCE_APPROVED")


def _commissioner(icb: str, fates: Fates) -> Iterator[Told]:
    if fates.rejecting:
        yield Told(COMMISSIONING, icb, MESSAGE, "OFFER_REJECTED")
    yield Told(APPROVAL, icb, TASK, "DECLARATION_DECLARED")
    yield Told(FINANCE, icb, TASK, "DECLARATION_APPROVED")
    for kind, of in ((MESSAGE, "OFFER_REJECTED"), (TASK, "DECLARATION_DECLARED")):
        yield Told(SUPERVISOR, icb, kind, of)  # who sees all of it


async def check(cast: Cast, quality_service: str, expected: Sequence[Told]) -> int:
    """Wait until all were told; answers how many tasks and messages they have of the service."""
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}

    async def look(who: tuple[str, str]) -> None:
        found[who] = await _messages(cast, quality_service, *who)

    left, ends = list(expected), time.monotonic() + _PATIENCE
    while left:
        await many(sorted({(told.role, told.organisation) for told in left}), look)
        waiting = [told for told in left if not _was_told(found, told)]
        if len(waiting) < len(left):  # they are being told
            ends = time.monotonic() + _PATIENCE
        elif time.monotonic() > ends:
            raise PlayError(f"{len(waiting)} were not told, the first of them {waiting[0]}")
        left = waiting
        await asyncio.sleep(_PAUSE if left else 0)
    _nobody_was_told_of_acceptance(found)
    return sum(len(messages) for messages in found.values())


def _was_told(found: dict[tuple[str, str], list[tuple[str, str]]], told: Told) -> bool:
    return (told.kind, told.of) in found.get((told.role, told.organisation), [])


async def _messages(
    cast: Cast, quality_service: str, role: str, organisation: str
) -> list[tuple[str, str]]:
    listed = nodes(cast(role, organisation), "messages", "messages", {})
    return [
        (node["kind"], node["subjectCode"])
        async for node in listed
        if node["qualityService"] == {"id": quality_service}
    ]


def _nobody_was_told_of_acceptance(found: dict[tuple[str, str], list[tuple[str, str]]]) -> None:
    """A commissioner hears of an acceptance by a digest or not at all."""
    if any(of == "OFFER_ACCEPTED" for told in found.values() for _, of in told):
        raise PlayError("somebody was told of an accepted offer")
