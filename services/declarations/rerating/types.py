"""Types of re-rating: the change, what it would come to, and what became of a proposal."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any
from uuid import UUID

import strawberry
from asyncpg import Record

from chassis.errors import DomainError
from chassis.graphql import (
    JSON,
    BulkAnswer,
    Connection,
    Context,
    OdsCode,
    Points,
    Pounds,
    Window,
    as_uuid,
    connection,
)
from nhs.directory import Principal
from services.declarations.approval.schema import (
    Declaration,
    Payment,
    declaration_of,
    payment_of,
)
from services.declarations.calculation.domain import Blocker
from services.declarations.calculation.schema import DeclarationBlocker
from services.declarations.rerating.domain import Change, LineWorth, Rerated, Sums
from services.declarations.rerating.queries import WhatIf, after

Info = strawberry.Info[Context[Principal], None]


@strawberry.input(description="A figure of the rules that is taken to be another.")
class PaymentFigureInput:
    name: str = strawberry.field(description="pounds_per_point, average_list; AF of a prevalence.")
    value: str = strawberry.field(description='A number above 0, as a string: "10184".')


@strawberry.input(
    description="What is taken to be otherwise: one thing or several. Where it says nothing, what "
    "each calculation froze stands, and nothing of today."
)
class PaymentChangeInput:
    constants: list[PaymentFigureInput] | None = strawberry.field(
        default=None, description="Constants of the rules, by name."
    )
    version: str | None = strawberry.field(
        default=None, description="Another published version of the service: QOF2526/2."
    )
    national_set: strawberry.ID | None = strawberry.field(
        default=None, description="Another set of national figures that was loaded."
    )
    national: list[PaymentFigureInput] | None = strawberry.field(
        default=None, description="National figures by their group, over those of the set."
    )
    list_sizes_on: date | None = strawberry.field(
        default=None, description="List sizes as at another day, as they are now known."
    )
    list_sizes_as_known: bool = strawberry.field(
        default=False,
        description="List sizes, adjusted populations among them, of the day that the rules name, "
        "as they are now known.",
    )
    values_as_known: bool = strawberry.field(
        default=False, description="Achievement values as they are now known."
    )
    memberships_as_known: bool = strawberry.field(
        default=False,
        description="The members of networks as they are now known; one that was not counted "
        "brings its values and list as they are now known.",
    )
    figures_as_known: bool = strawberry.field(
        default=False,
        description="Figures of single providers, what was earned or paid before among them, as "
        "they are now known.",
    )

    def change(self) -> Change:
        national_set = (
            as_uuid(self.national_set, "change.nationalSet") if self.national_set else None
        )
        return Change(
            constants=_by_name(self.constants, "constants"),
            version=self.version,
            national_set=national_set,
            national=_by_name(self.national, "national"),
            list_sizes_on=self.list_sizes_on,
            list_sizes_as_known=self.list_sizes_as_known,
            values_as_known=self.values_as_known,
            memberships_as_known=self.memberships_as_known,
            figures_as_known=self.figures_as_known,
        )


def _by_name(given: list[PaymentFigureInput] | None, where: str) -> dict[str, str]:
    named = {one.name: one.value for one in given or ()}
    if len(named) != len(given or ()):
        message = "A figure is given more than once."
        raise DomainError("CHANGE_TWICE", message, field=f"change.{where}")
    return named


@strawberry.type(description="Some payments, added up before and after.")
class PaymentWhatIfSums:
    count: int = strawberry.field(description="How many.")
    changed: int = strawberry.field(description="How many of them would be different.")
    before: Pounds = strawberry.field(
        description="What was paid: calculated, and adjusted since. What a recovery took counts."
    )
    after: Pounds = strawberry.field(description="What it would be.")
    difference: Pounds = strawberry.field(description="After without before.")

    @classmethod
    def of(cls, sums: Sums) -> PaymentWhatIfSums:
        return cls(
            count=sums.count,
            changed=sums.changed,
            before=Pounds(sums.before),
            after=Pounds(sums.after),
            difference=Pounds(sums.difference),
        )


@strawberry.type(description="The payments of one organisation, added up before and after.")
class PaymentWhatIfShare:
    code: OdsCode = strawberry.field(description="The payee, or the commissioner.")
    sums: PaymentWhatIfSums = strawberry.field(description="Its payments.")


@strawberry.type(description="One indicator that would be worth something else.")
class PaymentWhatIfLine:
    indicator: str = strawberry.field(description="The indicator's code: CHOL004.")
    points_before: Points | None = strawberry.field(description="Null if it was not counted.")
    points_after: Points | None = strawberry.field(description="Null if it would not be counted.")
    pounds_before: Pounds | None = strawberry.field(description="What it was worth.")
    pounds_after: Pounds | None = strawberry.field(description="What it would be worth.")

    @classmethod
    def of(cls, worth: LineWorth) -> PaymentWhatIfLine:
        return cls(**worth._asdict())


@strawberry.type(description="One payment as it was calculated, and as the change would have it.")
class PaymentWhatIfRow:
    provider: OdsCode = strawberry.field(description="Who earned it.")
    indicator: str | None = strawberry.field(description="What is declared apart, if it is.")
    payee: OdsCode = strawberry.field(description="Who is paid.")
    commissioner: OdsCode = strawberry.field(description="Who offered the service.")
    before: Pounds = strawberry.field(description="What was paid.")
    after: Pounds | None = strawberry.field(description="Null: it cannot be calculated so.")
    difference: Pounds = strawberry.field(description="More, or (with a minus sign) less.")
    by_hand: Pounds = strawberry.field(
        description="Adjustments that were agreed beside any calculation: they stand, in both."
    )
    points_before: Points = strawberry.field(description="Points earned.")
    points_after: Points | None = strawberry.field(description="Points it would earn.")
    list_before: int = strawberry.field(description="The list size it stands on.")
    list_after: int | None = strawberry.field(description="The list size it would stand on.")
    rerated: strawberry.Private[Rerated]

    @strawberry.field(description="The indicators that would be worth something else.")
    def lines(self) -> list[PaymentWhatIfLine]:
        if self.rerated.after is None:
            return []
        return [PaymentWhatIfLine.of(one) for one in self.rerated.lines()]

    @strawberry.field(description="Why it cannot be calculated so.")
    def blockers(self) -> list[DeclarationBlocker]:
        return [_blocker(one) for one in self.rerated.blockers]

    @strawberry.field(description="The payment; null while finance has not approved it.")
    async def payment(self, info: Info) -> Payment | None:
        return await payment_of(info, self.rerated.payment) if self.rerated.payment else None

    @strawberry.field(description="The declaration.")
    async def declaration(self, info: Info) -> Declaration | None:
        return await declaration_of(info, self.rerated.declaration)

    @classmethod
    def of(cls, row: Rerated) -> PaymentWhatIfRow:
        return cls(
            provider=OdsCode(row.provider),
            indicator=row.indicator,
            payee=OdsCode(row.payee),
            commissioner=OdsCode(row.commissioner),
            before=Pounds(row.pounds_before),
            after=Pounds(row.pounds_after) if row.after else None,
            difference=Pounds(row.difference),
            by_hand=Pounds(row.by_hand),
            points_before=Points(row.before.points),
            points_after=Points(row.after.points) if row.after else None,
            list_before=row.list_before,
            list_after=row.list_after,
            rerated=row,
        )


def _blocker(one: Blocker) -> DeclarationBlocker:
    of = OdsCode(one.provider) if one.provider else None
    return DeclarationBlocker(
        code=one.code, indicator=one.indicator, message=one.message, provider=of
    )


@strawberry.type(description="What a change of the past would come to. Nothing has been written.")
class PaymentWhatIf:
    fingerprint: str = strawberry.field(
        description="Over every difference: name it to propose just this."
    )
    paid: PaymentWhatIfSums = strawberry.field(description="All payments of the period.")
    open: PaymentWhatIfSums = strawberry.field(
        description="What finance has not approved: it is simply calculated again."
    )
    blocked: int = strawberry.field(description="Payments that cannot be calculated so.")
    by_payee: list[PaymentWhatIfShare] = strawberry.field(
        description="The payments by who is paid, where any would be different."
    )
    by_commissioner: list[PaymentWhatIfShare] = strawberry.field(
        description="The payments by who offered the service."
    )
    payments: Connection[PaymentWhatIfRow] = strawberry.field(
        description="Those that would be different or cannot be calculated so, by provider."
    )
    declarations: Connection[PaymentWhatIfRow] = strawberry.field(
        description="The same of what finance has not approved."
    )

    @classmethod
    def of(cls, found: WhatIf, payments: Window, declarations: Window) -> PaymentWhatIf:
        tally = found.tally
        payees = {code: sums for code, sums in tally.by_payee.items() if sums.changed}
        return cls(
            fingerprint=tally.fingerprint,
            paid=PaymentWhatIfSums.of(tally.paid),
            open=PaymentWhatIfSums.of(tally.open),
            blocked=tally.blocked,
            by_payee=_shares(payees),
            by_commissioner=_shares(tally.by_commissioner),
            payments=_page(found.payments, payments),
            declarations=_page(found.declarations, declarations),
        )


def _shares(by_code: dict[str, Sums]) -> list[PaymentWhatIfShare]:
    return [
        PaymentWhatIfShare(code=OdsCode(code), sums=PaymentWhatIfSums.of(sums))
        for code, sums in sorted(by_code.items())
    ]


def _page(rows: list[Rerated], page: Window) -> Connection[PaymentWhatIfRow]:
    async def total() -> int:
        return len(rows)

    shown = after(rows, page.after, page.limit)
    return connection(shown, page, node=PaymentWhatIfRow.of, key=lambda row: row.key, total=total)


@strawberry.type(
    description="A proposal to put many payments right: an adjustment for each that differs."
)
class PaymentRerating:
    id: strawberry.ID = strawberry.field(description="The re-rating's id, which is its job's.")
    status: str = strawberry.field(
        description="WAITING or RUNNING while it is calculated, FAILED; then PROPOSED, and once "
        "all of it is decided APPROVED, or REFUSED where none of it was approved."
    )
    failure: str | None = strawberry.field(description="Why it failed, if it did.")
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    period_start: date = strawberry.field(description="First day of the payment period.")
    change: JSON = strawberry.field(description="What was taken to be otherwise.")
    fingerprint: str = strawberry.field(description="Over every difference that was shown.")
    reason: str = strawberry.field(description="Why, as whoever proposed it said.")
    proposed_by: strawberry.ID = strawberry.field(description="Who proposed it.")
    proposed_for: OdsCode = strawberry.field(description="The organisation they acted for.")
    proposed_at: datetime = strawberry.field(description="When it was proposed.")
    count: int = strawberry.field(
        description="Its adjustments of payments that your organisation commissions."
    )
    proposed: int = strawberry.field(description="How many of them wait to be decided.")
    approved: int = strawberry.field(description="How many have become entries.")
    refused: int = strawberry.field(description="How many are not to be.")
    before: Pounds = strawberry.field(description="What was paid for them.")
    after: Pounds = strawberry.field(description="What it is to be.")
    difference: Pounds = strawberry.field(description="After without before.")

    @classmethod
    def of(cls, row: Record) -> PaymentRerating:
        return cls(
            id=strawberry.ID(str(row["id"])),
            status=_status(row),
            failure=_failure(row["error"]),
            service_code=row["service_code"],
            period_start=row["period_start"],
            change=JSON(row["change"]),
            fingerprint=row["fingerprint"],
            reason=row["reason"],
            proposed_by=strawberry.ID(str(row["proposed_by"])),
            proposed_for=row["proposed_for"],
            proposed_at=row["proposed_at"],
            count=row["count"],
            proposed=row["proposed"],
            approved=row["approved"],
            refused=row["refused"],
            before=row["paid"],
            after=Pounds(row["paid"] + row["difference"]),
            difference=row["difference"],
        )


def _status(row: Record) -> str:
    """Of a re-rating whose job is done (or, in time, forgotten) that of its adjustments."""
    if row["made_at"] is None:
        return str(row["job_status"] or "FAILED")
    if row["proposed"] or not row["count"]:
        return "PROPOSED"
    return "APPROVED" if row["approved"] else "REFUSED"


def _failure(error: dict[str, Any] | None) -> str | None:
    return f"{error['code']}: {error['message']}" if error else None


@strawberry.type(description="What became of each adjustment of a re-rating.")
class PaymentReratingBulkAnswer(BulkAnswer):
    pass


def rerating_key(row: Record) -> tuple[UUID]:
    return (row["id"],)
