"""Practices declare, the ICB approves in bulk, finance approves."""

from collections.abc import Callable, Mapping, Sequence

from cqrs.play.asking import PlayError, a_key, in_bulk, many, nodes, until
from cqrs.play.cast import APPROVAL, DECLARATION, FINANCE, Cast
from cqrs.play.gateway import Person, document

_PATIENCE = 300.0


async def calculated(someone: Person, expected: int, show: Callable[[str], None]) -> int:
    """Wait until every provisional payment is calculated."""

    async def waiting() -> int:
        chosen = {"status": "AWAITING_PROVIDER_APPROVAL"}
        page = await someone.ask(document("declarations"), filter=chosen, first=1)
        show(f"{page['declarations']['totalCount']:,} of {expected:,}")
        return int(page["declarations"]["totalCount"])

    failing = f"{expected} provisional payments were to be calculated"
    return await until(waiting, lambda found: found >= expected, failing, _PATIENCE)


async def declare(cast: Cast, practices: Sequence[str], show: Callable[[str], None]) -> int:
    declared = 0

    async def one(practice: str) -> None:
        nonlocal declared
        person = cast(DECLARATION, practice)
        listed = nodes(person, "declarations", "declarations", {"waitingForMe": True})
        rows = [{"id": node["id"], "version": node["version"]} async for node in listed]
        if not rows:
            raise PlayError(f"{practice} sees no declaration that waits for it")
        choose, notes = {"rows": rows}, "Seen and correct"
        answer = await in_bulk(
            person, "declare", "declareDeclarations", choose=choose, notes=notes, key=a_key()
        )
        declared += len(answer["done"])
        show(f"{declared:,} of {len(practices):,}")

    await many(practices, one)
    return declared


async def approve(cast: Cast, expected: Mapping[str, int]) -> int:
    """The ICBs' approvers choose Select All."""
    return sum([await _all_waiting(cast(APPROVAL, icb), n) for icb, n in expected.items()])


async def approve_for_finance(cast: Cast, expected: Mapping[str, int]) -> int:
    return sum([await _all_waiting(cast(FINANCE, icb), n) for icb, n in expected.items()])


async def _all_waiting(person: Person, expected: int) -> int:
    """Everything that waits for this person: shown by a dry run, then done as it was shown."""
    everything = {"filter": {"waitingForMe": True}}
    shown = await in_bulk(
        person, "approve", "approveDeclarations", choose=everything, dryRun=True, key=None
    )
    if len(shown["done"]) != expected:
        raise PlayError(f"{person.subject} saw {len(shown['done'])} of {expected} declarations")
    chosen = {"selection": shown["selection"]}
    done = await in_bulk(
        person, "approve", "approveDeclarations", choose=chosen, dryRun=False, key=a_key()
    )
    return len(done["done"])
