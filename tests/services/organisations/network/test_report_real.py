"""The Network organisation relationship report over the real files of ODS."""

from datetime import date

import pytest

from chassis.ids import new_id
from nhs.directory import Principal
from nhs.roles import OrganisationKind
from services.organisations.network.report import queries
from services.organisations.network.report.domain import ReportFilter
from tests.services.organisations.importing import load_files
from tests.services.organisations.test_import_real import real_ods

pytestmark = pytest.mark.real_data
__all__ = ["real_ods"]

TODAY = date(2026, 3, 9)
"""Before the mergers of April 2026, which these files do not know of anyway."""
YEAR = date(2022, 1, 1), date(2022, 12, 31)
NINE = 9


def viewer(code):
    return Principal(new_id(), code, OrganisationKind.ICB, {}, TODAY)


async def report(database, code, **narrowed):
    asked = ReportFilter(*YEAR, **narrowed)
    return await queries.page(database, viewer(code), asked, (None, None, None), 1_000)


async def test_the_stories_of_the_report_hold(database, real_ods):
    await load_files(database, real_ods)

    moved = await report(database, "QHM", practice="A84002")
    assert sorted((row["pcn"], row["valid_from"], row["valid_to"]) for row in moved) == [
        ("U09980", date(2022, 4, 1), None),
        ("U25545", date(2019, 10, 1), date(2022, 3, 31)),
    ]

    current = [row["practice"] for row in await report(database, "QHM", pcn="U25545")]
    assert len(current) == NINE
    assert not {"A84002", "A84032", "A84609"} & set(current)

    led = await report(database, "QJK", pcn="U41591")
    assert [row["practice"] for row in led] == ["L82008", "L83012", "L83069", "Y01127"]
    assert [row["sub_icbs_match"] for row in led].count(False) == 2
