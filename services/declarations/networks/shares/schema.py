"""What each practice earned of its network's payment, in GraphQL."""

from __future__ import annotations

from uuid import UUID

import strawberry

from chassis.graphql import Context, OdsCode, Pounds, as_uuid
from nhs.directory import Principal
from services.declarations.approval.schema import Declaration, Organisation, declaration_of
from services.declarations.networks.percentages import percentage
from services.declarations.networks.shares import queries
from services.declarations.networks.shares.queries import Share, Shares
from services.declarations.sight import Sight

Info = strawberry.Info[Context[Principal], None]


@strawberry.type(description="What a practice added to an indicator's numerator.")
class NetworkShareNumerator:
    indicator: str = strawberry.field(description="The indicator: HI03.")
    numerator: int = strawberry.field(description="What was added for this practice.")


@strawberry.type(description="What a practice earned of its network's payment.")
class NetworkShare:
    practice: Organisation | None = strawberry.field(description="The member.")
    numerators: list[NetworkShareNumerator] = strawberry.field(
        description="What it added, by indicator."
    )
    part: str = strawberry.field(description="Its part of the whole in per cent, two places.")
    amount: Pounds = strawberry.field(description="Its share; the shares add up to the amount.")

    @classmethod
    def of(cls, share: Share) -> NetworkShare:
        return cls(
            practice=Organisation(ods_code=OdsCode(share.practice)),
            numerators=[
                NetworkShareNumerator(indicator=code, numerator=number)
                for code, number in sorted(share.numerators.items())
            ],
            part=percentage(share.part),
            amount=Pounds(share.amount),
        )


@strawberry.type(
    description="What each member earned of what its network is paid: by its part of the "
    "numerators. Information only: the network decides how it divides its payment."
)
class NetworkPaymentShares:
    network: Organisation | None = strawberry.field(description="Who is paid.")
    amount: Pounds = strawberry.field(description="What is divided.")
    paid: bool = strawberry.field(
        description="Whether it is what was authorised, adjustments included; else what has been "
        "calculated so far."
    )
    shares: list[NetworkShare] = strawberry.field(
        description="By practice: every member that was counted."
    )
    identity: strawberry.Private[UUID]

    @strawberry.field(description="The declaration it is of.")
    async def declaration(self, info: Info) -> Declaration | None:
        return await declaration_of(info, self.identity)

    @classmethod
    def of(cls, found: Shares) -> NetworkPaymentShares:
        return cls(
            network=Organisation(ods_code=OdsCode(found.network)),
            amount=Pounds(found.amount),
            paid=found.paid,
            shares=[NetworkShare.of(share) for share in found.shares],
            identity=found.declaration,
        )


@strawberry.type
class SharesQuery:
    @strawberry.field(
        description="What each practice earned of its network's payment, or of what its "
        "declaration is worth. For who may see its pounds."
    )
    async def network_payment_shares(
        self, info: Info, declaration: strawberry.ID
    ) -> NetworkPaymentShares | None:
        sight = Sight.of_pounds(info.context.principal)
        identity = as_uuid(declaration, "declaration")
        async with info.context.db.reader() as reader:
            return NetworkPaymentShares.of(await queries.shares(reader, sight, identity))
