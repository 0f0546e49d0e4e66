"""People join: every one of them added by the Advanced User Administrator."""

from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from cqrs.england.people import Person as Invented
from cqrs.play.asking import PlayError, a_key, chunks
from cqrs.play.gateway import Person, document
from cqrs.supervisor.first_people import choices

_AT_ONCE = 600
_NOT_THERE_YET = "NOT_YOUR_ORGANISATION"
_TO_CHOOSE_FROM = 1_000
"""A picker of people is no telephone book."""


async def add(
    administrator: Person, everybody: Sequence[Invented], show: Callable[[str], None]
) -> Sequence[Invented]:
    """Add all who can be; answers those whose organisation is not there yet."""
    later: list[Invented] = []
    for number, some in enumerate(chunks(everybody, _AT_ONCE)):
        show(f"{number * _AT_ONCE:,} of {len(everybody):,}")
        people = [invented.as_input() for invented in some]
        asked = await administrator.ask(document("add_people"), people=people, key=a_key())
        refused = {one["id"]: one for one in asked["addPeople"]["refused"]}
        if any(one["code"] != _NOT_THERE_YET for one in refused.values()):
            raise PlayError(f"addPeople refused {list(refused.values())[:3]}")
        later += [invented for invented in some if invented.subject in refused]
    return later


def list_for_sign_in(path: Path, everybody: Sequence[Invented]) -> None:
    """Tell the issuer whom the GraphQL page may offer; the first of them come first."""
    listed = [
        {"subject": each.subject, "name": each.name, "organisation": each.links[0].organisation}
        for each in everybody[:_TO_CHOOSE_FROM]
    ]
    unnamed = path.with_suffix(".new")
    unnamed.write_bytes(orjson.dumps(choices() + listed))
    unnamed.rename(path)
