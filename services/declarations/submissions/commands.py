"""Values are submitted by hand, or kept as work in progress: all of what was given, or none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from asyncpg import Record

from chassis.clock import ENGLAND
from chassis.db import Reader, Tx
from chassis.errors import DomainError
from nhs.directory import Principal
from nhs.formulas.specification import Group
from nhs.roles import PROVIDERS, Role
from services.declarations import due
from services.declarations.achievement import keeping
from services.declarations.achievement.domain import Problem
from services.declarations.achievement.keeping import Keeper, Subject
from services.declarations.agreements import store as agreements
from services.declarations.sight import ALL, Sight, not_found
from services.declarations.submissions import store
from services.declarations.submissions.domain import (
    Checked,
    Given,
    GroupStatus,
    Side,
    Standing,
    check,
    check_notes,
)


@dataclass(frozen=True, slots=True)
class Recording:
    """What is given of one group; `notes` of None leave those of the draft."""

    subject: Subject
    group: str
    given: tuple[Given, ...]
    notes: str | None = None


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came of it: where there are problems, nothing was written."""

    problems: tuple[Problem, ...] = ()
    changed: int = 0
    marked: int = 0
    submissions: int = 0


async def standings(
    reader: Reader, principal: Principal, subjects: Sequence[Subject]
) -> dict[Subject, Standing | DomainError]:
    """Everything that counts for each subject, or why there is nothing to say of it."""
    rows = await store.subjects_of(reader, subjects, principal.acting)
    wanted = sorted({row["quality_service"] for row in rows.values()} - {None})
    services = await agreements.specifications(reader, wanted)
    statuses = await due.statuses_of(reader, subjects)
    values = await store.values_of(reader, subjects)
    submissions = await store.submissions_of(reader, subjects)
    found: dict[Subject, Standing | DomainError] = {}
    for subject in subjects:
        row = rows[subject]
        refused = _unseen(principal, row)
        found[subject] = refused or Standing(
            subject,
            services[row["quality_service"]],
            row["starts_on"],
            _side(principal, row),
            row["participates"],
            statuses.get(subject, {}),
            {one["indicator"]: store.known(one) for one in values.get(subject, ())},
            {s.group: s for s in submissions.get(subject, ()) if s.status == "SUBMITTED"},
            {s.group: s for s in submissions.get(subject, ()) if s.status != "SUBMITTED"},
        )
    return found


def _unseen(principal: Principal, row: Record) -> DomainError | None:
    types = Sight.of(principal).types
    hidden = types != ALL and row["quality_service"] and row["payment_type"] not in types
    if hidden or not row["visible"]:
        return not_found("provider", row["provider"])
    code = row["service_code"]
    if not row["service_known"]:
        message = f"No published quality service {code} is known"
        return DomainError("UNKNOWN_SERVICE", message, field="service")
    if row["quality_service"] is None:
        message = f"{code} has no payment period that ends on {row['achievement_date']}"
        return DomainError("ACHIEVEMENT_DATE_UNKNOWN", message, field="achievementDate")
    if row["kind"] != row["values_of"]:
        whose = f"{row['provider']} is a {row['kind']}"
        message = f"{code} takes values of a {row['values_of']}; {whose}"
        return DomainError("PROVIDER_KIND", message, field="provider")
    return None


def _side(principal: Principal, row: Record) -> Side | None:
    if not principal.holds(Role.ACHIEVEMENT_ENTRY, payment_type=row["payment_type"]):
        return None
    if row["own"] and principal.organisation_kind in PROVIDERS:
        return Side.PROVIDER
    return Side.COMMISSIONER if row["commissioned"] else None


async def record(
    tx: Tx, principal: Principal, recording: Recording, *, draft: bool, now: datetime
) -> Recorded:
    """One group of one provider; what is out of sight is not there."""
    recorded = await submit(tx, principal, [recording], draft=draft, now=now)
    if any(problem.code == "NOT_FOUND" for problem in recorded.problems):
        raise not_found("provider", recording.subject[2])
    return recorded


