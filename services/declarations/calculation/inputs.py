"""What declarations are calculated from: their providers' values and lists, or their members'."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from uuid import UUID

from chassis.db import Reader
from nhs.formulas.specification import QualityServiceSpecification
from services.declarations.achievement import store as achievement
from services.declarations.calculation import members as networks
from services.declarations.calculation import store
from services.declarations.calculation.domain import (
    Blocker,
    Figure,
    Figures,
    ListSize,
    RuleBook,
    Subject,
    Values,
    missing_values,
)
from services.declarations.calculation.figures import figures_of
from services.declarations.calculation.members import Member


@dataclass(frozen=True, slots=True)
class Known:
    """What one declaration is calculated from; with blockers, it cannot be calculated."""

    values: Values
    list_size: ListSize | None
    blockers: tuple[Blocker, ...] = ()
    submitted: bool = False
    """Whether anything has been received, complete or not."""
    figures: Figures = field(default_factory=dict)
    """What is neither a value nor a list size, and not frozen by the run."""
    origins: Mapping[str, Any] = field(default_factory=dict)
    """Where the figures come from, by the same keys."""
    membership: Mapping[str, Any] | None = None
    """The members of a network on the day, with their dates and numbers."""

    @property
    def stood_on(self) -> dict[str, Any] | None:
        """What is kept beside values and list, and pinned by the hash; None if there is nothing."""
        kept = dict(self.membership or {})
        if self.figures:
            kept["figures"] = {key: str(figure) for key, figure in sorted(self.figures.items())}
        return kept or None


async def gather(
    reader: Reader,
    service: QualityServiceSpecification,
    book: RuleBook,
    subjects: Sequence[Subject],
) -> dict[UUID, Known]:
    """What each declaration of the service is calculated from, with statements for all of them."""
    of_kind = _of_networks if service.provider_kind == "PCN" else _of_providers
    known = await of_kind(reader, service, book, subjects)
    figures = await figures_of(reader, service, book, subjects)
    return {key: _with(one, *figures[key]) for key, one in known.items()} if figures else known


def _with(known: Known, figures: Mapping[str, Figure], blockers: Sequence[Blocker]) -> Known:
    return replace(
        known,
        figures={key: one.value for key, one in figures.items()},
        origins={key: one.origin for key, one in figures.items()},
        blockers=(*known.blockers, *blockers),
    )


async def _of_providers(
    reader: Reader,
    service: QualityServiceSpecification,
    book: RuleBook,
    subjects: Sequence[Subject],
) -> dict[UUID, Known]:
    values = await values_of(reader, [_key(subject, subject.provider) for subject in subjects])
    lists = await _list_sizes(reader, service, [(s.provider, s.achievement_date) for s in subjects])
    known = {}
    for subject in subjects:
        mine = values.get(_key(subject, subject.provider), {})
        size = lists.get((subject.provider, subject.achievement_date))
        rules = book.of(subject.indicator)
        lacking = [*missing_values(rules, mine), *_list_blocker(subject, size)]
        known[subject.declaration] = Known(
            mine, size, tuple(lacking), submitted=_any(mine, rules.indicators)
        )
    return known


async def _of_networks(
    reader: Reader,
    service: QualityServiceSpecification,
    book: RuleBook,
    subjects: Sequence[Subject],
) -> dict[UUID, Known]:
    """Lists, and where the service says so values, are those of the members on the day."""
    of_members = service.values_from == "MEMBERS"
    found = await _members(reader, service, subjects, of_values=of_members)
    own = (
        {} if of_members else await values_of(reader, [_key(one, one.provider) for one in subjects])
    )
    known = {}
    for subject in subjects:
        everybody = found.get(_network(subject), [])
        mine = None if of_members else own.get(_key(subject, subject.provider), {})
        known[subject.declaration] = _of_network(
            subject, everybody, book.of(subject.indicator), mine
        )
    return known


def _of_network(
    subject: Subject, everybody: Sequence[Member], book: RuleBook, own: Values | None
) -> Known:
    """`own`: the network's own values; None where they are its members' sums."""
    members = networks.counted(everybody)
    lacking = networks.blockers(
        subject.provider, subject.achievement_date, members, book, of_values=own is None
    )
    values = networks.summed(members, book.indicators) if own is None else own
    received = [one.values for one in members] if own is None else [own]
    return Known(
        values,
        networks.network_list(members),
        (*lacking, *(() if own is None else missing_values(book, own))),
        submitted=any(_any(one, book.indicators) for one in received),
        membership=networks.membership(subject.achievement_date, everybody, book.indicators),
    )


async def _members(
    reader: Reader,
    service: QualityServiceSpecification,
    subjects: Sequence[Subject],
    *,
    of_values: bool,
) -> dict[tuple[str, date, date], list[Member]]:
    """By network and period, with the lists of those that count, and their values if asked for."""
    wanted = sorted({(*_network(one), one.quality_service) for one in subjects})
    found = await store.members_of(reader, wanted)
    counting = {
        (key, member.practice) for key, some in found.items() for member in some if member.counted
    }
    lists = await _list_sizes(reader, service, [(code, key[2]) for key, code in counting])
    keys = [(service.code, key[2], code) for key, code in counting]
    values = await values_of(reader, keys) if of_values else {}
    return {
        key: [
            _known_member(
                member,
                lists.get((member.practice, key[2])),
                values.get((service.code, key[2], member.practice), {}),
            )
            for member in some
        ]
        for key, some in found.items()
    }


def _known_member(member: Member, size: ListSize | None, values: Values) -> Member:
    if not member.counted:
        return member
    return Member(
        member.practice, member.valid_from, member.valid_to, member.standing, size, values
    )


def _network(subject: Subject) -> tuple[str, date, date]:
    return subject.provider, subject.period_start, subject.achievement_date


def _key(subject: Subject, provider: str) -> tuple[str, date, str]:
    return subject.service_code, subject.achievement_date, provider


def _any(values: Values, indicators: Sequence[str]) -> bool:
    return any(code in values for code in indicators)


async def values_of(
    reader: Reader, keys: Sequence[tuple[str, date, str]]
) -> dict[tuple[str, date, str], dict[str, Mapping[str, int | None]]]:
    """By service, achievement date and provider: what is known now, by indicator and part."""
    return {
        (row["service_code"], row["achievement_date"], row["provider"]): {
            indicator: {"numerator": n, "denominator": d, "register": r}
            for indicator, n, d, r in zip(
                *(row["indicators"], row["numerators"], row["denominators"], row["registers"]),
                strict=True,
            )
        }
        for row in await achievement.values_of(reader, keys)
    }


async def _list_sizes(
    reader: Reader, service: QualityServiceSpecification, wanted: Sequence[tuple[str, date]]
) -> dict[tuple[str, date], ListSize]:
    """Each practice's list at the date the service names, else at the achievement date."""
    named = service.parameters.provider_list_on
    sizes = await store.list_sizes(reader, [(code, named or day) for code, day in wanted])
    return {
        (code, day): sizes[code, named or day]
        for code, day in wanted
        if (code, named or day) in sizes
    }


def _list_blocker(subject: Subject, size: ListSize | None) -> list[Blocker]:
    if size is not None:
        return []
    message = f"no list size of {subject.provider} is known"
    return [Blocker("LIST_SIZE_UNKNOWN", None, message)]
