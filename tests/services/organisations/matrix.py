"""Roles by operations of organisations. Whose people somebody administers: test_people.

The register of organisations is public to whoever is known here. People are administered by those
who hold a role for it, imports are Data Load's.
"""

from typing import Final

from nhs.roles import Role
from tests.support.matrix import EVERYBODY, Line, Roles, entity

ADMINISTRATORS: Final[Roles] = frozenset(
    {Role.USER_ADMINISTRATOR, Role.ADVANCED_USER_ADMINISTRATOR}
)
OF_NETWORKS: Final[Roles] = ADMINISTRATORS | {Role.ORGANISATION_ADMINISTRATOR}
ALLOCATES: Final[Roles] = frozenset({Role.ORGANISATION_ADMINISTRATOR, Role.PCN_MANAGEMENT})
LOADS: Final[Roles] = frozenset({Role.DATA_LOAD})

MANAGES: Final[Roles] = frozenset({Role.PCN_MANAGEMENT})

_ID = "01990000-0000-7000-8000-000000000001"
_PERSON = f'id: "{_ID}"'
_AT = f'{_PERSON}, organisation: "A81001"'
_SINCE = 'organisation: "A81001", validFrom: "2026-04-01"'
_HEIR = 'successor: "A81001", predecessor: "A81002"'

_YEAR = 'filter: {from: "2022-01-01", to: "2022-12-31"}'