async def submit(
    tx: Tx,
    principal: Principal,
    recordings: Sequence[Recording],
    *,
    draft: bool,
    now: datetime,
    only_check: bool = False,
) -> Recorded:
    """Check everything that was given; keep it if nothing is wrong, else list what is."""
    principal.require(Role.ACHIEVEMENT_ENTRY)
    subjects = sorted({recording.subject for recording in recordings})
    await keeping.lock_submitted(tx, subjects)
    await due.hold_still(tx, subjects)
    found = await standings(tx, principal, subjects)
    checked: list[_Checking] = []
    problems: list[Problem] = []
    for recording in recordings:
        one = _checked(found[recording.subject], recording, principal, draft=draft)
        if isinstance(one, _Checking):
            checked.append(one)
            problems += one.checked.problems
        else:
            problems.append(one)
    if problems or only_check:
        return Recorded(tuple(sorted(problems, key=lambda problem: problem.line)))
    return await _keep(tx, principal, checked, draft=draft, now=now)


@dataclass(frozen=True, slots=True)
class _Checking:
    standing: Standing
    group: Group
    recording: Recording
    checked: Checked

    @property
    def says_something(self) -> bool:
        """Whether it differs from what is there: the same again is no submission."""
        draft = self.group.code in self.standing.drafts
        return bool(self.checked.values or self.recording.notes or draft)


def _checked(
    standing: Standing | DomainError, recording: Recording, principal: Principal, *, draft: bool
) -> _Checking | Problem:
    row = min((one.row for one in recording.given), default=1)
    if isinstance(standing, DomainError):
        return Problem(row, standing.code, standing.field, standing.message)
    group = standing.group(recording.group)
    if group is None:
        message = f"{standing.service.code} has no indicator group {recording.group[:40]}"
        return Problem(row, "UNKNOWN_GROUP", "group", message)
    whole = _over_draft(standing, recording)
    checked = check(standing, group, whole.given, principal.today, draft=draft)
    checked.problems += check_notes(whole.notes)
    return _Checking(standing, group, whole, checked)


def _over_draft(standing: Standing, recording: Recording) -> Recording:
    """What was given, over the work in progress; an empty value takes one out of it."""
    draft = standing.drafts.get(recording.group)
    if draft is None:
        return replace(recording, given=_filled(recording.given))
    named = {(one.indicator, one.field) for one in recording.given}
    before = [one for one in draft.given if (one.indicator, one.field) not in named]
    notes = draft.notes if recording.notes is None else recording.notes
    return replace(recording, given=(*before, *_filled(recording.given)), notes=notes)


def _filled(given: Sequence[Given]) -> tuple[Given, ...]:
    return tuple(one for one in given if one.value.strip())


async def _keep(
    tx: Tx, principal: Principal, checked: Sequence[_Checking], *, draft: bool, now: datetime
) -> Recorded:
    status = GroupStatus.WORK_IN_PROGRESS if draft else GroupStatus.SUBMITTED
    rows: list[Mapping[str, object]] = []
    kept = [one for one in checked if draft or one.says_something]
    for one in kept:
        submission = await store.keep_submission(
            tx,
            one.standing,
            one.group.code,
            status,
            one.recording.given,
            notes=one.recording.notes,
            person=principal.person_id,
            acting_for=principal.organisation,
            now=now,
        )
        rows += [{**row, "submission_id": submission} for row in _rows(one)]
    if draft or not rows:
        return Recorded(submissions=len(kept))
    written_at = now.astimezone(ENGLAND).replace(tzinfo=None)  # as extracts write it
    await store.pivot(tx, rows, submitted_by=str(principal.person_id), submitted_at=written_at)
    keeper = Keeper(None, principal.person_id, principal.organisation, now)
    values = await keeping.keep_values(tx, keeper)
    subjects = sorted({value.subject for value in values})
    await due.mark_providers(tx, subjects, "achievement was submitted")
    return Recorded((), len(values), sum(value.marked for value in values), len(kept))


def _rows(one: _Checking) -> list[Mapping[str, object]]:
    code, achieved_on, provider = one.standing.subject
    return [
        {
            "service_code": code,
            "achievement_date": achieved_on.isoformat(),
            "provider": provider,
            "indicator": indicator,
            "numerator": value.numerator,
            "denominator": value.denominator,
            "register": value.register,
            "others": value.others,
            "extracted": one.standing.value(indicator).extracted,
        }
        for indicator, value in one.checked.values.items()
    ]


async def look(
    reader: Reader, principal: Principal, subject: Subject
) -> tuple[Standing, dict[str, Record]]:
    """The standing of one subject, and its values with their origin; refuses who may not see."""
    Sight.of(principal)
    standing = (await standings(reader, principal, [subject]))[subject]
    if isinstance(standing, DomainError):
        raise standing
    rows = (await store.values_of(reader, [subject])).get(subject, [])
    return standing, {row["indicator"]: row for row in rows}
