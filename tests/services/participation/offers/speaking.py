"""What the stories say to the service."""

from tests.services.participation.conftest import PRACTICES, QOF

CREATE = """
mutation($input: CreateOffersInput!, $dryRun: Boolean!, $key: String) {
  createOffers(input: $input, dryRun: $dryRun, idempotencyKey: $key) {
    done refused { id code message field } counts { name value } selection message
  }
}
"""
TERMS = {"qualityService": QOF, "responseDueOn": "2025-03-31"}
ALL = TERMS | {"providers": PRACTICES}


async def ask(service, subject, query, variables=None, **headers):
    return await service.ask(query, variables, token=service.issuer.token(subject), **headers)


async def publish(service):
    drafted = await ask(
        service, "author", 'mutation { draftShippedQualityService(code: "QOF2526") { id status } }'
    )
    assert drafted.data["draftShippedQualityService"] == {"id": QOF, "status": "DRAFT"}
    published = await ask(
        service, "publisher", f'mutation {{ publishQualityService(id: "{QOF}") {{ status }} }}'
    )
    assert published.data["publishQualityService"] == {"status": "PUBLISHED"}


async def offer(service, **others):
    await publish(service)
    made = await ask(service, "icb", CREATE, {"input": ALL | others, "dryRun": False})
    return made.data["createOffers"]
