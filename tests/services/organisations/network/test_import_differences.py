"""What the report of an import says where ODS and what PCNs proposed meet."""

from datetime import datetime

from tests.services.organisations.importing import load_files
from tests.services.organisations.network.conftest import OTHER_NETWORK
from tests.services.organisations.small_england import FILES, MEMBERS, PCNS
from tests.support.files_of_ods import member, pcn, workbook

EPCN = {"ePCN.xlsx": FILES["ePCN.xlsx"]}
PEOPLE = "select id from person where subject = 'administrator.qq1'"


async def test_a_confirmed_membership_that_ods_has_otherwise_is_listed_before_it_gives_way(
    networks,
):
    await networks.confirm(await networks.propose("A99002", "LEAVE", "2026-05-01"))
    database = networks.organisations.database
    await networks.organisations.told()
    for dry_run, changed in ((True, []), (False, ["A99002"])):
        _, report = await load_files(database, EPCN, dry_run=dry_run)
        told = await networks.organisations.told()
        assert [code for kind, code in told if kind == "organisation.changed.v1"] == changed
        (difference,) = report["differences"]
        at = datetime.fromisoformat(difference.pop("confirmed_at"))
        assert at.tzinfo
        ((person,),) = await networks.organisations.rows(PEOPLE)
        assert difference == {
            "practice": "A99002",
            "ours": {"pcn": "U99002", "valid_from": "2019-10-01", "valid_to": "2026-04-30"},
            "confirmed_by": str(person),
            "confirmed_for": "QQ1",
            "reason": "It suits us",
            "said": [{"pcn": "U99002", "valid_from": "2019-10-01", "valid_to": None}],
        }
        assert report["counts"]["DIFFERENCES"] == 1
    _, again = await load_files(database, EPCN)
    assert again["differences"] == []


async def test_the_report_names_the_proposals_it_has_overtaken_and_a_dry_run_overtakes_none(
    networks,
):
    proposed = await networks.propose("A99002", "JOIN", "2026-10-01", by=OTHER_NETWORK)
    closed = workbook([pcn("U99001", closed="20250331"), PCNS[1]], MEMBERS)
    database = networks.organisations.database
    _, report = await load_files(database, {"ePCN.xlsx": closed}, dry_run=True)
    assert report["overtaken"] == []
    _, report = await load_files(database, {"ePCN.xlsx": closed})
    assert report["overtaken"] == [
        {
            "id": proposed["id"],
            "practice": "A99002",
            "pcn": "U99001",
            "kind": "JOIN",
            "effective_on": "2026-10-01",
        }
    ]
    moved = [*MEMBERS[:2], member("A99002", "U99002", end="20260331"), MEMBERS[3]]
    _, report = await load_files(database, {"ePCN.xlsx": workbook(PCNS, moved)})
    assert report["overtaken"] == []
