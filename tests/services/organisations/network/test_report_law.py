"""What holds of the report on networks for any memberships and any periods."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nhs.directory import Acting
from nhs.roles import OrganisationKind, RelationshipKind
from services.organisations.network import store as network
from services.organisations.network.domain import Span, in_force
from services.organisations.network.report import store
from services.organisations.network.report.domain import ReportFilter
from services.organisations.network.report.store import Wanted
from tests.services.organisations.importing import load_files
from tests.services.organisations.small_england import FILES

TODAY = date(2026, 4, 9)
PRACTICE = "A99001"
PCNS = ("U99001", "U99002")
DAYS = st.dates(date(2026, 1, 1), date(2026, 6, 30))


@st.composite
def histories(draw):
    def span():
        start, lasting = draw(DAYS), draw(st.none() | st.integers(0, 60))
        end = None if lasting is None else start + timedelta(days=lasting)
        return Span(start, draw(st.sampled_from(PCNS)), end)

    return in_force(span() for _ in range(draw(st.integers(0, 5))))


async def have(tx, history):
    await tx.execute("delete from relationship where kind = 'MEMBER_OF'")
    line = PRACTICE, RelationshipKind.MEMBER_OF
    await network.write_spans(tx, [], {line: history}, datetime(2026, 4, 9, tzinfo=UTC))


async def shown(tx, start, end, **narrowed):
    asked = ReportFilter(start, end, **narrowed)
    first, last = asked.days(OrganisationKind.ICB, TODAY)
    wanted = Wanted(first, last, asked.pcn, asked.practice)
    rows = await store.page(tx, Acting("QQ1", TODAY), wanted, (None, None, None), 1_000)
    assert await store.count(tx, Acting("QQ1", TODAY), wanted) == len(rows)
    return [tuple(row.values()) for row in rows]


@pytest.fixture
async def small(database):
    await load_files(database, FILES)
    return database


_MANY = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@_MANY
@given(data=st.data())
async def test_a_practice_over_two_periods_that_meet_is_the_practice_over_both(small, data):
    history = data.draw(histories())
    a, b, c = sorted(data.draw(st.tuples(DAYS, DAYS, DAYS)))
    async with small.transaction() as tx:
        await have(tx, history)
        whole = await shown(tx, a, c, practice=PRACTICE)
        parts = await shown(tx, a, b, practice=PRACTICE), await shown(tx, b, c, practice=PRACTICE)
        assert set(whole) == set(parts[0]) | set(parts[1])
        expected = [span for span in history if span.valid_from <= c and span.end >= a]
        assert sorted(row[2:4] for row in whole) == sorted(
            (span.valid_from, span.valid_to) for span in expected
        )


@_MANY
@given(data=st.data())
async def test_a_network_shows_whoever_is_a_member_on_the_day_that_counts(small, data):
    history = data.draw(histories())
    start, end = sorted(data.draw(st.tuples(DAYS, DAYS)))
    current = min(end, TODAY)
    async with small.transaction() as tx:
        await have(tx, history)
        for pcn in PCNS:
            rows = await shown(tx, start, end, pcn=pcn)
            holding = [s for s in history if s.target == pcn and s.valid_from <= current <= s.end]
            assert [row[2] for row in rows] == [span.valid_from for span in holding]
