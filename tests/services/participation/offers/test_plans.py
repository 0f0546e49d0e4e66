"""Plans of hot queries: nothing may look through all of a scope for each offer."""

from datetime import date

import pytest

from chassis.ids import new_id
from nhs.directory import Acting
from services.participation.offers.domain.looking import OfferFilter, Order
from services.participation.offers.store import changes, lists, scope, services
from tests.services.participation.conftest import QOF

_MANY = """
insert into offer (id, version, quality_service, service_code, payment_type, provider, commissioner,
    status, starts_on, ends_on, response_due_on, offered_at)
select gen_random_uuid(), 1, $1, 'QOF2526', 'QOF', 'P' || n, '00L', 'OFFERED',
    '2025-04-01', '2026-03-31', '2025-03-31', now()
from generate_series(1, 2000) n
"""
ACTING = Acting("QHM", date(2025, 3, 13))
_EVERYTHING = scope.arguments(OfferFilter())
_FROM_THE_START = (None, None, None, None, 1001)
QUERIES = {
    "page": (lists._PAGES[scope.SCOPE, Order()], (*_EVERYTHING, *_FROM_THE_START)),
    "page of the report": (lists._PAGES[scope.REPORT, Order()], (*_EVERYTHING, *_FROM_THE_START)),
    "count": (lists._COUNTS[scope.SCOPE], _EVERYTHING),
    "matching": (lists._MATCHING, (*_EVERYTHING, 20_001)),
    "find": (lists._FIND[scope.SCOPE], ([new_id() for _ in range(500)], None)),
    "services": (services._OFFERED, _EVERYTHING),
    "organisations": (lists._OF_ORGANISATIONS, (*_EVERYTHING, ["A81001"], *_FROM_THE_START)),
    "held": (changes._HELD_BY_COMMISSIONER, ([new_id() for _ in range(500)],)),
}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize("analysed", [True, False])
async def test_offers_are_joined_with_what_is_seen_by_hash_or_merge(published, name, analysed):
    async with published.db.transaction() as tx:
        await tx.execute(_MANY, QOF)
        if analysed:
            await tx.execute("analyze offer")
        statement, arguments = QUERIES[name]
        (plan,) = await tx.fetchval(f"explain (format json) {statement}", *ACTING, *arguments)
    assert _repeated(plan["Plan"], inside=False) == []


def _repeated(node, *, inside):
    """The scans of the scope that are done again for each row of something else."""
    found = []
    if inside and node.get("Function Name") in ("sight", "sight_in_report"):
        found.append(node["Node Type"])
    for part in node.get("Plans", []):
        inner = node["Node Type"] == "Nested Loop" and part["Parent Relationship"] == "Inner"
        found += _repeated(part, inside=inside or inner)
    return found
