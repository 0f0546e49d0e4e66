"""Every role against every operation, in the database and through the schema."""

from typing import Any

from nhs.roles import HELD_AT, OrganisationKind, Role
from services.declarations.app import SERVICE
from tests.services.declarations.matrix import MATRIX
from tests.services.declarations.period import Period
from tests.support.directory import have_organisation, have_person

ID = "01990000-0000-7000-8000-000000000001"
ENTITIES = "{ _entities(representations: [%s]) { __typename ... on %s { %s } } }"
OPERATIONS = {
    "Query.declaration": f'{{ declaration(id: "{ID}") {{ id }} }}',
    "Query.declarations": "{ declarations { totalCount } }",
    "Query.declarationSummary": "{ declarationSummary { status } }",
    "Query.payment": f'{{ payment(id: "{ID}") {{ id }} }}',
    "Query.payments": "{ payments { totalCount } }",
    "Query.paymentTotal": "{ paymentTotal { count } }",
    "Query.achievementLoad": f'{{ achievementLoad(id: "{ID}") {{ id }} }}',
    "Query._entities Declaration": ENTITIES
    % (f'{{__typename: "Declaration", id: "{ID}"}}', "Declaration", "status"),
    "Query._entities Payment": ENTITIES
    % (f'{{__typename: "Payment", id: "{ID}"}}', "Payment", "status"),
    "Query._entities Offer.declarations": ENTITIES
    % (f'{{__typename: "Offer", id: "{ID}"}}', "Offer", "declarations { id }"),
    "Query._entities Organisation.declarations": ENTITIES
    % ('{__typename: "Organisation", odsCode: "A81001"}', "Organisation", "declarations { id }"),
    "Mutation.declareDeclarations": "mutation { declareDeclarations("
    "choose: {rows: []}) { message } }",
    "Mutation.approveDeclarations": "mutation { approveDeclarations("
    "choose: {rows: []}) { message } }",
    "Mutation.requestAchievementUpload": "mutation { requestAchievementUpload("
    'fileName: "x.csv") { id } }',
    "Mutation.loadAchievement": f'mutation {{ loadAchievement(upload: "{ID}") {{ id }} }}',
    "Mutation.loadNationalPrevalence": "mutation { loadNationalPrevalence(input: {"
    'name: "x", qualityService: "QOF2526/1", source: "x", values: []}) { id } }',
}


def exposed() -> set[str]:
    """Everything the schema offers: root fields, and the fields it gives others' entities."""
    types = SERVICE.schema._schema.type_map
    found = {
        f"{root}.{name}"
        for root in ("Query", "Mutation")
        for name in types[root].fields
        if not name.startswith("_")
    }
    entities = {"Declaration", "Payment", "Offer.declarations", "Organisation.declarations"}
    union = {kind.name for kind in types["_Entity"].types} - {"QualityService"}  # a bare key
    assert union == {entity.partition(".")[0] for entity in entities}
    return found | {f"Query._entities {entity}" for entity in entities}


def test_every_operation_has_its_line():
    assert exposed() == set(MATRIX) == set(OPERATIONS)


async def test_each_role_may_do_what_the_matrix_says_and_nothing_else(period: Period):
    async with period.db.transaction() as tx:
        for role in Role:
            await have_person(tx, role.value, {await _place(tx, role): [role]})
    wrong = [
        (operation, role.value, answer)
        for operation, query in OPERATIONS.items()
        for role in Role
        for answer in [await period.ask(role.value, query)]
        if _refused(answer) == (role in MATRIX[operation])
    ]
    assert wrong == []
    assert await period.events_by_type() == {}


async def _place(tx: Any, role: Role) -> str:
    """An organisation the role can be held at; for a provider's, the practice A81001."""
    kinds = HELD_AT[role]
    if OrganisationKind.PRACTICE in kinds:
        return "A81001"
    if OrganisationKind.ICB in kinds:
        return "QHM"
    if OrganisationKind.NATION in kinds:
        return "ENG"
    return await have_organisation(tx, f"U{len(role.value):05}", OrganisationKind.PCN)


def _refused(answer: Any) -> bool:
    return answer.get("errors", [])[:1] == ["ROLE_REQUIRED"]
