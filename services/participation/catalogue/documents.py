"""Specifications as people send them: read, or refused with all that is wrong."""

from typing import Any

from pydantic import ValidationError

from chassis import wire
from chassis.errors import DomainError
from nhs.formulas.specification import QualityServiceSpecification
from services.participation.catalogue.domain import LONGEST_LIST


def specification_of(document: Any) -> QualityServiceSpecification:
    """The specification that a document holds; NOT_A_SPECIFICATION lists what is wrong where."""
    if not _storable(document):
        raise DomainError("NOT_A_SPECIFICATION", "It holds characters that cannot be kept.")
    try:
        return QualityServiceSpecification.model_validate(document)
    except ValidationError as error:
        problems = [
            {"where": "/".join(map(str, one["loc"])), "message": one["msg"]}
            for one in error.errors(include_url=False, include_input=False)[:LONGEST_LIST]
        ]
        told = "; ".join(f"{one['where']}: {one['message']}" for one in problems)
        message = f"This is not a specification: {told}"
        raise DomainError("NOT_A_SPECIFICATION", message, problems=problems) from None


def _storable(document: Any) -> bool:
    """The database keeps no NUL; text must be text."""
    try:
        return b"\\u0000" not in wire.encode(document)
    except (TypeError, ValueError):
        return False
