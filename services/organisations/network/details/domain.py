"""Details of a practice that its PCN keeps (DOMAIN 10.5)."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from chassis.errors import DomainError

LONGEST = 200
LONGEST_HOURS = 1_000
MOST_LINES = 7
"""Of an address, as on an envelope."""

_TELEPHONE = re.compile(r"\+?[0-9][0-9 ()-]{4,24}( ?(x|ext\.?) ?[0-9]{1,6})?")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]+")


@dataclass(frozen=True, slots=True)
class Details:
    telephone: str | None = None
    email: str | None = None
    address: tuple[str, ...] = ()
    """For correspondence, line by line."""
    opening_hours: str | None = None
    payee_reference: str | None = None
    clinical_system: str | None = None

    def edited(self, given: Mapping[str, Any]) -> "Details":
        """With what is given in place of what was; refuses what cannot be, and no change at all."""
        kept: dict[str, Any] = {name: _kept(value) for name, value in given.items()}
        edited = replace(self, **kept)
        edited.check()
        if edited == self:
            raise DomainError("NOTHING_CHANGED", "That is what is known already.", field="details")
        return edited

    def check(self) -> None:
        for name, value in self._texts():
            longest = LONGEST_HOURS if name == "opening_hours" else LONGEST
            if len(value) > longest:
                raise _not_valid(name, f"It may have {longest} characters.")
            if not value.replace("\n", " ").isprintable():
                raise _not_valid(name, "It holds a character that cannot be printed.")
        if len(self.address) > MOST_LINES:
            raise _not_valid("address", f"An address has {MOST_LINES} lines at most.")
        if self.telephone and not _TELEPHONE.fullmatch(self.telephone):
            raise _not_valid("telephone", f"{self.telephone} is no telephone number.")
        if self.email and not _EMAIL.fullmatch(self.email):
            raise _not_valid("email", f"{self.email} is no mail address.")

    def _texts(self) -> Iterator[tuple[str, str]]:
        for one in fields(self):
            value = getattr(self, one.name)
            for text in value if isinstance(value, tuple) else (value or "",):
                yield one.name, text


def _kept(value: str | list[str] | None) -> str | tuple[str, ...] | None:
    if isinstance(value, list):
        return tuple(line for given in value if (line := given.strip()))
    return (value or "").strip() or None


def _not_valid(name: str, message: str) -> DomainError:
    head, *rest = name.split("_")
    field = head + "".join(word.title() for word in rest)
    return DomainError("DETAIL_NOT_VALID", message, field=f"details.{field}")
