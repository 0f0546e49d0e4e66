"""What a generated land consists of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Region:
    code: str
    ons: str
    name: str


@dataclass(frozen=True, slots=True)
class Icb:
    code: str
    ons: str
    name: str
    region: str


@dataclass(frozen=True, slots=True)
class SubIcb:
    code: str
    ons: str
    icb: str


@dataclass(frozen=True, slots=True)
class Address:
    lines: tuple[str, str, str, str, str]
    postcode: str


@dataclass(frozen=True, slots=True)
class Pcn:
    code: str
    name: str
    sub_icb: str
    """The lead sub-ICB: a member may be commissioned by another."""
    opened: date
    closed: date | None
    address: Address


@dataclass(frozen=True, slots=True)
class Practice:
    code: str
    name: str
    sub_icb: str
    opened: date
    closed: date | None
    status: str
    """As in epraccur: A active, C closed, D dormant."""
    address: Address
    phone: str
    setting: str
    """The prescribing setting: 4 is a GP practice, anything else is not."""
    lists: Mapping[date, int]
    """Patients registered on a day."""

    def is_open(self, on: date) -> bool:
        return self.opened <= on and (self.closed is None or self.closed >= on)


@dataclass(frozen=True, slots=True)
class Membership:
    practice: str
    pcn: str
    start: date
    end: date | None
    """The last day, as ODS counts it."""


@dataclass(frozen=True, slots=True)
class Merger:
    on: date
    icb: Icb
    parts: tuple[str, str]


@dataclass(frozen=True)
class Land:
    regions: tuple[Region, ...]
    icbs: tuple[Icb, ...]
    sub_icbs: tuple[SubIcb, ...]
    pcns: tuple[Pcn, ...]
    practices: tuple[Practice, ...]
    elsewhere: tuple[Practice, ...]
    """Prescribing cost centres that are not GP practices: an importer leaves them out."""
    memberships: tuple[Membership, ...]
    mergers: tuple[Merger, ...]

    @cached_property
    def sub_icb(self) -> dict[str, SubIcb]:
        return {each.code: each for each in self.sub_icbs}

    @cached_property
    def icb_of(self) -> dict[str, Icb]:
        """Sub-ICB code to ICB."""
        icbs = {each.code: each for each in self.icbs}
        return {each.code: icbs[each.icb] for each in self.sub_icbs}

    @cached_property
    def pcn(self) -> dict[str, Pcn]:
        return {each.code: each for each in self.pcns}

    @cached_property
    def practice(self) -> dict[str, Practice]:
        return {each.code: each for each in self.practices}

    def open_practices(self, on: date) -> list[Practice]:
        return [each for each in self.practices if each.is_open(on)]

    def members(self, on: date) -> dict[str, str]:
        """Practice to PCN on a day; of two memberships that share it, the later start wins."""
        return {
            each.practice: each.pcn
            for each in sorted(self.memberships, key=lambda each: each.start)
            if each.start <= on and (each.end is None or each.end >= on)
        }

    def cut(self, icb: str) -> "Land":
        """One ICB with everything below it and its region: no membership crosses an ICB."""
        (chosen,) = [each for each in self.icbs if each.code == icb]
        subs = {each.code for each in self.sub_icbs if each.icb == icb}
        practices = _within(self.practices, subs)
        codes = {each.code for each in practices}
        return Land(
            regions=tuple(each for each in self.regions if each.code == chosen.region),
            icbs=(chosen,),
            sub_icbs=tuple(each for each in self.sub_icbs if each.icb == icb),
            pcns=tuple(each for each in self.pcns if each.sub_icb in subs),
            practices=practices,
            elsewhere=_within(self.elsewhere, subs),
            memberships=tuple(each for each in self.memberships if each.practice in codes),
            mergers=tuple(each for each in self.mergers if icb in each.parts),
        )

    def merged(self) -> "Land":
        """The land after its mergers: the new ICBs stand in the place of their parts."""
        new = {part: each.icb for each in self.mergers for part in each.parts}
        icbs = {each.code: new.get(each.code, each) for each in self.icbs}
        return replace(
            self,
            icbs=tuple({each.code: each for each in icbs.values()}.values()),
            sub_icbs=tuple(replace(each, icb=icbs[each.icb].code) for each in self.sub_icbs),
            mergers=(),
        )


def _within(practices: Iterable[Practice], subs: set[str]) -> tuple[Practice, ...]:
    return tuple(each for each in practices if each.sub_icb in subs)
