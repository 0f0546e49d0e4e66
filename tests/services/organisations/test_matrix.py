"""Every role at every operation: let pass, or refused for want of a role and nothing come of it."""

from itertools import product

from chassis.ids import new_id
from nhs.roles import HELD_AT, OrganisationKind, Role
from services.organisations.app import SCHEMA
from tests.services.organisations.conftest import somebody
from tests.services.organisations.matrix import MATRIX

NOBODY = str(new_id())
DOCUMENTS = {
    "Query._entities": (
        '{ _entities(representations: [{__typename: "Organisation", odsCode: "A99001"}]) {'
        " ... on Organisation { name } } }"
    ),
    "Query.organisation": '{ organisation(odsCode: "A99001") { name } }',
    "Query.organisations": "{ organisations { totalCount } }",
    "Query.me": "{ me { roles { role } } }",
    "Query.people": "{ people { totalCount } }",
    "Query.organisationImport": f'{{ organisationImport(id: "{NOBODY}") {{ status }} }}',
    "Mutation.addPeople": "mutation { addPeople(people: []) { done } }",
    "Mutation.linkPerson": (
        f'mutation {{ linkPerson(id: "{NOBODY}", link: {{organisation: "A99001"}}) {{ id }} }}'
    ),
    "Mutation.unlinkPerson": (
        f'mutation {{ unlinkPerson(id: "{NOBODY}", organisation: "A99001") {{ id }} }}'
    ),
    "Mutation.grantRole": (
        f'mutation {{ grantRole(id: "{NOBODY}", organisation: "A99001", role: {{role: VIEW}})'
        " { id } }"
    ),
    "Mutation.withdrawRole": (
        f'mutation {{ withdrawRole(id: "{NOBODY}", organisation: "A99001", role: VIEW) {{ id }} }}'
    ),
    "Mutation.disablePerson": (
        f'mutation {{ disablePerson(id: "{NOBODY}", reason: "left") {{ id }} }}'
    ),
    "Mutation.requestOrganisationUpload": (
        'mutation { requestOrganisationUpload(fileName: "ePCN.xlsx") { path } }'
    ),
    "Mutation.importOrganisations": "mutation { importOrganisations(uploads: []) { id } }",
}
PLACES = {OrganisationKind.PRACTICE: "A99001", OrganisationKind.PCN: "U99001"}


def test_every_operation_has_a_line():
    schema = SCHEMA._schema
    fields = {
        f"{root.name}.{name}"
        for root in (schema.query_type, schema.mutation_type)
        for name in root.fields
    }
    assert fields - {"Query._service"} == set(MATRIX) == set(DOCUMENTS)


def holders():
    """A person for each role, named after it, where it is held."""
    for role in Role:
        kinds = sorted(HELD_AT[role], key=lambda kind: kind not in PLACES)
        yield somebody(role.value, **{PLACES.get(kinds[0], "ENG"): [role]})


async def test_a_role_does_what_its_lines_say_and_nothing_else(organisations):
    answer = await organisations.add(*holders())
    assert answer.data["addPeople"]["refused"] == []
    people = await organisations.rows("select count(*), max(version) from person")
    await organisations.told()
    for role, (operation, document) in product(Role, DOCUMENTS.items()):
        answer = await organisations.ask(role.value, document)
        refused = "errors" in answer.body and answer.code == "ROLE_REQUIRED"
        assert refused is (role not in MATRIX[operation]), (role, operation, answer.body)
        assert "INTERNAL" not in str(answer.body), (role, operation, answer.body)
    assert await organisations.told() == []
    assert await organisations.rows("select count(*), max(version) from person") == people
    assert await organisations.rows("select id from chassis.job where status = 'WAITING'") == []
