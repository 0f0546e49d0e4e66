"""What became of the members of a network between two calculations, in words. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from services.declarations.calculation.members import PARTS, Standing

Kept = Mapping[str, Any]
"""A member as a calculation keeps it."""

Change = tuple[str, str | None, str | None]
"""What it is called, what it was, what it is."""

_NOW: Final = {
    Standing.LEFT: "left on {to}",
    Standing.ELSEWHERE: "is counted by another network",
    Standing.NOT_PARTICIPATING: "does not take part",
}


def by_practice(stood_on: Mapping[str, Any] | None) -> dict[str, Kept]:
    return {one["practice"]: one for one in (stood_on or {}).get("members", ())}


def membership(practice: str, before: Kept | None, after: Kept | None) -> tuple[Change, str] | None:
    """A membership that is not as it was, and what happened; None if it is."""
    was, now = _held(before), _held(after)
    return (
        ((f"member {practice}", was, now), _said(practice, before, after)) if was != now else None
    )


def _held(member: Kept | None) -> str | None:
    if member is None:
        return None
    until = f" to {member['to']}" if member["to"] else ""
    return f"{member['standing']}, from {member['from']}{until}"


def _said(practice: str, before: Kept | None, after: Kept | None) -> str:
    if after is None:
        return f"{practice} is no member any more"
    if before is not None and before["standing"] == after["standing"]:
        return f"{practice} has been a member {_held(after)}"
    if after["standing"] != Standing.COUNTED:
        return f"{practice} {_NOW[after['standing']].format(**after)}"
    if before is not None and before["standing"] == Standing.NOT_PARTICIPATING:
        return f"{practice} takes part"
    return f"{practice} joined on {after['from']}"


def numbers(practice: str, before: Kept, after: Kept) -> Iterator[Change]:
    """Of a member that was counted and is: its list and values that are not as they were."""
    if _list(before) != _list(after):
        yield f"list size of {practice}", _list(before), _list(after)
    was, now = before.get("values", {}), after.get("values", {})
    for code in sorted({*was, *now}):
        for part in PARTS:
            then, since = was.get(code, {}).get(part), now.get(code, {}).get(part)
            if then != since:
                yield f"{practice} {code} {part}", _text(then), _text(since)


def _list(member: Kept) -> str | None:
    return f"{member['list_size']} of {member['list_on']}" if "list_size" in member else None


def _text(number: int | None) -> str | None:
    return None if number is None else str(number)
