"""PCN View: what each member has submitted, and how far its declaration is."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from asyncpg import Record

from chassis.db import Reader
from nhs.formulas.specification import Group, QualityServiceSpecification
from services.declarations.agreements import store as agreements
from services.declarations.approval import lists
from services.declarations.approval.domain import Status
from services.declarations.networks import periods
from services.declarations.networks.achievement.queries import Declared, total
from services.declarations.networks.periods import Period
from services.declarations.networks.view import store
from services.declarations.sight import Sight, not_found
from services.declarations.submissions import store as submissions
from services.declarations.submissions.domain import GroupStatus, Standing


@dataclass(frozen=True, slots=True)
class GroupSubmitted:
    """How far a member is with an indicator group."""

    group: Group
    status: GroupStatus
    automated: bool
    """Every value that is there came by an extract."""
    submitted: int


@dataclass(frozen=True, slots=True)
class Member:
    row: Record
    groups: tuple[GroupSubmitted, ...]
    declarations: tuple[Record, ...]

    @property
    def submitted(self) -> int:
        """How many of its groups are."""
        return sum(group.status is GroupStatus.SUBMITTED for group in self.groups)


@dataclass(frozen=True, slots=True)
class View:
    network: str
    period: Period
    members: tuple[Member, ...]
    own: tuple[Record, ...]
    """The declarations of the network itself."""

    @property
    def declarations(self) -> list[Record]:
        return [*self.own, *(row for member in self.members for row in member.declarations)]

    @property
    def groups(self) -> Counter[GroupStatus]:
        return Counter(group.status for member in self.members for group in member.groups)

    @property
    def declared(self) -> Declared:
        """Added up; what is closed is paid nothing."""
        paid = [row for row in self.declarations if row["status"] != Status.CLOSED]
        return Declared(
            Counter(row["status"] for row in self.declarations),
            total(row["points"] for row in paid),
            total(row["pounds"] for row in paid)
            if all(row["sees_pounds"] for row in self.declarations)
            else None,
        )


async def view(
    reader: Reader, sight: Sight, network: str, service: str, achieved_on: date | None
) -> View:
    """Refused as not there where the caller does not see the network as at the period."""
    period = await periods.find(reader, sight, service, achieved_on)
    if not await store.sees(reader, sight, network, period):
        raise not_found("network", network)
    members = await store.members(reader, sight, network, period)
    groups = await _groups(reader, members, period)
    practices = [row["practice"] for row in members]
    ids = await store.declarations(reader, [network, *practices], period)
    declared: dict[str, list[Record]] = {}
    for row in await lists.by_ids(reader, sight, ids):
        declared.setdefault(row["provider"], []).append(row)
    return View(
        network,
        period,
        tuple(
            Member(row, groups[row["practice"]], _ordered(declared.get(row["practice"], [])))
            for row in members
        ),
        _ordered(declared.get(network, [])),
    )


def _ordered(rows: Sequence[Record]) -> tuple[Record, ...]:
    return tuple(sorted(rows, key=lambda row: (row["indicator"] or "", row["id"])))


async def _groups(
    reader: Reader, members: Sequence[Record], period: Period
) -> Mapping[str, tuple[GroupSubmitted, ...]]:
    """By member, in the published order."""
    (service,) = (await agreements.specifications(reader, [period.quality_service])).values()
    subjects = {m["practice"]: (period.service, period.achieved_on, m["practice"]) for m in members}
    values = await submissions.values_of(reader, list(subjects.values()))
    made = await submissions.submissions_of(reader, list(subjects.values()))
    found = {}
    for practice, subject in subjects.items():
        rows = {row["indicator"]: row for row in values.get(subject, ())}
        drafts = {s.group: s for s in made.get(subject, ()) if s.status != GroupStatus.SUBMITTED}
        known = {code: submissions.known(row) for code, row in rows.items()}
        standing = Standing(
            subject, service, period.starts_on, None, True, {}, known, drafts=drafts
        )
        found[practice] = tuple(_submitted(standing, rows, one) for one in _groups_of(service))
    return found


def _groups_of(service: QualityServiceSpecification) -> list[Group]:
    return [group for domain in service.domains for group in domain.groups]


def _submitted(standing: Standing, rows: Mapping[str, Record], group: Group) -> GroupSubmitted:
    there = [rows[one.code] for one in group.indicators if one.code in rows]
    complete = [
        one
        for one in group.indicators
        if one.code in rows and standing.value(one.code).complete(one)
    ]
    return GroupSubmitted(
        group,
        standing.status(group),
        bool(there) and all(row["how"] == "AUTOMATIC" for row in there),
        len(complete),
    )
