"""What people are told of when an import changes who is a member of which PCN."""

from collections.abc import Iterator
from datetime import date

from nhs.roles import RelationshipKind
from services.organisations.directory.events import Change, OrganisationChange
from services.organisations.network.domain import Origin, Span
from services.organisations.ods.changes import Turn, turns
from services.organisations.ods.plan import Known, Plan


def memberships_changed(
    known: Known, made: Plan, today: date
) -> dict[str, list[OrganisationChange]]:
    """By practice. Of the first memberships ever loaded nobody is told: nothing has changed."""
    if not any(kind is RelationshipKind.MEMBER_OF for _, kind in known.spans):
        return {}
    return {
        practice: list(_told(change))
        for practice, kind, change in turns(known, made, today)
        if kind is RelationshipKind.MEMBER_OF
    }


def _told(change: Turn) -> Iterator[OrganisationChange]:
    for span in change.ended:
        yield _change(Change.MEMBERSHIP_ENDED, span)
    for span in change.started:
        yield _change(Change.MEMBERSHIP_STARTED, span)


def _change(what: Change, span: Span) -> OrganisationChange:
    return OrganisationChange(
        change=what,
        target=span.target,
        valid_from=span.valid_from,
        valid_to=span.valid_to,
        origin=Origin.ODS,
    )
