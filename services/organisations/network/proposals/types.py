"""Proposals as GraphQL shows them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import (
    BulkAnswer,
    Count,
    OdsCode,
    Refusal,
    RowVersion,
    as_uuid,
    choice,
)
from services.organisations.directory.loaders import Info
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.network.proposals import queries
from services.organisations.network.proposals.commands import Choice
from services.organisations.network.proposals.domain import (
    Kind,
    Outcome,
    ProposalFilter,
    Status,
)
from services.organisations.network.proposals.queries import Row
from services.organisations.people.types import Person, person_loader

strawberry.enum(
    Kind, name="MembershipProposalKind", description="Whether a practice joins or leaves the PCN."
)
strawberry.enum(
    Status,
    name="MembershipProposalStatus",
    description="Proposed by the PCN; confirmed or refused by its commissioner, withdrawn by the "
    "PCN, or overtaken by ODS.",
)


@strawberry.type(description="One thing that became of a proposal: who, when, for whom and why.")
class MembershipProposalChange:
    version: int = strawberry.field(description="The proposal's version afterwards.")
    status: Status = strawberry.field(description="Its status afterwards.")
    at: datetime = strawberry.field(description="When, on the business clock.")
    reason: str | None = strawberry.field(description="The reason that was given.")
    by_id: strawberry.Private[UUID | None]
    acting_for_code: strawberry.Private[str | None]
    organisation_import: strawberry.ID | None = strawberry.field(
        description="The import of ODS that did it, if one did."
    )

    @strawberry.field(description="Who did it, where a person did whom you may see.")
    async def by(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.by_id) if self.by_id else None

    @strawberry.field(description="The organisation they acted for.")
    async def acting_for(self, info: Info) -> Organisation | None:
        code = self.acting_for_code
        return await organisation_loader(info).load(code) if code else None

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            version=row["version"],
            status=Status(row["status"]),
            at=row["at"],
            reason=row["reason"],
            by_id=row["changed_by"],
            acting_for_code=row["acting_for"],
            organisation_import=strawberry.ID(str(row["import"])) if row["import"] else None,
        )


@strawberry.federation.type(
    keys=["id"],
    description="A PCN's proposal that a practice joins or leaves it, which its commissioner "
    "confirms or refuses.",
)
class MembershipProposal:
    id: strawberry.ID = strawberry.field(description="The proposal's id.")
    version: int = strawberry.field(
        description="Rises with each change. Give it with the id when you act on the proposal."
    )
    kind: Kind = strawberry.field(description="Whether the practice joins or leaves.")
    status: Status = strawberry.field(description="How it stands.")
    effective_on: date = strawberry.field(
        description="The first day as a member; of one that leaves, as a member no more."
    )
    reason: str = strawberry.field(description="Why it is proposed.")
    refusal_reason: str | None = strawberry.field(description="Why it was refused.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    decided_at: datetime | None = strawberry.field(
        description="When it was confirmed, refused, withdrawn or overtaken."
    )
    to_decide: bool = strawberry.field(
        description="Whether the organisation you act for may decide it now."
    )
    practice_code: strawberry.Private[str]
    pcn_code: strawberry.Private[str]
    commissioner_code: strawberry.Private[str]

    @strawberry.field(description="The practice.")
    async def practice(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.practice_code)

    @strawberry.field(description="The PCN that proposes it.")
    async def pcn(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.pcn_code)

    @strawberry.field(description="The commissioner that was told that it is to decide.")
    async def commissioner(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.commissioner_code)

    @strawberry.field(description="What became of it, the earliest first.")
    async def history(self, info: Info) -> list[MembershipProposalChange]:
        rows = await _changes_loader(info).load(UUID(self.id))
        return [MembershipProposalChange.of(row) for row in rows]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls(
            id=strawberry.ID(str(row["id"])),
            version=row["version"],
            kind=Kind(row["kind"]),
            status=Status(row["status"]),
            effective_on=row["effective_on"],
            reason=row["reason"],
            refusal_reason=row["refusal_reason"],
            proposed_at=row["proposed_at"],
            decided_at=row["decided_at"],
            to_decide=row["to_decide"],
            practice_code=row["practice"],
            pcn_code=row["pcn"],
            commissioner_code=row["commissioner"],
        )

    @classmethod
    async def resolve_reference(cls, info: Info, id: str) -> MembershipProposal | None:
        return await proposal_loader(info).load(as_uuid(id))


def proposal_loader(info: Info) -> DataLoader[UUID, MembershipProposal | None]:
    """This request's proposals by id; what is out of sight is None."""
    context = info.context

    async def load(ids: list[UUID]) -> list[MembershipProposal | None]:
        rows = await queries.find(context.db, context.principal, ids)
        return [MembershipProposal.of(row) if row else None for row in rows]

    return context.loader("membership proposal", lambda: DataLoader(load))


def _changes_loader(info: Info) -> DataLoader[UUID, list[Row]]:
    db = info.context.db
    return info.context.loader(
        "membership proposal changes", lambda: DataLoader(lambda ids: queries.changes(db, ids))
    )


@strawberry.input(description="Which proposals to list.")
class MembershipProposalFilter:
    status: Status | None = strawberry.field(default=None, description="With one status.")
    practice: OdsCode | None = strawberry.field(default=None, description="About a practice.")
    pcn: OdsCode | None = strawberry.field(default=None, description="Of a PCN.")
    to_decide: bool = strawberry.field(
        default=False, description="Only those the organisation you act for may decide now."
    )

    def wanted(self) -> ProposalFilter:
        return ProposalFilter(self.status, self.practice, self.pcn, self.to_decide)


@strawberry.input(
    one_of=True,
    description="Which proposals: a short list as they were seen, all that a filter reaches (in a "
    "dry run only), or the selection a dry run answered.",
)
class MembershipProposalChoice:
    rows: list[RowVersion] | None = strawberry.field(
        default=strawberry.UNSET, description="These, at the versions they were seen at."
    )
    filter: MembershipProposalFilter | None = strawberry.field(
        default=strawberry.UNSET, description="All you may decide that it lets pass; dry run only."
    )
    selection: str | None = strawberry.field(
        default=strawberry.UNSET, description="Those a dry run has shown."
    )

    def chosen(self) -> Choice:
        rows = self.rows or None
        wanted = self.filter.wanted() if self.filter else None
        return choice(rows, wanted, self.selection)


@strawberry.type(description="What came of deciding proposals.")
class MembershipProposalBulkAnswer(BulkAnswer):
    @classmethod
    def of(cls, outcome: Outcome) -> Self:
        return cls(
            done=[strawberry.ID(str(id_)) for id_ in outcome.done],
            refused=[
                Refusal(
                    id=strawberry.ID(one.id), code=one.code, message=one.message, field=one.field
                )
                for one in outcome.refused
            ],
            counts=[Count(name=name, value=str(value)) for name, value in outcome.counts.items()],
            selection=outcome.selection,
            message=outcome.message,
        )
