"""Allocated reports and the separation of duties, in GraphQL."""

from __future__ import annotations

from datetime import date, datetime
from uuid import UUID

import strawberry
from strawberry.dataloader import DataLoader

from chassis.graphql import (
    BulkAnswer,
    Connection,
    Count,
    OdsCode,
    Refusal,
    as_uuid,
    connection,
    window,
)
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.reports import Report
from services.organisations.administration import commands, queries
from services.organisations.administration.commands import Decision, Outcome, begins
from services.organisations.administration.domain import Allocation, Change, Days, Duty
from services.organisations.administration.queries import AllocationFilter
from services.organisations.directory.queries import Row
from services.organisations.directory.types import Organisation, organisation_loader
from services.organisations.people.types import Info, Person, person_loader

strawberry.enum(
    Report,
    name="AllocatedReportName",
    description="The reports an organisation may let others run over what it sees.",
)
strawberry.enum(
    Duty,
    name="OrganisationDuty",
    description="Whose steps different people take: declare, approve and finance-approve a "
    "declaration; submit a claim and approve it in its tiers.",
)
strawberry.enum(
    Change,
    name="OrganisationDecisionKind",
    description="What an organisation decided for itself.",
)


@strawberry.type(description="Something an organisation decided; never altered afterwards.")
class OrganisationDecision:
    at: datetime = strawberry.field(description="When.")
    change: Change = strawberry.field(description="What.")
    by_id: strawberry.Private[UUID]
    organisation_code: OdsCode = strawberry.field(description="For which organisation.")
    reason: str | None = strawberry.field(description="Why, if a reason was given.")

    @strawberry.field(description="Who did; null for people out of your sight.")
    async def by(self, info: Info) -> Person | None:
        return await person_loader(info).load(self.by_id)

    @classmethod
    def of(cls, row: Row) -> OrganisationDecision:
        return cls(
            at=row["at"],
            change=Change(row["change"]),
            by_id=row["changed_by"],
            organisation_code=OdsCode(row["organisation"]),
            reason=row["reason"],
        )


@strawberry.type(description="A report that an organisation lets another run over what it sees.")
class AllocatedReport:
    id: strawberry.ID = strawberry.field(description="The allocation's id.")
    report: Report = strawberry.field(description="Which report.")
    service_code: str | None = strawberry.field(description="Of which service; null for every one.")
    granted_by_code: OdsCode = strawberry.field(description="Who lets it be run.")
    granted_to_code: OdsCode = strawberry.field(description="Who may run it.")
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")
    withdrawn_at: datetime | None = strawberry.field(description="When it was taken back.")

    @strawberry.field(description="Who lets it be run.")
    async def granted_by(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.granted_by_code)

    @strawberry.field(description="Who may run it.")
    async def granted_to(self, info: Info) -> Organisation | None:
        return await organisation_loader(info).load(self.granted_to_code)

    @strawberry.field(description="Who allocated it and took it back, and why.")
    async def history(self, info: Info) -> list[OrganisationDecision]:
        return [OrganisationDecision.of(row) for row in await _changes(info).load(UUID(self.id))]

    @classmethod
    def of(cls, row: Row) -> AllocatedReport:
        return cls(
            id=strawberry.ID(str(row["id"])),
            report=Report(row["report"]),
            service_code=row["service_code"],
            granted_by_code=OdsCode(row["granted_by"]),
            granted_to_code=OdsCode(row["granted_to"]),
            valid_from=row["valid_from"],
            valid_to=row["valid_to"],
            withdrawn_at=row["withdrawn_at"],
        )


@strawberry.type(description="Days on which one person may take several steps.")
class OrganisationDutySwitch:
    organisation_code: OdsCode = strawberry.field(description="Of which commissioner.")
    duty: Duty = strawberry.field(description="Of what.")
    valid_from: date = strawberry.field(description="The first day.")
    valid_to: date | None = strawberry.field(description="The last day; null while it lasts.")


@strawberry.type(description="Where a commissioner does without the separation of duties.")
class OrganisationDuties:
    off: list[OrganisationDutySwitch] = strawberry.field(
        description="The days on which one person may take several steps; on all others nobody may."
    )
    history: list[OrganisationDecision] = strawberry.field(
        description="Every time the switch was set, the earliest first."
    )


@strawberry.type(description="What became of reports that were to be allocated or withdrawn.")
class AllocatedReportBulkAnswer(BulkAnswer):
    pass


@strawberry.input(description="A report that another organisation is to be able to run.")
class AllocatedReportInput:
    report: Report = strawberry.field(description="Which report.")
    to: OdsCode = strawberry.field(
        description="Who may run it: an organisation below yours, or a member of your PCN."
    )
    service_code: str | None = strawberry.field(
        default=None, description="Of one service only: QOF2526. Of every one if none is named."
    )
    valid_from: date | None = strawberry.field(
        default=None, description="The first day; today if none is given."
    )
    valid_to: date | None = strawberry.field(
        default=None, description="The last day; until it is withdrawn if none is given."
    )

    def allocation(self, principal: Principal) -> Allocation:
        days = Days(begins(self.valid_from, principal), self.valid_to)
        return Allocation(new_id(), self.report, self.service_code, self.to, days)


