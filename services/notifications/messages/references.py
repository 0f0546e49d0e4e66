"""What messages point to, owned by other services: the gateway asks them for the rest.

The descriptions are their owners' words: the composed schema takes those of any one service.
"""

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.graphql import OdsCode


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("odsCode"), resolvable=False)],
    description="An organisation of the NHS in England, as the Organisation Data Service has it.",
)
class Organisation:
    ods_code: OdsCode = strawberry.field(description="Its code: A84002.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="Somebody who acts for organisations. Seen by those who see these.",
)
class Person:
    id: strawberry.ID = strawberry.field(description="The person's id.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="One version of a quality service: what is offered, measured and paid.",
)
class QualityService:
    id: strawberry.ID = strawberry.field(description="Code and version: QOF2526/1.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="A quality service offered by a commissioner to a provider, and what became of it.",
)
class Offer:
    id: strawberry.ID = strawberry.field(description="The offer's id.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="What a provider declares to have achieved in a payment period, and what it is to "
    "be paid for it.",
)
class Declaration:
    id: strawberry.ID = strawberry.field(description="The declaration's id.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="What a provider claims under one local scheme, or several that are claimed "
    "together, for one period.",
)
class Claim:
    id: strawberry.ID = strawberry.field(description="The claim's id.")


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="A PCN's proposal that a practice joins or leaves it, which its commissioner "
    "confirms or refuses.",
)
class MembershipProposal:
    id: strawberry.ID = strawberry.field(description="The proposal's id.")
