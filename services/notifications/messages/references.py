"""What messages point to, owned by other services: the gateway asks them for the rest."""

import strawberry
from strawberry.federation.schema_directives import Key
from strawberry.federation.types import FieldSet

from chassis.graphql import OdsCode


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("odsCode"), resolvable=False)],
    description="A practice, PCN, sub-ICB, ICB, region, or England itself.",
)
class Organisation:
    ods_code: OdsCode = strawberry.field(
        description="Its code in the Organisation Data Service: A84002."
    )


@strawberry.federation.type(
    keys=[Key(fields=FieldSet("id"), resolvable=False)],
    description="Somebody who uses the system, known by an id alone.",
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
    description="A provider's declaration of what it achieved in a period.",
)
class Declaration:
    id: strawberry.ID = strawberry.field(description="The declaration's id.")