@strawberry.input(description="Which allocated reports to list.")
class AllocatedReportFilter:
    report: Report | None = strawberry.field(default=None, description="Of one report.")
    given: bool | None = strawberry.field(
        default=None, description="True: given by you; false: given to you; null: both."
    )
    on: date | None = strawberry.field(default=None, description="Counting on that day.")


@strawberry.type
class AdministrationQuery:
    @strawberry.field(
        description="Reports your organisation lets others run, and those it may run itself, the "
        "oldest first."
    )
    async def allocated_reports(
        self,
        info: Info,
        filter: AllocatedReportFilter | None = None,  # noqa: A002 - GraphQL's word
        first: int | None = None,
        after: str | None = None,
    ) -> Connection[AllocatedReport] | None:
        asked = filter or AllocatedReportFilter()
        wanted = AllocationFilter(asked.report, asked.given, asked.on)
        page, whose = window(first, after, UUID), (info.context.db, info.context.principal)
        return connection(
            await queries.page(*whose, wanted, after=page.after, limit=page.limit),
            page,
            node=AllocatedReport.of,
            key=lambda row: (row["id"],),
            total=lambda: queries.count(*whose, wanted),
        )

    @strawberry.field(
        description="Where your organisation, or one it took over from, does without the "
        "separation of duties."
    )
    async def separation_of_duties(self, info: Info) -> OrganisationDuties | None:
        return await _duties(info)


@strawberry.type
class AdministrationMutation:
    @strawberry.mutation(
        description="Let organisations below yours, or the members of your PCN, run reports over "
        "what you see yourself: as many organisations more, and nowhere but there. Pounds are "
        "shown where you see them and their role does. Needs Organisation Administrator; at a PCN, "
        "PCN Management. Each is allocated or refused for itself, by the organisation."
    )
    async def allocate_reports(
        self,
        info: Info,
        reports: list[AllocatedReportInput],
        *,
        reason: str | None = None,
        idempotency_key: str | None = None,
    ) -> AllocatedReportBulkAnswer:
        principal = info.context.principal
        asked = [one.allocation(principal) for one in reports]
        decision = _decision(info, idempotency_key, reason)
        outcome = await commands.allocate_reports(info.context.db, decision, asked)
        return _answer(outcome, "allocated")

    @strawberry.mutation(description="Take reports back; within a second nobody sees more by them.")
    async def withdraw_allocated_reports(
        self,
        info: Info,
        ids: list[strawberry.ID],
        reason: str,
        idempotency_key: str | None = None,
    ) -> AllocatedReportBulkAnswer:
        decision = _decision(info, idempotency_key, reason)
        wanted = [as_uuid(id_, "ids") for id_ in ids]
        outcome = await commands.withdraw_allocated_reports(info.context.db, decision, wanted)
        return _answer(outcome, "withdrawn")

    @strawberry.mutation(
        description="From a day on, let one person take several steps of a declaration or claim "
        "of your organisation (separated: false), until a last day if one is given; or let nobody "
        "(separated: true). What was set for that day and later falls away. Every use of it is "
        "marked in the declaration's history. Needs Organisation Administrator."
    )
    async def switch_separation_of_duties(
        self,
        info: Info,
        duty: Duty,
        separated: bool,
        reason: str,
        *,
        valid_from: date | None = None,
        valid_to: date | None = None,
        idempotency_key: str | None = None,
    ) -> OrganisationDuties:
        decision = _decision(info, idempotency_key, reason)
        days = Days(begins(valid_from, info.context.principal), valid_to)
        await commands.switch_separation_of_duties(
            info.context.db, decision, duty, days, separated=separated
        )
        return await _duties(info)


def _decision(info: Info, key: str | None, reason: str | None) -> Decision:
    context = info.context
    return Decision(context.principal, context.now, reason, context.idempotency(info, key))


async def _duties(info: Info) -> OrganisationDuties:
    off, history = await queries.duties(info.context.db, info.context.principal)
    return OrganisationDuties(
        off=[
            OrganisationDutySwitch(
                organisation_code=OdsCode(row["ods_code"]),
                duty=Duty(row["kind"]),
                valid_from=row["valid_from"],
                valid_to=row["valid_to"],
            )
            for row in off
        ],
        history=[OrganisationDecision.of(row) for row in history],
    )


def _answer(outcome: Outcome, verb: str) -> AllocatedReportBulkAnswer:
    return AllocatedReportBulkAnswer(
        done=[strawberry.ID(str(one)) for one in outcome.done],
        refused=[
            Refusal(id=strawberry.ID(who), code=why.code, message=why.message, field=why.field)
            for who, why in outcome.refused
        ],
        counts=[
            Count(name="done", value=str(len(outcome.done))),
            Count(name="refused", value=str(len(outcome.refused))),
        ],
        message=f"{len(outcome.done):,} reports were {verb}, {len(outcome.refused):,} refused.",
    )


def _changes(info: Info) -> DataLoader[UUID, list[Row]]:
    context = info.context

    async def load(ids: list[UUID]) -> list[list[Row]]:
        return await queries.changes(context.db, ids)

    return context.loader("allocated report changes", lambda: DataLoader(load))
