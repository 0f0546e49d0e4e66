"""The real files of ODS, loaded as they are."""

import os
from datetime import date
from pathlib import Path

import pytest

from tests.services.organisations.importing import changes, load_files

pytestmark = pytest.mark.real_data

FILES = ("epraccur.csv", "ePCN.xlsx", "QOF_MANUAL_MAPPINGS.csv", "gp-reg-pat-prac-all.csv")


@pytest.fixture(scope="session")
def real_ods():
    root = Path(__file__).parents[3]
    folder = root / os.environ.get("CQRS_REAL_DATA", "../shared/data") / "ods"
    if not folder.is_dir():
        pytest.skip(f"no real ODS files in {folder}: set CQRS_REAL_DATA")
    return {name: (folder / name).read_bytes() for name in FILES}


NETWORK = """
select target from directory.relationship
where source = $1 and kind = 'MEMBER_OF' and valid_from <= $2 and coalesce(valid_to, $2) >= $2
"""


async def test_the_real_files_load_as_they_came(database, real_ods):
    outcome, report = await load_files(database, real_ods)
    assert outcome == "APPLIED"
    assert report["problems"] == []
    assert report["counts"]["MEMBERSHIP_ROWS"] == 7455
    assert changes(report, "PCN")["opened"] == 1329
    assert changes(report, "PRACTICE")["opened"] == 8226
    assert [one["practice"] for one in report["overlaps"]] == ["F82001"]
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from membership_row") == 7455
        for day, pcn in ((date(2022, 3, 31), "U25545"), (date(2022, 4, 1), "U09980")):
            assert await reader.fetchval(NETWORK, "A84002", day) == pcn
        current = "select count(*) from membership_row where ends_on is null"
        assert await reader.fetchval(current) == 6391
        assert await reader.fetchval("select count(*) from chassis.outbox") == 9842
        overlap = await reader.fetch(NETWORK, "F82001", date(2022, 7, 1))
        assert [row["target"] for row in overlap] == ["U11211"]

        await both_icbs_of_a_network_see_it_each_with_its_own_pounds(reader)

    async with database.transaction() as tx:
        await tx.execute("delete from chassis.outbox")
    outcome, again = await load_files(database, real_ods)
    assert outcome == "UNCHANGED"
    assert again["counts"]["ORGANISATIONS_CHANGED"] == 0
    async with database.reader() as reader:
        assert await reader.fetchval("select count(*) from chassis.outbox") == 0
        assert await reader.fetchval("select count(*) from membership_row") == 7455
        assert await reader.fetchval("select max(version) from organisation") == 1


SEEN = """
select provider, pounds from directory.scope($1, $2)
where valid_from <= $2 and valid_to >= $2 order by provider
"""


async def both_icbs_of_a_network_see_it_each_with_its_own_pounds(reader):
    """U41591 is led from QJK; two of its members are QT6's."""
    members = {"L82008", "L83012", "L83069", "Y01127"}
    for icb, with_pounds in (("QT6", {"L82008", "Y01127"}), ("QJK", {"L83012", "L83069"})):
        rows = await reader.fetch(SEEN, icb, date(2023, 1, 1))
        seen = {row["provider"]: row["pounds"] for row in rows}
        assert {code for code in members if seen.get(code)} == with_pounds
        assert ("U41591" in seen) is (icb == "QJK")
        assert members & seen.keys() == (members if icb == "QJK" else with_pounds)
