"""Which declarations and payments are looked for, as GraphQL is told."""

import strawberry

from chassis.errors import DomainError
from chassis.graphql import FinancialYear, OdsCode
from nhs.directory import Principal
from nhs.roles import Role
from nhs.values import FinancialYear as Year
from services.declarations.approval import lists
from services.declarations.approval.domain import Status as DeclarationStatus
from services.declarations.payments import store as ledger
from services.declarations.payments.domain import State as PaymentState
from services.declarations.sight import types_of

strawberry.enum(
    DeclarationStatus,
    name="DeclarationStatus",
    description="Whose step it is: the provider declares, the commissioner approves, finance "
    "approves; then nothing changes any more.",
)

_WAITING_FOR = {
    Role.DECLARATION_MANAGEMENT: DeclarationStatus.AWAITING_PROVIDER_APPROVAL,
    Role.APPROVAL_MANAGEMENT: DeclarationStatus.AWAITING_COMMISSIONER_APPROVAL,
    Role.FINANCE_MANAGEMENT: DeclarationStatus.AWAITING_FINANCE_APPROVAL,
}


@strawberry.input(description="Which declarations are looked for.")
class DeclarationFilter:
    status: list[DeclarationStatus] | None = strawberry.field(
        default=None, description="In any of these states."
    )
    service: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")
    commissioner: OdsCode | None = strawberry.field(
        default=None, description="Offered by this commissioner."
    )
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="With a day in this year at least."
    )
    held: bool | None = strawberry.field(
        default=None, description="Only what is held; false: only what is not."
    )
    marked: bool | None = strawberry.field(
        default=None,
        description="Only what stands on a value far from its provider's own history; false: only "
        "what does not.",
    )
    waiting_for_me: bool = strawberry.field(
        default=False, description="Only what waits for a step that the caller may take."
    )

    def wanted(self, principal: Principal) -> lists.DeclarationFilter:
        year = Year.parse(self.financial_year).period if self.financial_year else None
        waiting = {
            status.value: types_of(principal, role)
            for role, status in _WAITING_FOR.items()
            if principal.holds(role)
        }
        return lists.DeclarationFilter(
            statuses=None if self.status is None else [s.value for s in self.status],
            service=self.service,
            provider=self.provider,
            commissioner=self.commissioner,
            financial_year=(year.start, year.end) if year else None,
            waiting_in=waiting if self.waiting_for_me else None,
            held=self.held,
            marked=self.marked,
        )


@strawberry.input(description="Which payments are looked for.")
class PaymentFilter:
    service: str | None = strawberry.field(default=None, description="The line: QOF2526.")
    provider: OdsCode | None = strawberry.field(default=None, description="Of this provider.")
    commissioner: OdsCode | None = strawberry.field(
        default=None, description="Offered by this commissioner."
    )
    payee: OdsCode | None = strawberry.field(default=None, description="Paid to this payee.")
    status: str | None = strawberry.field(
        default=None, description="AUTHORISED, SENT, SETTLED, FAILED or CLOSED_ZERO."
    )
    financial_year: FinancialYear | None = strawberry.field(
        default=None, description="Of this year."
    )

    def wanted(self) -> ledger.PaymentFilter:
        if self.status is not None and self.status not in set(PaymentState):
            message = f"There is no state {self.status} of a payment: {', '.join(PaymentState)}"
            raise DomainError("PAYMENT_STATUS_UNKNOWN", message, field="filter.status")
        return ledger.PaymentFilter(
            service=self.service,
            provider=self.provider,
            commissioner=self.commissioner,
            payee=self.payee,
            status=self.status,
            financial_year=self.financial_year,
        )
