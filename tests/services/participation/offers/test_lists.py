"""Lists of offers: in every order, by every filter, and what others let one see in the report."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chassis.errors import DomainError
from chassis.ids import new_id
from nhs.reports import Report
from nhs.roles import Role
from nhs.values import FinancialYear
from services.participation.offers.commands import deciding, following
from services.participation.offers.commands.asking import Ask
from services.participation.offers.commands.deciding import Choice
from services.participation.offers.domain.looking import (
    LONGEST_SEARCH,
    OfferFilter,
    Order,
    OrderBy,
    Page,
)
from services.participation.offers.domain.offer import Status
from services.participation.offers.queries import lists
from services.participation.offers.queries.asking import Asking
from tests.services.participation.conftest import NOW, PRACTICES, QOF, person

IN_JULY = datetime(2025, 7, 1, 9, tzinfo=UTC)
ALL = OfferFilter()
TODAY = NOW.date()


def asking(participation, organisation="QHM", *, on=TODAY):
    who = replace(person(organisation, Role.VIEW), today=on)
    return Asking(participation.db, who)


async def codes(participation, wanted=ALL, organisation="QHM", *, on=TODAY, **how):
    asker = asking(participation, organisation, on=on)
    page = Page((None, None, None, None), 100, how.pop("order", Order()))
    return [row.offer.provider for row in await lists.offers(asker, wanted, page, **how)]


async def choose(participation, *providers):
    rows = await participation.rows(
        "select id, version from offer where provider = any ($1)", list(providers)
    )
    return Choice(rows={row["id"]: row["version"] for row in rows})


@pytest.fixture
async def answered(published):
    """Six offers in four statuses, of two commissioners, due on different days."""
    await published.offer(*PRACTICES[:3], response_due_on=date(2025, 4, 30))
    await published.offer(*PRACTICES[3:], by=published.commissioner("00L"))
    await published.accept(published.provider("A81001"))
    refusing = Ask(published.provider("A81002"), NOW)
    await deciding.reject_offers(published.db, refusing, await choose(published, "A81002"), "No")
    withdrawing = Ask(published.commissioner(), NOW)
    await deciding.withdraw_offers(
        published.db, withdrawing, await choose(published, "A81003"), None
    )
    return published


@pytest.mark.parametrize("descending", [False, True])
@pytest.mark.parametrize("by", OrderBy)
async def test_a_list_is_paged_through_in_every_order_without_a_gap_or_a_double(
    answered, by, descending
):
    asker, order = asking(answered), Order(by, descending)
    place, seen = (None, None, None, None), []
    while rows := await lists.offers(asker, ALL, Page(place, 2, order)):
        seen += [row.place for row in rows]
        place = seen[-1]
    assert len(seen) == len(PRACTICES)
    assert seen == sorted(seen, reverse=descending)


async def test_by_status_is_in_the_order_of_the_menu(answered):
    by_status = await codes(answered, order=Order(OrderBy.STATUS))
    assert by_status == ["A81004", "A81005", "A81006", "A81001", "A81002", "A81003"]


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        (OfferFilter(status=[Status.OFFERED]), PRACTICES[3:]),
        (OfferFilter(service="QOF2526"), PRACTICES),
        (OfferFilter(service=QOF, commissioner="00L"), PRACTICES[3:]),
        (OfferFilter(service="QOF2425"), []),
        (OfferFilter(payment_type="NCD"), []),
        (OfferFilter(year=FinancialYear(2024).period), []),
        (OfferFilter(search="a8100"), PRACTICES),
        (OfferFilter(search="organisation A81004"), ["A81004"]),
        (OfferFilter(search="100%"), []),
        (OfferFilter(overdue=True), []),
        (OfferFilter(took_part=True), ["A81001"]),
        (OfferFilter(taking_part_on=date(2025, 4, 1)), ["A81001"]),
        (OfferFilter(taking_part_on=date(2025, 3, 31)), []),
        (OfferFilter(mine=True), []),
    ],
)
async def test_a_filter_lets_pass_what_it_says(answered, wanted, expected):
    assert await codes(answered, wanted) == expected
    assert await lists.count(asking(answered), wanted) == len(expected)


async def test_overdue_is_what_awaits_an_answer_that_was_due_before_today(answered):
    overdue = OfferFilter(overdue=True)
    assert await codes(answered, overdue, on=date(2025, 3, 31)) == []
    assert await codes(answered, overdue, on=date(2025, 4, 1)) == PRACTICES[3:]
    not_so = replace(overdue, overdue=False)
    assert await codes(answered, not_so, on=date(2025, 4, 1)) == PRACTICES[:3]


async def test_too_long_a_search_is_refused():
    with pytest.raises(DomainError) as refused:
        OfferFilter(search="x" * (LONGEST_SEARCH + 1))
    assert refused.value.code == "SEARCH_TOO_LONG"


async def test_each_service_is_counted_by_status_with_how_it_stands_with_the_answers(answered):
    opened = await choose(answered, "A81004")
    (identity,) = opened.rows
    await following.open_offer(answered.db, Ask(answered.provider("A81004"), NOW), identity)
    (qof,) = await lists.offered_services(asking(answered), ALL)
    assert qof.quality_service == QOF
    assert (qof.offered, qof.approved, qof.rejected, qof.cancelled, qof.total) == (3, 1, 1, 1, 6)
    assert (qof.overdue, qof.due_within_week, qof.never_opened) == (0, 0, 2)
    assert qof.next_response_due_on == date(2025, 3, 31)
    (late,) = await lists.offered_services(asking(answered, on=date(2025, 4, 1)), ALL)
    assert (late.overdue, late.next_response_due_on) == (3, None)


async def test_who_took_part_did_so_until_it_was_cancelled(answered):
    cancelling = Ask(answered.commissioner(), IN_JULY)
    await deciding.cancel_offers(
        answered.db, cancelling, await choose(answered, "A81001"), "Merged"
    )
    for day, expected in (
        (date(2025, 6, 30), ["A81001"]),
        (date(2025, 7, 1), ["A81001"]),
        (date(2025, 7, 2), []),
    ):
        assert await codes(answered, OfferFilter(taking_part_on=day)) == expected


async def test_a_service_year_that_crosses_31_march_shows_in_both_years(published):
    shingles = await published.publish_like_qof(
        "SHIN2324", starts_on="2023-09-01", ends_on="2024-08-31"
    )
    in_2023 = datetime(2023, 8, 1, 9, tzinfo=UTC)
    await published.offer(
        "A81001", now=in_2023, quality_service=shingles, response_due_on=date(2023, 8, 31)
    )
    for year, expected in ((2022, []), (2023, ["A81001"]), (2024, ["A81001"]), (2025, [])):
        assert await codes(published, OfferFilter(year=FinancialYear(year).period)) == expected


# The report of participation ----------------------------------------------------------------


async def allocate(participation, to, service=None, report=Report.PARTICIPATION):
    async with participation.db.transaction() as tx:
        await tx.execute(
            "insert into directory.allocated_report values ($1, 'U00001', $2, $3, $4, $5, null)",
            new_id(),
            report,
            service,
            to,
            date(2025, 3, 1),
        )


async def reported(participation, organisation):
    return await codes(participation, organisation=organisation, in_report=True)


@pytest.fixture
async def network(offered):
    """A81001 and A81002 are of one PCN; QOF and another service are offered to both."""
    async with offered.db.transaction() as tx:
        await tx.execute(
            "insert into directory.relationship (id, kind, source, target, valid_from)"
            " values ($1, 'MEMBER_OF', 'A81002', 'U00001', '2013-04-01')",
            new_id(),
        )
    other = await offered.publish_like_qof("MMR2526", payment_type="V&I")
    await offered.offer("A81001", "A81002", quality_service=other)
    return offered


async def test_without_an_allocation_a_practice_reports_on_itself_alone(network):
    assert await reported(network, "A81001") == ["A81001", "A81001"]


async def test_a_pcn_lets_a_member_see_the_others_in_the_report_and_nowhere_else(network):
    await allocate(network, "A81001")
    assert await reported(network, "A81001") == ["A81001", "A81002", "A81001", "A81002"]
    assert await codes(network, organisation="A81001") == ["A81001", "A81001"]
    services = await lists.offered_services(asking(network, "A81001"), ALL)
    assert [(one.quality_service, one.total) for one in services] == [("MMR2526/1", 2), (QOF, 2)]


async def test_an_allocation_may_be_of_one_service_and_of_another_report(network):
    await allocate(network, "A81001", service="MMR2526")
    await allocate(network, "A81001", report=Report.PAYMENTS)
    assert await reported(network, "A81001") == ["A81001", "A81002", "A81001"]
