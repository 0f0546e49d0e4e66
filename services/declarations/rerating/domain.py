"""A change of the past, and what differs under it. Pure: no I/O, no clock."""

import hashlib
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from chassis.errors import DomainError
from nhs.formulas.specification import Constant, QualityServiceSpecification
from services.declarations.calculation.domain import Blocker, number, places

ZERO = Decimal("0.00")
_PLACES = 10
"""A constant's decimal places, as the catalogue lets them have."""
_BELOW = Decimal(10) ** 10
"""And its digits before them."""
_MOST_PENCE = 10**14
"""What no payment comes to: the ledger has twelve digits of pounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is taken to be otherwise; all else stays as each calculation froze it."""

    constants: Mapping[str, str] = field(default_factory=dict)
    """By name; numbers as they were written."""
    version: str | None = None
    """Another published version: QOF2526/2."""
    national_set: UUID | None = None
    national: Mapping[str, str] = field(default_factory=dict)
    """National figures by their group or name."""
    list_sizes_on: date | None = None
    list_sizes_as_known: bool = False
    values_as_known: bool = False
    memberships_as_known: bool = False
    figures_as_known: bool = False

    def check(self) -> None:
        """Refuse what changes nothing, and what says one thing twice."""
        if self == Change():
            message = "Say what is to be otherwise: nothing is."
            raise DomainError("CHANGE_OF_NOTHING", message, field="change")
        if self.list_sizes_on in {date.min, date.max}:
            message = f"No list was counted on {self.list_sizes_on}."
            raise DomainError("FIGURE_NOT_VALID", message, field="change.listSizesOn")
        if self.list_sizes_on and self.list_sizes_as_known:
            message = "List sizes are as at another day, or as they are now known: not both."
            raise DomainError("CHANGE_TWICE", message, field="change.listSizesOn")
        for name, text in self.constants.items():
            _number(text, "constants", name, most=_PLACES)
        for name, text in self.national.items():
            _number(text, "national", name, most=None)

    @property
    def looks_up(self) -> bool:
        """Whether anything is looked up that the calculations did not freeze."""
        lists = self.list_sizes_on is not None or self.list_sizes_as_known
        return lists or self.values_as_known or self.memberships_as_known or self.figures_as_known

    def service(self, frozen: QualityServiceSpecification, why: str) -> QualityServiceSpecification:
        """The rules with their changed constants; `why` is what these then stand on."""
        known = {constant.name for constant in frozen.constants}
        if unknown := sorted(set(self.constants) - known):
            message = f"{frozen.code} has no constant {', '.join(unknown)}."
            names = sorted(known)
            raise DomainError("CONSTANT_UNKNOWN", message, field="change.constants", known=names)
        constants = tuple(self._constant(one, why) for one in frozen.constants)
        return frozen.model_copy(update={"constants": constants})

    def _constant(self, frozen: Constant, why: str) -> Constant:
        if frozen.name not in self.constants:
            return frozen
        value = Decimal(self.constants[frozen.name])
        return frozen.model_copy(update={"value": value, "source": why})


def _number(text: str, where: str, name: str, *, most: int | None) -> None:
    """Refuse what is no number above 0, or has more than `most` places."""
    value = number(text)
    if not 0 < value < _BELOW or (most is not None and places(value) > most):
        at_most = f" with at most {most} places" if most is not None else ""
        message = f"{name} is {text!r}: it is a number above 0{at_most}, of ten digits before them."
        raise DomainError("FIGURE_NOT_VALID", message, field=f"change.{where}", name=name)


class LineWorth(NamedTuple):
    """What one indicator earned, before and after; None where the rules have no such indicator."""

    indicator: str
    points_before: Decimal | None
    points_after: Decimal | None
    pounds_before: Decimal | None
    pounds_after: Decimal | None


@dataclass(frozen=True, slots=True)
class Worth:
    """The lines of a calculation, small: points in hundredths and pounds in pence."""

    indicators: Sequence[str]
    hundredths: "array[int]"
    pence: "array[int]"
    points: Decimal
    pounds: Decimal

    @classmethod
    def of(
        cls, indicators: Sequence[str], hundredths: Sequence[int], pence: Sequence[int]
    ) -> "Worth":
        if sum(map(abs, pence)) >= _MOST_PENCE:
            message = "It comes to more than any payment can be: look at its figures again."
            raise DomainError("FIGURE_NOT_VALID", message, field="change")
        points, pounds = Decimal(sum(hundredths)).scaleb(-2), Decimal(sum(pence)).scaleb(-2)
        return cls(indicators, array("q", hundredths), array("q", pence), points, pounds)


