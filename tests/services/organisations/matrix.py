"""Roles by operations of organisations: an operation without a line here fails the test.

The register of organisations is public to whoever is known here. People are administered by those
who hold a role for it, imports are Data Load's.
"""

from nhs.roles import Role

EVERYBODY = frozenset(Role)
ADMINISTRATORS = frozenset({Role.USER_ADMINISTRATOR, Role.ADVANCED_USER_ADMINISTRATOR})
DATA_LOAD = frozenset({Role.DATA_LOAD})

MATRIX = {
    "Query._entities": EVERYBODY,
    "Query.organisation": EVERYBODY,
    "Query.organisations": EVERYBODY,
    "Query.me": EVERYBODY,
    "Query.people": ADMINISTRATORS,
    "Query.organisationImport": DATA_LOAD,
    "Mutation.addPeople": ADMINISTRATORS,
    "Mutation.linkPerson": ADMINISTRATORS,
    "Mutation.unlinkPerson": ADMINISTRATORS,
    "Mutation.grantRole": ADMINISTRATORS,
    "Mutation.withdrawRole": ADMINISTRATORS,
    "Mutation.disablePerson": ADMINISTRATORS,
    "Mutation.requestOrganisationUpload": DATA_LOAD,
    "Mutation.importOrganisations": DATA_LOAD,
}
