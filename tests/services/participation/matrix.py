"""Roles by operations of participation. Scope and payment types narrow them: offers/test_decide."""

from typing import Final

from nhs.roles import Role
from tests.support.matrix import EVERYBODY, Line, Roles, entity

SEE_OFFERS: Final[Roles] = frozenset(Role) - {
    Role.USER_ADMINISTRATOR,
    Role.ADVANCED_USER_ADMINISTRATOR,
    Role.CATALOGUE_MANAGER,
    Role.DATA_LOAD,
}
CATALOGUE: Final[Roles] = frozenset({Role.CATALOGUE_MANAGER})
PROVIDES: Final[Roles] = frozenset({Role.SERVICE_MANAGEMENT})
COMMISSIONS: Final[Roles] = frozenset({Role.COMMISSIONING_MANAGEMENT})

_ID = "01990000-0000-7000-8000-000000000001"


def _bulk(name: str, more: str = "") -> str:
    return f"mutation {{ {name}(choose: {{rows: []}}{more}) {{ message }} }}"


MATRIX: Final = {
    "Query.qualityService": Line(EVERYBODY, '{ qualityService(id: "QOF2526/1") { id } }'),
    "Query.qualityServices": Line(EVERYBODY, "{ qualityServices { totalCount } }"),
    "Query.shippedQualityServices": Line(CATALOGUE, "{ shippedQualityServices { code } }"),
    "Query.compareQualityServices": Line(
        EVERYBODY, '{ compareQualityServices(from: "QOF2526/1", to: "QOF2526/1") { path } }'
    ),
    "Query.publicationImpact": Line(
        CATALOGUE, '{ publicationImpact(id: "NONE/1", acceptedOffers: MOVE) { message } }'
    ),
    "Query.offer": Line(SEE_OFFERS, f'{{ offer(id: "{_ID}") {{ id }} }}'),
    "Query.offers": Line(SEE_OFFERS, "{ offers { totalCount } }"),
    "Query.offeredServices": Line(SEE_OFFERS, "{ offeredServices { total } }"),
    "Query.myServices": Line(SEE_OFFERS, "{ myServices { totalCount } }"),
    "Query.participation": Line(SEE_OFFERS, "{ participation { totalCount } }"),
    "Query.networkSignUps": Line(SEE_OFFERS, '{ networkSignUps(service: "NONE") { totalCount } }'),
    "Query._entities QualityService": Line(
        EVERYBODY, entity("QualityService", 'id: "QOF2526/1"', "name")
    ),
    "Query._entities Offer": Line(SEE_OFFERS, entity("Offer", f'id: "{_ID}"', "status")),
    "Query._entities Organisation.offers": Line(
        SEE_OFFERS, entity("Organisation", 'odsCode: "A81001"', "offers { totalCount }")
    ),
    "Mutation.draftShippedQualityService": Line(
        CATALOGUE, 'mutation { draftShippedQualityService(code: "NONE") { id } }'
    ),
    "Mutation.publishQualityService": Line(
        CATALOGUE, 'mutation { publishQualityService(id: "NONE/1") { id } }'
    ),
    "Mutation.draftQualityService": Line(
        CATALOGUE, 'mutation { draftQualityService(source: {shipped: "NONE"}) { id } }'
    ),
    "Mutation.editQualityServiceDraft": Line(
        CATALOGUE,
        'mutation { editQualityServiceDraft(id: "NONE/1", revision: 1, edit: {}) { id } }',
    ),
    "Mutation.discardQualityServiceDraft": Line(
        CATALOGUE, 'mutation { discardQualityServiceDraft(id: "NONE/1", revision: 1) { id } }'
    ),
    "Mutation.unscheduleQualityService": Line(
        CATALOGUE, 'mutation { unscheduleQualityService(id: "NONE/1") { id } }'
    ),
    "Mutation.createOffers": Line(
        COMMISSIONS,
        'mutation { createOffers(input: {qualityService: "NONE/1", responseDueOn: "2025-03-31",'
        " providers: []}) { message } }",
    ),
    "Mutation.acceptOffers": Line(PROVIDES, _bulk("acceptOffers")),
    "Mutation.rejectOffers": Line(PROVIDES, _bulk("rejectOffers")),
    "Mutation.withdrawOffers": Line(COMMISSIONS, _bulk("withdrawOffers")),
    "Mutation.cancelOffers": Line(COMMISSIONS, _bulk("cancelOffers")),
    "Mutation.extendOffers": Line(
        COMMISSIONS, _bulk("extendOffers", ', responseDueOn: "2025-04-30"')
    ),
    "Mutation.openOffer": Line(SEE_OFFERS, f'mutation {{ openOffer(id: "{_ID}") {{ id }} }}'),
    "Mutation.requestOffersDownload": Line(
        SEE_OFFERS, "mutation { requestOffersDownload { csv } }"
    ),
    "Mutation.requestMyServicesDownload": Line(
        SEE_OFFERS, "mutation { requestMyServicesDownload { csv } }"
    ),
    "Mutation.requestOfferedServicesDownload": Line(
        SEE_OFFERS, "mutation { requestOfferedServicesDownload { csv } }"
    ),
    "Mutation.requestParticipationDownload": Line(
        SEE_OFFERS, "mutation { requestParticipationDownload { csv } }"
    ),
    "Mutation.requestPracticeListDownload": Line(
        SEE_OFFERS, 'mutation { requestPracticeListDownload(service: "NONE") { csv } }'
    ),
    "Mutation.requestNetworkSignUpsDownload": Line(
        SEE_OFFERS, 'mutation { requestNetworkSignUpsDownload(service: "NONE") { csv } }'
    ),
}
