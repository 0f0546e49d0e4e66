"""Types of a what-if: what a change would come to, payment by payment, and what follows from it."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import strawberry

from chassis.graphql import (
    Connection,
    Context,
    OdsCode,
    Points,
    Pounds,
    Window,
    connection,
    window,
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
from services.declarations.rerating.domain import LineWorth, Rerated, Sums
from services.declarations.rerating.queries import WhatIf, after, what_follows
from services.declarations.rerating.rating import Asked

Info = strawberry.Info[Context[Principal], None]

KEY = (str, UUID)
"""Provider and declaration: the order of every list."""


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
    service_code: str = strawberry.field(description="The line of the service: QOF2526.")
    period_start: date = strawberry.field(description="First day of the payment period.")
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
            service_code=row.service,
            period_start=row.period_start,
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


@strawberry.type(
    description="What stands on payments that would be others, in other lines: aspiration, income "
    "protection. It is no part of the proposal. Once that is approved, what finance has not "
    "approved is calculated again by itself; what it has, by a `whatIf` of its own line and period "
    "with `figuresAsKnown`. Agreed figures stand, and so do advances that were deducted."
)
class PaymentWhatIfFollowing:
    paid: PaymentWhatIfSums = strawberry.field(description="Payments that stand on them.")
    open: PaymentWhatIfSums = strawberry.field(
        description="The same of what finance has not approved."
    )
    by_payee: list[PaymentWhatIfShare] = strawberry.field(
        description="The payments by who is paid, where any would be different."
    )
    payments: Connection[PaymentWhatIfRow] = strawberry.field(
        description="Those that would be different, by provider."
    )
    declarations: Connection[PaymentWhatIfRow] = strawberry.field(
        description="The same of what finance has not approved."
    )

    @classmethod
    def of(cls, found: WhatIf, payments: Window, declarations: Window) -> PaymentWhatIfFollowing:
        return cls(
            paid=PaymentWhatIfSums.of(found.tally.paid),
            open=PaymentWhatIfSums.of(found.tally.open),
            by_payee=_changed(found),
            payments=_page(found.payments, payments),
            declarations=_page(found.declarations, declarations),
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
    asked: strawberry.Private[Asked]
    found: strawberry.Private[WhatIf]

    @strawberry.field(
        description="What stands on these payments in other lines, calculated when it is asked for."
    )
    async def following(
        self,
        info: Info,
        first: int | None = None,
        after: str | None = None,
        declarations_after: str | None = None,
    ) -> PaymentWhatIfFollowing:
        pages = window(first, after, *KEY), window(first, declarations_after, *KEY)
        async with info.context.db.reader() as reader:
            found = await what_follows(reader, self.asked, self.found)
        return PaymentWhatIfFollowing.of(found, *pages)

    @classmethod
    def of(
        cls, asked: Asked, found: WhatIf, payments: Window, declarations: Window
    ) -> PaymentWhatIf:
        tally = found.tally
        return cls(
            fingerprint=tally.fingerprint,
            paid=PaymentWhatIfSums.of(tally.paid),
            open=PaymentWhatIfSums.of(tally.open),
            blocked=tally.blocked,
            by_payee=_changed(found),
            by_commissioner=_shares(tally.by_commissioner),
            payments=_page(found.payments, payments),
            declarations=_page(found.declarations, declarations),
            asked=asked,
            found=found,
        )


def _changed(found: WhatIf) -> list[PaymentWhatIfShare]:
    return _shares({code: sums for code, sums in found.tally.by_payee.items() if sums.changed})


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
