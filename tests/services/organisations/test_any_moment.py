"""What was known on any day of any day: never two at once, always what was said last by then."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nhs.roles import OrganisationKind, RelationshipKind
from services.organisations.directory import facts
from services.organisations.directory.domain import Days, Organisation
from services.organisations.directory.store import write_organisations
from services.organisations.moment import Moment
from services.organisations.network import store as network
from services.organisations.network.domain import Span, in_force

PRACTICE, NETWORKS = "A99001", ("U99001", "U99002")
LINE = PRACTICE, RelationshipKind.MEMBER_OF
FIRST = date(2026, 1, 1)
WITHIN = settings(
    max_examples=max(20, settings.default.max_examples // 4),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def days(start=0, end=9):
    return st.integers(start, end).map(lambda n: FIRST + timedelta(days=n))


@st.composite
def periods(draw):
    first = draw(days())
    return first, draw(st.none() | days((first - FIRST).days, 12))


SPANS = st.builds(
    lambda period, target: Span(period[0], target, period[1]),
    periods(),
    st.sampled_from(NETWORKS),
)
# On which of the days it is said, in order; several may be said on one.
SAID_ON = st.lists(days(20, 25), min_size=1, max_size=5).map(sorted)


class Undone(Exception):  # noqa: N818 - no error
    pass


async def everybody(tx):
    codes = {PRACTICE: OrganisationKind.PRACTICE} | dict.fromkeys(NETWORKS, OrganisationKind.PCN)
    ones = [Organisation(code, kind, code) for code, kind in codes.items()]
    await write_organisations(tx, ones, moment(FIRST))


def moment(day, place=0):
    """The clock may stand still between two that are said on a day."""
    return datetime.combine(day, time(9, place // 2), UTC)


def by_then(said: Sequence[tuple[date, object]], known_on):
    earlier = [what for day, what in said if known_on is None or day <= known_on]
    return earlier[-1] if earlier else None


LOOKED_AT = [FIRST + timedelta(days=n) for n in range(14)]
KNOWN_ON = [None, *(FIRST + timedelta(days=n) for n in range(19, 27))]


@given(st.data(), SAID_ON)
@WITHIN
async def test_a_practice_is_in_one_network_at_most_on_any_day_as_known_on_any(
    database, data, said_on
):
    said = [(day, in_force(data.draw(st.lists(SPANS, max_size=4)))) for day in said_on]
    with suppress(Undone):
        async with database.transaction() as tx:
            await everybody(tx)
            for place, (day, spans) in enumerate(said):
                known = (await network.known_spans(tx)).get(LINE, {})
                await network.write_spans(
                    tx, list(known.values()), {LINE: spans}, moment(day, place)
                )
            for known_on in KNOWN_ON:
                rows = await network.leading_from(tx, [PRACTICE], Moment(known_on=known_on))
                found = {Span(row["valid_from"], row["target"], row["valid_to"]) for row in rows}
                assert found == set(by_then(said, known_on) or [])
                for day in LOOKED_AT:
                    assert sum(one.valid_from <= day <= one.end for one in found) <= 1
            raise Undone


@given(st.data(), SAID_ON)
@WITHIN
async def test_a_fact_said_of_some_days_is_what_is_known_of_them_from_then_on(
    database, data, said_on
):
    told = st.tuples(periods(), st.none() | st.sampled_from(NETWORKS))
    model, said = {}, []
    with suppress(Undone):
        async with database.transaction() as tx:
            await everybody(tx)
            for place, day in enumerate(said_on):
                (first, last), payee = data.draw(told)
                values = (payee,) if payee else None
                held = Days(first, last)
                await facts.hold(
                    tx, facts.PAYEE, PRACTICE, held, values=values, at=moment(day, place)
                )
                model = model | {
                    one: payee for one in LOOKED_AT if first <= one <= (last or date.max)
                }
                said.append((day, model))
            for known_on in KNOWN_ON:
                expected = by_then(said, known_on) or {}
                rows = await tx.fetch(
                    "select payee, valid_from, valid_to from payee where known_from < $1"
                    " and coalesce(known_to, 'infinity') >= $1",
                    Moment(known_on=known_on or date(2027, 1, 1)).known_before,
                )
                for day in LOOKED_AT:
                    paid = [
                        row["payee"]
                        for row in rows
                        if row["valid_from"] <= day <= (row["valid_to"] or date.max)
                    ]
                    assert paid == ([expected[day]] if expected.get(day) else [])
            raise Undone
