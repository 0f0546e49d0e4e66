"""The catalogue in GraphQL."""

from services.participation.catalogue.schema.roots import CatalogueMutation, CatalogueQuery
from services.participation.catalogue.schema.types import (
    QualityService,
    quality_service,
    quality_service_loader,
)
from services.participation.catalogue.schema.versions import Person

__all__ = [
    "CatalogueMutation",
    "CatalogueQuery",
    "Person",
    "QualityService",
    "quality_service",
    "quality_service_loader",
]
