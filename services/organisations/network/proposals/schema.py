"""Proposals in GraphQL: what may be asked and done."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from chassis.graphql import Connection, OdsCode, as_uuid, connection, window
from services.organisations.directory.loaders import Info
from services.organisations.network.proposals import commands, queries
from services.organisations.network.proposals.commands import Ask, New
from services.organisations.network.proposals.domain import Kind
from services.organisations.network.proposals.types import (
    MembershipProposal,
    MembershipProposalBulkAnswer,
    MembershipProposalChoice,
    MembershipProposalFilter,
    proposal_loader,
)


@strawberry.input(description="That a practice joins or leaves the PCN you act for.")
class MembershipProposalInput:
    practice: OdsCode = strawberry.field(description="The practice.")
    kind: Kind = strawberry.field(description="Whether it joins or leaves.")
    effective_on: date = strawberry.field(
        description="The first day as a member; of one that leaves, as a member no more."
    )
    reason: str = strawberry.field(description="Why, in a sentence.")

    def new(self) -> New:
        return New(self.practice, self.kind, self.effective_on, self.reason)


@strawberry.type
class ProposalsQuery:
    @strawberry.field(
        description="Proposals about practices or PCNs in your sight, the latest first."
    )
    async def membership_proposals(
        self,
        info: Info,
        filter: MembershipProposalFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[MembershipProposal] | None:
        wanted = (filter or MembershipProposalFilter()).wanted()
        whose, page = (info.context.db, info.context.principal), window(first, after, UUID)
        return connection(
            await queries.page(*whose, wanted, page.after, page.limit),
            page,
            node=MembershipProposal.of,
            key=lambda row: (row["id"],),
            total=lambda: queries.count(*whose, wanted),
        )

    @strawberry.field(description="One proposal; null where there is none in your sight.")
    async def membership_proposal(self, info: Info, id: strawberry.ID) -> MembershipProposal | None:
        return await proposal_loader(info).load(as_uuid(id))


@strawberry.type
class ProposalsMutation:
    @strawberry.mutation(
        description="Propose that a practice joins or leaves the PCN you act for, from a day on. "
        "It counts once its commissioner has confirmed it."
    )
    async def propose_membership(
        self, info: Info, proposal: MembershipProposalInput, idempotency_key: str | None = None
    ) -> MembershipProposal | None:
        ask = _ask(info, idempotency_key)
        id_ = await commands.propose(info.context.db, ask, proposal.new())
        return await _reloaded(info, id_)

    @strawberry.mutation(description="Withdraw a proposal of the PCN you act for.")
    async def withdraw_membership_proposal(
        self, info: Info, id: strawberry.ID, version: int, idempotency_key: str | None = None
    ) -> MembershipProposal | None:
        ask = _ask(info, idempotency_key)
        withdrawn = await commands.withdraw(info.context.db, ask, as_uuid(id), version)
        return await _reloaded(info, withdrawn)

    @strawberry.mutation(
        description="Confirm proposals of PCNs you commission: the memberships are as proposed, "
        "from their days on."
    )
    async def confirm_membership_proposals(
        self,
        info: Info,
        choose: MembershipProposalChoice,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> MembershipProposalBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await commands.confirm(info.context.db, ask, choose.chosen())
        return MembershipProposalBulkAnswer.of(outcome)

    @strawberry.mutation(description="Refuse proposals of PCNs you commission, and say why.")
    async def refuse_membership_proposals(
        self,
        info: Info,
        choose: MembershipProposalChoice,
        reason: str,
        dry_run: bool = False,
        idempotency_key: str | None = None,
    ) -> MembershipProposalBulkAnswer | None:
        ask = _ask(info, idempotency_key, dry_run=dry_run)
        outcome = await commands.refuse(info.context.db, ask, choose.chosen(), reason)
        return MembershipProposalBulkAnswer.of(outcome)


def _ask(info: Info, key: str | None, *, dry_run: bool = False) -> Ask:
    context = info.context
    return Ask(context.principal, context.now, context.idempotency(info, key), dry_run=dry_run)


async def _reloaded(info: Info, id_: UUID) -> MembershipProposal | None:
    info.context.loaders.clear()  # what an earlier mutation of the request read is old now
    return await proposal_loader(info).load(id_)