_NOTHING = Worth.of((), (), ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerated:
    """One declaration as it was calculated, and as the change would have it."""

    declaration: UUID
    service: str
    """The line."""
    period_start: date
    provider: str
    indicator: str | None
    payee: str
    commissioner: str
    payment: UUID | None
    """None: finance has not approved it, so that it is simply calculated again."""
    stands_on: UUID | None
    """The newest entry of the payment."""
    adjusts: UUID | None
    """The entry that brought the calculation which is rated anew."""
    by_hand: Decimal
    """Adjustments that two people agreed on beside any calculation: they stand."""
    list_before: int
    list_after: int | None
    before: Worth
    after: Worth | None
    """None: it cannot be calculated so."""
    blockers: tuple[Blocker, ...] = ()

    @property
    def pounds_before(self) -> Decimal:
        """What was paid: calculated, and adjusted since."""
        return self.before.pounds + self.by_hand

    @property
    def pounds_after(self) -> Decimal:
        return self.pounds_before + self.difference

    @property
    def difference(self) -> Decimal:
        return ZERO if self.after is None else self.after.pounds - self.before.pounds

    @property
    def points(self) -> Decimal:
        """More, or fewer."""
        return ZERO if self.after is None else self.after.points - self.before.points

    @property
    def differs(self) -> bool:
        return bool(self.difference or self.points)

    @property
    def key(self) -> tuple[str, UUID]:
        return self.provider, self.declaration

    def lines(self) -> Iterator[LineWorth]:
        """Those that differ, in the order of their codes."""
        was, now = _by_indicator(self.before), _by_indicator(self.after or _NOTHING)
        for code in sorted({*was, *now}):
            old, new = was.get(code, (None, None)), now.get(code, (None, None))
            if old != new:
                yield LineWorth(code, old[0], new[0], old[1], new[1])

    def sealed(self) -> bytes:
        """What a fingerprint covers: what was paid, and every line as it would be."""
        after = self.after or _NOTHING
        text = (
            f"{self.payment} {self.stands_on} {self.pounds_before} {self.difference} {self.points}"
        )
        return text.encode() + after.hundredths.tobytes() + after.pence.tobytes()


def _by_indicator(worth: Worth) -> dict[str, tuple[Decimal, Decimal]]:
    places = zip(worth.indicators, worth.hundredths, worth.pence, strict=True)
    return {code: (Decimal(h).scaleb(-2), Decimal(p).scaleb(-2)) for code, h, p in places}


@dataclass(frozen=True, slots=True)
class Sums:
    """Over some payments: how many, how many of them change, and what they come to."""

    count: int = 0
    changed: int = 0
    before: Decimal = ZERO
    after: Decimal = ZERO

    @property
    def difference(self) -> Decimal:
        return self.after - self.before

    def plus(self, one: Rerated) -> "Sums":
        return Sums(
            self.count + 1,
            self.changed + one.differs,
            self.before + one.pounds_before,
            self.after + one.pounds_after,
        )


@dataclass(slots=True)
class Tally:
    """What a change comes to, added up declaration by declaration in one order."""

    paid: Sums = Sums()
    open: Sums = Sums()
    """What finance has not approved."""
    blocked: int = 0
    """Payments that cannot be calculated so."""
    by_payee: dict[str, Sums] = field(default_factory=dict)
    by_commissioner: dict[str, Sums] = field(default_factory=dict)
    _seal: "hashlib._Hash" = field(default_factory=hashlib.sha256)

    def add(self, one: Rerated) -> None:
        if one.payment is None:
            self.open = self.open.plus(one)
            return
        self.paid = self.paid.plus(one)
        self.blocked += one.after is None
        for sums, code in ((self.by_payee, one.payee), (self.by_commissioner, one.commissioner)):
            sums[code] = sums.get(code, Sums()).plus(one)
        if one.differs:
            self._seal.update(one.sealed())

    @property
    def fingerprint(self) -> str:
        """SHA-256 over all differences of payments, in the order of their providers."""
        return self._seal.hexdigest()
