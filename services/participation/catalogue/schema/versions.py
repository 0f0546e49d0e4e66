"""What becomes of a version, in GraphQL: its history, and what differs between two."""

from __future__ import annotations

from datetime import datetime
from typing import Self

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.graphql import JSON, OdsCode
from services.participation.catalogue import domain, paths
from services.participation.catalogue.domain import AcceptedOffers, Status, What
from services.participation.catalogue.paths import Change

strawberry.enum(
    Status,
    name="QualityServiceStatus",
    description="A draft may still change; what is scheduled is published when its day comes; "
    "what is published never changes; a draft that was given up is discarded.",
)
strawberry.enum(
    AcceptedOffers,
    name="QualityServiceAcceptedOffers",
    description="What a correction does to accepted offers of the version before: they stay with "
    "it, or move to the new one.",
)
strawberry.enum(What, name="QualityServiceHappening", description="What happened to a version.")
strawberry.enum(
    Change, name="QualityServiceChange", description="How one path of a specification differs."
)


@strawberry.federation.type(
    name="Person",
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="Somebody who acts for organisations. Seen by those who see these.",
)
class Person:
    id: strawberry.ID = strawberry.field(description="The person's id.")


@strawberry.type(description="What differs at one path of a specification.")
class QualityServiceDifference:
    path: str = strawberry.field(
        description="Members of lists by their own names: "
        "domains/CL/groups/AF/indicators/AF006/upper."
    )
    change: Change = strawberry.field(description="Added, removed or changed.")
    old: JSON | None = strawberry.field(description="What the path led to; null if nowhere.")
    new: JSON | None = strawberry.field(description="What it leads to now; null if nowhere.")

    @classmethod
    def of(cls, one: paths.Difference) -> Self:
        return cls(path=one.path, change=one.change, old=one.old, new=one.new)


@strawberry.type(description="One thing that happened to a version.")
class QualityServiceHistoryEntry:
    what: What = strawberry.field(description="What happened.")
    at: datetime = strawberry.field(description="When, on the business clock.")
    by: Person | None = strawberry.field(description="Who did it; null where the day came.")
    acting_for: OdsCode | None = strawberry.field(description="For which organisation.")
    reason: str | None = strawberry.field(description="Why, in their words.")
    changes: list[QualityServiceDifference] = strawberry.field(description="What an edit changed.")

    @classmethod
    def of(cls, entry: domain.Entry) -> Self:
        return cls(
            what=entry.what,
            at=entry.at,
            by=Person(id=strawberry.ID(str(entry.by))) if entry.by else None,
            acting_for=OdsCode(entry.acting_for) if entry.acting_for else None,
            reason=entry.reason,
            changes=[QualityServiceDifference.of(change) for change in entry.changes],
        )


@strawberry.type(description="What the check at publication finds wrong, or out of the ordinary.")
class QualityServiceProblem:
    code: str = strawberry.field(description="POINTS_DO_NOT_ADD_UP.")
    where: str = strawberry.field(description="The part that is at fault.")
    message: str = strawberry.field(description="What is wrong, in words.")
    warning: bool = strawberry.field(description="Whether a reason is enough to publish it so.")
