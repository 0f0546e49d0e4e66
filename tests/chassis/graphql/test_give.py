"""Fields that one feature gives to another's type."""

import strawberry

from chassis.graphql import give, schema


@strawberry.federation.type(keys=["code"], description="Of one feature, which knows no other.")
class Thing:
    code: str = strawberry.field(description="Its code.")

    @classmethod
    def resolve_reference(cls, code: str) -> "Thing":
        return cls(code=code)


@strawberry.type
class ThingOfAnother:
    code: strawberry.Private[str]

    @strawberry.field(description="What another feature says of it.")
    async def said(self, twice: bool = False) -> str:
        return self.code * (1 + twice)


@strawberry.type
class Query:
    @strawberry.field(description="A thing.")
    def thing(self) -> Thing:
        return Thing(code="x")


give(Thing, ThingOfAnother)
SCHEMA = schema(Query)


async def test_a_given_field_is_one_of_the_type_and_knows_whose_it_is():
    result = await SCHEMA.execute("{ thing { code said again: said(twice: true) } }")
    assert result.data == {"thing": {"code": "x", "said": "x", "again": "xx"}}


async def test_it_is_resolved_for_an_entity_as_well():
    thing = '{__typename: "Thing", code: "y"}'
    query = f"{{ _entities(representations: [{thing}]) {{ ... on Thing {{ said }} }} }}"
    result = await SCHEMA.execute(query)
    assert result.data == {"_entities": [{"said": "y"}]}


def test_the_type_that_brings_it_is_not_in_the_schema():
    assert "ThingOfAnother" not in SCHEMA.as_str()
