"""PCN View in GraphQL."""

from __future__ import annotations

from datetime import date

import strawberry

import services.declarations.submissions.types  # noqa: F401 - it names GroupStatus in GraphQL
from chassis.graphql import Context, OdsCode
from nhs.directory import Principal
from services.declarations.approval.schema import Declaration, Organisation
from services.declarations.networks.achievement.types import NetworkDeclarations
from services.declarations.networks.view import queries
from services.declarations.networks.view.queries import GroupSubmitted, Member, View
from services.declarations.sight import Sight
from services.declarations.submissions.domain import GroupStatus

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="How far a member is with an indicator group.")
class NetworkViewGroup:
    code: str = strawberry.field(description="The group: HI.")
    name: str = strawberry.field(description="What it is about.")
    status: GroupStatus = strawberry.field(description="How far it is.")
    automated: bool = strawberry.field(
        description="Whether all that is there came by an extract, and not by hand."
    )
    submitted: int = strawberry.field(description="How many of its indicators are complete.")
    out_of: int = strawberry.field(description="How many indicators it has.")

    @classmethod
    def of(cls, submitted: GroupSubmitted) -> NetworkViewGroup:
        return cls(
            code=submitted.group.code,
            name=submitted.group.name,
            status=submitted.status,
            automated=submitted.automated,
            submitted=submitted.submitted,
            out_of=len(submitted.group.indicators),
        )


@strawberry.type(description="A member of a network: what it submitted, and its declaration.")
class NetworkViewMember:
    practice: Organisation | None = strawberry.field(description="The practice.")
    member_from: date = strawberry.field(description="Its first day in the network.")
    member_to: date | None = strawberry.field(description="Its last day; null while it lasts.")
    participating: bool = strawberry.field(
        description="Whether it takes part: else it is neither counted nor waited for."
    )
    groups: list[NetworkViewGroup] = strawberry.field(description="In the published order.")
    submitted: int = strawberry.field(description="How many groups are submitted.")
    out_of: int = strawberry.field(description="How many groups there are.")
    declarations: list[Declaration] = strawberry.field(
        description="Its own; none where the network declares, or before the achievement date."
    )

    @classmethod
    def of(cls, member: Member) -> NetworkViewMember:
        row = member.row
        return cls(
            practice=Organisation(ods_code=OdsCode(row["practice"])),
            member_from=row["valid_from"],
            member_to=row["valid_to"],
            participating=row["participating"],
            groups=[NetworkViewGroup.of(group) for group in member.groups],
            submitted=member.submitted,
            out_of=len(member.groups),
            declarations=[Declaration.of(row) for row in member.declarations],
        )


@strawberry.type(description="Indicator groups in one state.")
class NetworkViewGroupCount:
    status: GroupStatus = strawberry.field(description="The state.")
    count: int = strawberry.field(description="How many groups of all members.")


@strawberry.type(description="What the members that are shown add up to.")
class NetworkViewTotals:
    members: int = strawberry.field(description="How many members.")
    participating: int = strawberry.field(description="How many of them take part.")
    groups: list[NetworkViewGroupCount] = strawberry.field(description="Their groups, by state.")
    declarations: NetworkDeclarations = strawberry.field(
        description="Their declarations and the network's own."
    )

    @classmethod
    def of(cls, view: View) -> NetworkViewTotals:
        return cls(
            members=len(view.members),
            participating=sum(member.row["participating"] for member in view.members),
            groups=[
                NetworkViewGroupCount(status=status, count=count)
                for status, count in sorted(view.groups.items())
            ],
            declarations=NetworkDeclarations.of(view.declared),
        )


@strawberry.type(
    description="PCN View: what each member of a network has submitted of a service for an "
    "achievement date, and how far its declaration is."
)
class NetworkView:
    network: Organisation | None = strawberry.field(description="The PCN.")
    service: str = strawberry.field(description="The line of the service: QOF2526.")
    achievement_date: date = strawberry.field(description="The day achievement is measured.")
    members: list[NetworkViewMember] = strawberry.field(
        description="The members on the achievement date that the caller may see, by code."
    )
    declarations: list[Declaration] = strawberry.field(
        description="The network's own declarations; none where its members declare."
    )
    totals: NetworkViewTotals = strawberry.field(description="What they add up to.")

    @classmethod
    def of(cls, view: View) -> NetworkView:
        return cls(
            network=Organisation(ods_code=OdsCode(view.network)),
            service=view.period.service,
            achievement_date=view.period.achieved_on,
            members=[NetworkViewMember.of(member) for member in view.members],
            declarations=[Declaration.of(row) for row in view.own],
            totals=NetworkViewTotals.of(view),
        )


@strawberry.type
class ViewQuery:
    @strawberry.field(
        description="PCN View: the members of a network on the achievement date (the latest one "
        "that has come, if none is named). For the network, and for its commissioner."
    )
    async def network_view(
        self, info: Info, network: OdsCode, service: str, achievement_date: date | None = None
    ) -> NetworkView | None:
        sight = Sight.of(info.context.principal)
        async with info.context.db.reader() as reader:
            found = await queries.view(reader, sight, network, service, achievement_date)
        return NetworkView.of(found)
