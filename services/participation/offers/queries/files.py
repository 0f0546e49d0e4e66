"""The lists had whole, as files: of the rows that are shown, by the same statements."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chassis.db import Reader
from chassis.export import Cell, Report
from nhs.directory import Principal
from services.participation.offers.domain.looking import OfferFilter, Order
from services.participation.offers.queries.asking import check_role, within
from services.participation.offers.queries.lists import SignUps
from services.participation.offers.store import lists, services, signing_up
from services.participation.offers.store.lists import Named
from services.participation.offers.store.scope import REPORT, SCOPE, View

Rows = AsyncIterator[Sequence[Cell]]


@dataclass(frozen=True, slots=True)
class ListAsked:
    filter: OfferFilter
    order: Order = field(default_factory=Order)


def _found(reader: Reader, who: Principal, asked: ListAsked, view: View) -> AsyncIterator[Named]:
    check_role(who)
    wanted = within(who, asked.filter)
    return lists.everything(reader, who.acting, view, wanted, asked.order)


async def _offers(reader: Reader, who: Principal, asked: ListAsked) -> Rows:
    async for found in _found(reader, who, asked, SCOPE):
        offer = found.offer
        yield (
            offer.service_code,
            offer.quality_service,
            offer.payment_type,
            offer.provider,
            found.provider_name,
            offer.commissioner,
            found.commissioner_name,
            offer.status.title(),
            offer.cancel_kind and offer.cancel_kind.title(),
            offer.starts_on,
            offer.ends_on,
            offer.response_due_on,
            offer.response_days_left(who.today),
            offer.target_on,
            offer.ended_on,
            offer.reason,
            offer.offered_at,
            offer.first_opened_at,
        )


OFFERS: Final = Report(
    "offers",
    (
        "Quality Service",
        "Version",
        "Payment Type",
        "Provider Code",
        "Provider Name",
        "Commissioner Code",
        "Commissioner Name",
        "Status",
        "Withdrawn or Cancelled",
        "Service Start Date",
        "Service End Date",
        "Response Date",
        "Days Left",
        "Target Date",
        "Participation Ended",
        "Reason",
        "Offered",
        "First Opened",
    ),
    ListAsked,
    _offers,
)


async def _offered_services(reader: Reader, who: Principal, asked: ListAsked) -> Rows:
    check_role(who)
    for row in await services.offered(reader, who.acting, within(who, asked.filter)):
        yield (
            row.quality_service,
            row.offered,
            row.approved,
            row.rejected,
            row.cancelled,
            row.total,
            row.overdue,
            row.due_within_week,
            row.never_opened,
            row.next_response_due_on,
        )


OFFERED_SERVICES: Final = Report(
    "offered-services",
    (
        "Quality Service",
        "Offered",
        "Approved",
        "Rejected",
        "Cancelled",
        "Total",
        "Overdue",
        "Due Within a Week",
        "Never Opened",
        "Next Response Date",
    ),
    ListAsked,
    _offered_services,
)


async def _participation(reader: Reader, who: Principal, asked: ListAsked) -> Rows:
    async for found in _found(reader, who, asked, REPORT):
        offer = found.offer
        yield (
            offer.service_code,
            offer.provider,
            found.provider_name,
            offer.commissioner,
            found.commissioner_name,
            offer.starts_on,
            offer.ended_on or offer.ends_on,
        )


PARTICIPATION: Final = Report(
    "participation",
    (
        "Quality Service",
        "Provider Code",
        "Provider Name",
        "Commissioner Code",
        "Commissioner Name",
        "Participation Start Date",
        "Participation End Date",
    ),
    ListAsked,
    _participation,
)


async def _practice_list(reader: Reader, who: Principal, asked: ListAsked) -> Rows:
    took_part = replace(asked, filter=replace(asked.filter, took_part=True))
    async for found in _found(reader, who, took_part, REPORT):
        offer = found.offer
        yield (
            offer.service_code,
            offer.provider,
            found.provider_name,
            offer.commissioner,
            f"{offer.starts_on:%Y%m%d}",
            f"{offer.ended_on or offer.ends_on:%Y%m%d}",
        )


PRACTICE_LIST: Final = Report(
    "FINAL_PRACTICE_LIST",
    ("QUALITY_SERVICE", "SP_ORG_CODE", "SP_ORG_NAME", "CO_ORG_CODE", "PART_ST_DT", "PART_ED_DT"),
    ListAsked,
    _practice_list,
    for_programs=True,
)
"""The participation extract of CQRS, in its own format (DOMAIN 1.13)."""


async def _sign_ups(reader: Reader, who: Principal, asked: SignUps) -> Rows:
    check_role(who)
    wanted = await asked.filter(reader)
    for row in await signing_up.page(reader, who.acting, wanted, (None,), None):
        difference = row.difference
        yield (
            row.practice,
            row.practice_name,
            row.network,
            difference and difference.replace("_", " ").capitalize().replace("ods", "ODS"),
        )


SIGN_UPS: Final = Report(
    "network-sign-ups",
    ("Practice Code", "Practice Name", "PCN Code", "Difference"),
    SignUps,
    _sign_ups,
)

REPORTS: Final = (OFFERS, OFFERED_SERVICES, PARTICIPATION, PRACTICE_LIST, SIGN_UPS)