MATRIX: Final = {
    "Query.organisation": Line(EVERYBODY, '{ organisation(odsCode: "A81001") { name } }'),
    "Query.organisations": Line(EVERYBODY, "{ organisations { totalCount } }"),
    "Query.networkRelationships": Line(
        EVERYBODY, f"{{ networkRelationships({_YEAR}) {{ totalCount }} }}"
    ),
    "Mutation.requestNetworkRelationshipsDownload": Line(
        EVERYBODY, f"mutation {{ requestNetworkRelationshipsDownload({_YEAR}) {{ csv }} }}"
    ),
    "Query.networkPractices": Line(
        frozenset({Role.PCN_VIEW, Role.PCN_MANAGEMENT}), "{ networkPractices { totalCount } }"
    ),
    "Mutation.editPracticeDetails": Line(
        MANAGES,
        'mutation { editPracticeDetails(practice: "A81001", details: {telephone: "1"}) { at } }',
    ),
    "Query.membershipProposals": Line(EVERYBODY, "{ membershipProposals { totalCount } }"),
    "Query.membershipProposal": Line(EVERYBODY, f"{{ membershipProposal({_PERSON}) {{ id }} }}"),
    "Query._entities MembershipProposal": Line(
        EVERYBODY, entity("MembershipProposal", _PERSON, "status")
    ),
    "Mutation.proposeMembership": Line(
        MANAGES,
        'mutation { proposeMembership(proposal: {practice: "A81001", kind: JOIN,'
        ' effectiveOn: "2025-04-01", reason: "x"}) { id } }',
    ),
    "Mutation.withdrawMembershipProposal": Line(
        MANAGES, f"mutation {{ withdrawMembershipProposal({_PERSON}, version: 1) {{ id }} }}"
    ),
    "Mutation.confirmMembershipProposals": Line(
        frozenset({Role.ORGANISATION_ADMINISTRATOR}),
        "mutation { confirmMembershipProposals(choose: {rows: []}) { message } }",
    ),
    "Mutation.refuseMembershipProposals": Line(
        frozenset({Role.ORGANISATION_ADMINISTRATOR}),
        'mutation { refuseMembershipProposals(choose: {rows: []}, reason: "x") { message } }',
    ),
    "Query.me": Line(EVERYBODY, "{ me { roles { role } } }"),
    "Query.people": Line(ADMINISTRATORS, "{ people { totalCount } }"),
    "Query.networksShortOfDeclarers": Line(
        OF_NETWORKS, "{ networksShortOfDeclarers { totalCount } }"
    ),
    "Query.organisationImports": Line(LOADS, "{ organisationImports { totalCount } }"),
    "Query.organisationImport": Line(LOADS, f"{{ organisationImport({_PERSON}) {{ status }} }}"),
    "Query._entities Organisation": Line(
        EVERYBODY, entity("Organisation", 'odsCode: "A81001"', "name")
    ),
    "Query._entities Person": Line(EVERYBODY, entity("Person", _PERSON, "name")),
    "Mutation.addPeople": Line(ADMINISTRATORS, "mutation { addPeople(people: []) { message } }"),
    "Mutation.linkPerson": Line(
        ADMINISTRATORS,
        f'mutation {{ linkPerson({_PERSON}, link: {{organisation: "A81001"}}) {{ id }} }}',
    ),
    "Mutation.unlinkPerson": Line(ADMINISTRATORS, f"mutation {{ unlinkPerson({_AT}) {{ id }} }}"),
    "Mutation.grantRole": Line(
        ADMINISTRATORS, f"mutation {{ grantRole({_AT}, role: {{role: VIEW}}) {{ id }} }}"
    ),
    "Mutation.withdrawRole": Line(
        ADMINISTRATORS, f"mutation {{ withdrawRole({_AT}, role: VIEW) {{ id }} }}"
    ),
    "Mutation.disablePerson": Line(
        ADMINISTRATORS, f'mutation {{ disablePerson({_PERSON}, reason: "left") {{ id }} }}'
    ),
    "Mutation.enablePerson": Line(
        ADMINISTRATORS, f'mutation {{ enablePerson({_PERSON}, reason: "back") {{ id }} }}'
    ),
    "Mutation.grantRoles": Line(ADMINISTRATORS, "mutation { grantRoles(grants: []) { message } }"),
    "Mutation.changeContact": Line(
        ADMINISTRATORS, f'mutation {{ changeContact({_PERSON}, name: "x") {{ id }} }}'
    ),
    "Query.myAccessRequests": Line(EVERYBODY, "{ myAccessRequests { totalCount } }"),
    "Query.accessRequests": Line(ADMINISTRATORS, "{ accessRequests { totalCount } }"),
    "Mutation.requestAccess": Line(
        EVERYBODY,
        'mutation { requestAccess(request: {organisation: "A81001", roles: [], reason: "x"})'
        " { id } }",
    ),
    "Mutation.withdrawAccessRequest": Line(
        EVERYBODY, f"mutation {{ withdrawAccessRequest({_PERSON}) {{ id }} }}"
    ),
    "Mutation.approveAccessRequest": Line(
        ADMINISTRATORS, f"mutation {{ approveAccessRequest({_PERSON}) {{ id }} }}"
    ),
    "Mutation.refuseAccessRequest": Line(
        ADMINISTRATORS, f'mutation {{ refuseAccessRequest({_PERSON}, reason: "x") {{ id }} }}'
    ),
    "Mutation.invitePerson": Line(
        ADMINISTRATORS,
        'mutation { invitePerson(name: "x", email: "x", emailAgain: "x", organisation: "A81001",'
        " roles: []) { code } }",
    ),
    "Mutation.renewInvitation": Line(
        ADMINISTRATORS, f"mutation {{ renewInvitation({_PERSON}) {{ code }} }}"
    ),
    "Mutation.acceptInvitation": Line(EVERYBODY, 'mutation { acceptInvitation(code: "x") }'),
    "Query.allocatedReports": Line(EVERYBODY, "{ allocatedReports { totalCount } }"),
    "Query.separationOfDuties": Line(EVERYBODY, "{ separationOfDuties { off { duty } } }"),
    "Mutation.allocateReports": Line(
        ALLOCATES, "mutation { allocateReports(reports: []) { message } }"
    ),
    "Mutation.withdrawAllocatedReports": Line(
        ALLOCATES, 'mutation { withdrawAllocatedReports(ids: [], reason: "x") { message } }'
    ),
    "Mutation.switchSeparationOfDuties": Line(
        frozenset({Role.ORGANISATION_ADMINISTRATOR}),
        "mutation { switchSeparationOfDuties(duty: CLAIMS, separated: true,"
        ' reason: "x") { off { duty } } }',
    ),
    "Mutation.namePayee": Line(
        frozenset({Role.ORGANISATION_ADMINISTRATOR, Role.DATA_LOAD}),
        f"mutation {{ namePayee(payee: {{{_SINCE}}}) {{ name }} }}",
    ),
    "Mutation.nameClinicalDirector": Line(
        frozenset({Role.ORGANISATION_ADMINISTRATOR, Role.PCN_MANAGEMENT}),
        f"mutation {{ nameClinicalDirector(clinicalDirector: {{{_SINCE}}}) {{ name }} }}",
    ),
    "Mutation.recordNetworkAgreement": Line(
        frozenset({Role.ORGANISATION_ADMINISTRATOR}),
        f"mutation {{ recordNetworkAgreement(agreement: {{{_SINCE}}}) {{ name }} }}",
    ),
    "Mutation.recordSuccession": Line(
        LOADS, f'mutation {{ recordSuccession({_HEIR}, since: "2026-04-01") {{ name }} }}'
    ),
    "Mutation.withdrawSuccession": Line(
        LOADS, f"mutation {{ withdrawSuccession({_HEIR}) {{ name }} }}"
    ),
    "Mutation.requestOrganisationUpload": Line(
        LOADS, 'mutation { requestOrganisationUpload(fileName: "ePCN.xlsx") { path } }'
    ),
    "Mutation.importOrganisations": Line(
        LOADS, "mutation { importOrganisations(uploads: []) { id } }"
    ),
}
