"""What others may know of a quality service: the whole specification, once it is published."""

from datetime import UTC, date, datetime
from typing import Any, Final

from pydantic import ConfigDict, Field

from chassis.outbox import Event
from nhs.formulas.specification import QualityServiceSpecification
from services.participation.catalogue.domain import QualityService

TOPIC: Final = "participation.quality-service"
PUBLISHED: Final = "quality-service.published.v1"


class QualityServicePublished(QualityServiceSpecification):
    """A published version, which never changes. The line is `code`, the version `id`."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: str = Field(description="Line and version: QOF2526/1")
    version: int = Field(description="The version of the line: 1")
    published_at: datetime
    digest_sha256: str = Field(description="SHA-256 over the specification's canonical JSON")

    @classmethod
    def model_json_schema(cls, *arguments: Any, **named: Any) -> dict[str, Any]:
        """The schema of what is published, open to additions as every event's is.

        The specification itself is closed, so that a misspelt field of a draft is found.
        """
        schema: dict[str, Any] = _open(super().model_json_schema(*arguments, **named))
        return schema


def _open(schema: Any) -> Any:
    if isinstance(schema, list):
        return [_open(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    closed = schema.get("additionalProperties") is False
    return {
        name: _open(part)
        for name, part in schema.items()
        if not (closed and name == "additionalProperties")
    }


def published(service: QualityService) -> Event:
    return Event(
        PUBLISHED, TOPIC, service.id, _payload(service).model_dump(mode="json", by_alias=True)
    )


def _payload(service: QualityService) -> QualityServicePublished:
    publication = service.publication
    if publication is None or publication.at is None:
        raise ValueError(f"{service.id} is {service.status}")
    return QualityServicePublished.model_validate(
        service.specification.as_json()
        | {
            "id": service.id,
            "version": service.version,
            "published_at": publication.at,
            "digest_sha256": service.specification.digest,
        }
    )


def example() -> QualityServicePublished:
    """A service that is for taking part only: no domains, no payment."""
    return QualityServicePublished(
        id="CVDP2526/1",
        version=1,
        published_at=datetime(2025, 3, 1, 9, tzinfo=UTC),
        digest_sha256="0" * 64,
        code="CVDP2526",
        name="Cardiovascular disease audit 2025/26",
        kind="PARTICIPATION_ONLY",
        payment_type=None,
        provider_kind="PRACTICE",
        payment_period="NONE",
        starts_on=date(2025, 4, 1),
        ends_on=date(2026, 3, 31),
        collection="NONE",
    )
