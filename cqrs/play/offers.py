"""Offers are made by the ICB and answered by practices; two are taken back."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cqrs.england.seeded import stream
from cqrs.play.asking import PlayError, a_key, in_bulk, many, nodes
from cqrs.play.cast import COMMISSIONING, SERVICE, Cast

FINANCIAL_YEAR = "2025/26"
"""Lists are of the clock's financial year unless they are told which."""


@dataclass(frozen=True)
class Terms:
    quality_service: str
    starts_on: str
    ends_on: str
    respond_by: str


@dataclass(frozen=True)
class Fates:
    """What becomes of each practice's offer, by ODS code."""

    accepting: tuple[str, ...]
    rejecting: tuple[str, ...]
    withdrawn: tuple[str, ...]
    cancelled: tuple[str, ...]
    """Accepted, and cancelled by the commissioner later."""

    @property
    def participating(self) -> tuple[str, ...]:
        gone = set(self.cancelled)
        return tuple(code for code in self.accepting if code not in gone)

    @classmethod
    def drawn(cls, practices: Sequence[str], seed: int, icb: str) -> "Fates":
        """One offer withdrawn, one cancelled, one in fifty rejected."""
        drawn = list(practices)
        stream(seed, "fates", icb).shuffle(drawn)
        rejecting = max(1, len(drawn) // 50)
        withdrawn, cancelled, others = drawn[:1], drawn[1:2], drawn[2:]
        return cls(
            tuple(sorted([*cancelled, *others[rejecting:]])),
            tuple(sorted(others[:rejecting])),
            tuple(withdrawn),
            tuple(cancelled),
        )


async def make(cast: Cast, icb: str, practices: Sequence[str], terms: Terms) -> int:
    """The ICB offers the service to its practices, all at once."""
    offered = {
        "qualityService": terms.quality_service,
        "providers": list(practices),
        "startsOn": terms.starts_on,
        "endsOn": terms.ends_on,
        "responseDueOn": terms.respond_by,
    }
    person, named = cast(COMMISSIONING, icb), ("create_offers", "createOffers")
    await in_bulk(person, *named, dryRun=True, key=None, input=offered)  # until all is heard of
    answer = await in_bulk(person, *named, input=offered, dryRun=False, key=a_key())
    return len(answer["done"])


async def accept(cast: Cast, practices: Sequence[str], show: Callable[[str], None]) -> int:
    accepted = 0

    async def one(practice: str) -> None:
        nonlocal accepted
        answered = await _answer(cast, practice, "accept_offers")
        accepted += answered
        show(f"{accepted:,} of {len(practices):,}")

    await many(practices, one)
    return accepted


async def reject(cast: Cast, practices: Sequence[str]) -> int:
    reason = "We do not take part this year"
    answered = await many(
        practices, lambda code: _answer(cast, code, "reject_offers", reason=reason)
    )
    return sum(answered)


async def withdraw(cast: Cast, icb: str, practices: Sequence[str]) -> int:
    return await _take_back(cast, icb, practices, "withdraw_offers", "OFFERED")


async def cancel(cast: Cast, icb: str, practices: Sequence[str]) -> int:
    return await _take_back(cast, icb, practices, "cancel_offers", "APPROVED")


async def _answer(cast: Cast, practice: str, name: str, **more: object) -> int:
    """A practice opens its list of offers and answers what is there."""
    person = cast(SERVICE, practice)
    listed = nodes(person, "offers", "offers", _in_year(status="OFFERED"))
    rows = [_row(offer) async for offer in listed]
    if not rows:
        raise PlayError(f"{practice} sees no offer to answer")
    done = await in_bulk(person, name, _root(name), choose={"rows": rows}, key=a_key(), **more)
    return len(done["done"])


async def _take_back(cast: Cast, icb: str, practices: Sequence[str], name: str, status: str) -> int:
    person, done = cast(COMMISSIONING, icb), 0
    for practice in practices:
        listed = nodes(person, "offers", "offers", _in_year(provider=practice, status=status))
        rows = [_row(offer) async for offer in listed]
        answer = await in_bulk(person, name, _root(name), choose={"rows": rows}, key=a_key())
        done += len(answer["done"])
    return done


def _in_year(**chosen: object) -> dict[str, object]:
    return {"financialYear": FINANCIAL_YEAR, **chosen}


def _row(node: Mapping[str, Any]) -> dict[str, object]:
    return {"id": node["id"], "version": node["version"]}


def _root(name: str) -> str:
    verb, noun = name.split("_")
    return verb + noun.title()
