"""The states, steps and reasons of claims, as GraphQL names and describes them."""

import strawberry

from services.declarations.claims.domain import RejectionCode as ClaimRejectionCode
from services.declarations.claims.domain import Status as ClaimStatus
from services.declarations.claims.domain import Step as ClaimStep

__all__ = ["ClaimRejectionCode", "ClaimStatus", "ClaimStep"]

strawberry.enum(
    ClaimStatus,
    name="ClaimStatus",
    description="Whose step it is: the provider writes a DRAFT, and may have it approved on its "
    "own side; tier 1 looks at the evidence, tier 2 at the money, finance at large amounts. A "
    "REJECTED claim may be amended.",
)
strawberry.enum(
    ClaimStep,
    name="ClaimStep",
    description="Who approves: the provider itself, tier 1, tier 2, finance; in this order.",
)
strawberry.enum(
    ClaimRejectionCode,
    name="ClaimRejectionCode",
    description="Why a claim was rejected, for counting; the words beside it say more.",
)
