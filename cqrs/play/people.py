"""People join: every one of them added by the Advanced User Administrator."""

from collections.abc import Callable, Sequence
from pathlib import Path

import orjson

from cqrs.england.people import Person as Invented
from cqrs.play.asking import a_key, chunks, in_bulk
from cqrs.play.gateway import Person

_AT_ONCE = 200
_TO_CHOOSE_FROM = 1_000
"""A picker of people is no telephone book."""


async def add(
    administrator: Person, everybody: Sequence[Invented], show: Callable[[str], None]
) -> int:
    added = 0
    for some in chunks(everybody, _AT_ONCE):
        people = [invented.as_input() for invented in some]
        answer = await in_bulk(administrator, "add_people", "addPeople", people=people, key=a_key())
        added += len(answer["done"])
        show(f"{added:,} of {len(everybody):,}")
    return added


def list_for_sign_in(path: Path, everybody: Sequence[Invented]) -> None:
    """Tell the issuer whom the GraphQL page may offer; the first of them come first."""
    listed = [
        {"subject": each.subject, "name": each.name, "organisation": each.links[0].organisation}
        for each in everybody[:_TO_CHOOSE_FROM]
    ]
    unnamed = path.with_suffix(".new")
    unnamed.write_bytes(orjson.dumps(listed))
    unnamed.rename(path)
