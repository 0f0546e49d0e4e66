"""National prevalence: dated, named sets, loaded by Data Load and frozen by each run."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from chassis.db import Tx
from chassis.errors import NOT_YET_KNOWN, DomainError
from chassis.ids import new_id
from nhs.directory import Principal
from nhs.formulas.specification import QualityServiceSpecification
from nhs.roles import Role
from services.declarations import due
from services.declarations.agreements import store as agreements
from services.declarations.calculation import store
from services.declarations.calculation.domain import number

_MOST_PATIENTS: Final = 10_000_000
"""No network has so many; a slip of the decimal point may."""


async def load_prevalence(
    tx: Tx,
    principal: Principal,
    *,
    quality_service: str,
    name: str,
    source: str,
    given: Sequence[tuple[str, str]],
    average_list: str | None = None,
    now: datetime,
) -> UUID:
    """Keep a whole set; everything not yet finance-approved is calculated with it.

    The set that was loaded last, given again, is answered as it is: nothing has changed.
    """
    principal.require(Role.DATA_LOAD)
    service = await _service(tx, quality_service)
    values = _read(given)
    _check_groups(service.prevalence_groups, values)
    average = _average(service, average_list)
    loaded = store.PrevalenceSet(quality_service, name, source, values, average)
    if same := await store.prevalences_as_given(tx, loaded):
        return same
    identity = new_id()
    await store.keep_prevalences(tx, identity, loaded, person=principal.person_id, now=now)
    await due.mark_service(tx, quality_service, "national prevalence was loaded")
    return identity


async def _service(tx: Tx, quality_service: str) -> QualityServiceSpecification:
    known = await agreements.specifications(tx, [quality_service])
    if quality_service not in known:
        message = f"No published quality service {quality_service} has been heard of yet."
        raise DomainError(NOT_YET_KNOWN, message, field="qualityService")
    return known[quality_service]


def _average(service: QualityServiceSpecification, text: str | None) -> Decimal | None:
    """The networks' mean list: given where the service pays by it, and nowhere else."""
    if service.needs_average_list != (text is not None):
        word = "needs" if text is None else "does not use"
        code = "AVERAGE_LIST_MISSING" if text is None else "AVERAGE_LIST_NOT_USED"
        message = f"{service.code} {word} the average list of England's networks."
        raise DomainError(code, message, field="averageList")
    return None if text is None else _patients(text)


def _patients(text: str) -> Decimal:
    value = number(text)
    if not 0 < value < _MOST_PATIENTS:
        message = f"The average list is {text!r}: it is a number of patients above 0."
        raise DomainError("AVERAGE_LIST_NOT_VALID", message, field="averageList")
    return value


def _read(given: Sequence[tuple[str, str]]) -> dict[str, Decimal]:
    times = Counter(group for group, _ in given)
    if twice := sorted(group for group, count in times.items() if count > 1):
        message = f"The set names {', '.join(twice)} more than once."
        raise DomainError("PREVALENCE_TWICE", message, field="values", groups=twice)
    return {group: _proportion(group, text) for group, text in given}


def _proportion(group: str, text: str) -> Decimal:
    value = number(text)
    if not 0 < value <= 1:
        message = f"The prevalence of {group} is {text!r}: it is above 0 and at most 1."
        raise DomainError("PREVALENCE_NOT_VALID", message, field="values", group=group)
    return value


def _check_groups(needed: Sequence[str], values: Mapping[str, Decimal]) -> None:
    missing = [group for group in needed if group not in values]
    unknown = sorted(set(values) - set(needed))
    if missing:
        message = f"A set is loaded whole: {', '.join(missing)} missing."
        raise DomainError("PREVALENCE_MISSING", message, field="values", groups=missing)
    if unknown:
        message = f"The service has no prevalence group {', '.join(unknown)}."
        raise DomainError("PREVALENCE_GROUP_UNKNOWN", message, field="values", groups=unknown)
