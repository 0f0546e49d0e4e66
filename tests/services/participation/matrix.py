"""Roles by operations of participation. Scope and payment types narrow them: offers/test_decide."""

from typing import Final

from nhs.roles import Role
from tests.support.matrix import EVERYBODY, Line

SEE_OFFERS: Final[Line] = frozenset(Role) - {
    Role.USER_ADMINISTRATOR,
    Role.ADVANCED_USER_ADMINISTRATOR,
    Role.CATALOGUE_MANAGER,
    Role.DATA_LOAD,
}
CATALOGUE: Final[Line] = frozenset({Role.CATALOGUE_MANAGER})
PROVIDES: Final[Line] = frozenset({Role.SERVICE_MANAGEMENT})
COMMISSIONS: Final[Line] = frozenset({Role.COMMISSIONING_MANAGEMENT})

MATRIX: Final[dict[str, Line]] = {
    "Query.qualityService": EVERYBODY,
    "Query.qualityServices": EVERYBODY,
    "Query.shippedQualityServices": CATALOGUE,
    "Query.offer": SEE_OFFERS,
    "Query.offers": SEE_OFFERS,
    "Query.offeredServices": SEE_OFFERS,
    "Query.myServices": SEE_OFFERS,
    "Query._entities QualityService": EVERYBODY,
    "Query._entities Offer": SEE_OFFERS,
    "Query._entities Organisation.offers": SEE_OFFERS,
    "Mutation.draftShippedQualityService": CATALOGUE,
    "Mutation.publishQualityService": CATALOGUE,
    "Mutation.createOffers": COMMISSIONS,
    "Mutation.acceptOffers": PROVIDES,
    "Mutation.rejectOffers": PROVIDES,
    "Mutation.withdrawOffers": COMMISSIONS,
    "Mutation.cancelOffers": COMMISSIONS,
    "Mutation.extendOffers": COMMISSIONS,
    "Mutation.openOffer": SEE_OFFERS,
}

_ID = "01990000-0000-7000-8000-000000000001"
_ENTITY = "{ _entities(representations: [{__typename: %s}]) { __typename ... on %s { %s } } }"
_BULK = "mutation { %s(choose: {rows: []}%s) { message } }"

OPERATIONS: Final = {
    "Query.qualityService": '{ qualityService(id: "QOF2526/1") { id } }',
    "Query.qualityServices": "{ qualityServices { totalCount } }",
    "Query.shippedQualityServices": "{ shippedQualityServices { code } }",
    "Query.offer": f'{{ offer(id: "{_ID}") {{ id }} }}',
    "Query.offers": "{ offers { totalCount } }",
    "Query.offeredServices": "{ offeredServices { total } }",
    "Query.myServices": "{ myServices { id } }",
    "Query._entities QualityService": _ENTITY
    % ('"QualityService", id: "QOF2526/1"', "QualityService", "name"),
    "Query._entities Offer": _ENTITY % (f'"Offer", id: "{_ID}"', "Offer", "status"),
    "Query._entities Organisation.offers": _ENTITY
    % ('"Organisation", odsCode: "A81001"', "Organisation", "offers { totalCount }"),
    "Mutation.draftShippedQualityService": (
        'mutation { draftShippedQualityService(code: "NONE") { id } }'
    ),
    "Mutation.publishQualityService": 'mutation { publishQualityService(id: "NONE/1") { id } }',
    "Mutation.createOffers": (
        'mutation { createOffers(input: {qualityService: "NONE/1", responseDueOn: "2025-03-31",'
        " providers: []}) { message } }"
    ),
    "Mutation.acceptOffers": _BULK % ("acceptOffers", ""),
    "Mutation.rejectOffers": _BULK % ("rejectOffers", ""),
    "Mutation.withdrawOffers": _BULK % ("withdrawOffers", ""),
    "Mutation.cancelOffers": _BULK % ("cancelOffers", ""),
    "Mutation.extendOffers": _BULK % ("extendOffers", ', responseDueOn: "2025-04-30"'),
    "Mutation.openOffer": f'mutation {{ openOffer(id: "{_ID}") {{ id }} }}',
}
