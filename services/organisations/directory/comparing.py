"""What one version of an organisation changed of the one before."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Item = Mapping[str, Any]

PLAIN: Final = ("name", "status", "opened_on", "closed_on", "address", "postcode")
FIRST_KNOWN: Final = "FIRST_KNOWN"
PAYEE: Final = "PAYEE"


@dataclass(frozen=True, slots=True)
class Difference:
    what: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Part:
    """A list that a version holds: how its items are called, told apart and written."""

    what: str
    key: tuple[str, ...]
    written: Callable[[Item], str]


def _days(item: Item) -> str:
    if item["valid_to"]:
        return f"{item['valid_from']} to {item['valid_to']}"
    return f"since {item['valid_from']}"


def _why(item: Item) -> str:
    """A proposal's reason; the files of ODS give none."""
    return f" ({item['reason']})" if item.get("reason") else ""


# What administrators decide between themselves has histories of its own.
PARTS: Final[Mapping[str, Part]] = {
    "list_sizes": Part("LIST_SIZE", ("on",), lambda one: f"{one['patients']} on {one['on']}"),
    "payees": Part(PAYEE, ("valid_from",), lambda one: f"{one['payee']}, {_days(one)}"),
    "relationships": Part(
        "RELATIONSHIP",
        ("kind", "target", "valid_from"),
        lambda one: f"{one['kind']} {one['target']}, {_days(one)}",
    ),
    "clinical_directors": Part(
        "CLINICAL_DIRECTOR",
        ("valid_from",),
        lambda one: f"{one['title'] or 'a person known here'}, {_days(one)}",
    ),
    "network_agreements": Part(
        "NETWORK_AGREEMENT",
        ("valid_from",),
        lambda one: f"{one['reference']}, signed {one['signed_on']}, {_days(one)}",
    ),
}


def differences(before: Item | None, after: Item, *, reasons: bool) -> list[Difference]:
    """Of two versions that follow each other; of the first, that it is the first."""
    if before is None:
        return [Difference(FIRST_KNOWN, None, after["name"])]
    plain = [
        Difference(name.upper(), _text(before[name]), _text(after[name]))
        for name in PLAIN
        if before[name] != after[name]
    ]
    for name, part in PARTS.items():
        if name in before["parts"]:
            plain += _of_part(part, before["parts"][name], after["parts"][name], reasons=reasons)
    return plain


def _of_part(
    part: Part, before: Sequence[Item], after: Sequence[Item], *, reasons: bool
) -> list[Difference]:
    """An item that ended or was put right stands beside what it was."""

    def written(items: Sequence[Item]) -> dict[tuple[Any, ...], str]:
        return {
            _key(part, one): part.written(one) + (_why(one) if reasons else "") for one in items
        }

    gone, come = written(before), written(after)
    return [
        Difference(part.what, gone.get(key), come.get(key))
        for key in sorted({*gone, *come}, key=repr)
        if gone.get(key) != come.get(key)
    ]


def _key(part: Part, item: Item) -> tuple[Any, ...]:
    return tuple(item[name] for name in part.key)


def _text(value: Any) -> str | None:
    return ", ".join(value) if isinstance(value, list) else None if value is None else str(value)
