"""ODS holds where a commissioner had confirmed something else; nothing of ours goes silently."""

from datetime import UTC, date, datetime

from chassis.ids import new_id
from services.organisations.directory import commands as directory
from services.organisations.directory.domain import Author
from tests.services.organisations.importing import load_files, relationships, rows, told
from tests.services.organisations.small_england import FILES, MEMBERS, PCNS
from tests.support.files_of_ods import member, pcn, workbook

CONFIRMED_AT = datetime(2025, 6, 10, 14, tzinfo=UTC)
CONFIRMER = new_id()
_END = """
update relationship set known_to = $1
where source = 'A99002' and kind = 'MEMBER_OF' and known_to is null
returning line
"""
_START = """
insert into relationship
    (id, kind, source, target, line, valid_from, valid_to, known_from, origin, reason, proposal)
values ($1, 'MEMBER_OF', 'A99002', 'U99002', $2, '2019-10-01', '2025-04-30', $3, 'PROPOSAL',
    'They have left', $4)
"""


_PROPOSE = """
insert into membership_proposal (id, version, practice, pcn, kind, effective_on, reason,
    commissioner, status, proposed_at, proposed_by)
values ($1, 1, $2, $3, $4, $5, 'Closer to home', '98A', 'PROPOSED', $6, $7)
"""


_PERSON = """
insert into person (id, issuer, subject, name, email)
values ($1, 'issuer', 'pcn-management', 'PCN Management, U99001', 'pcn@mail.example')
on conflict do nothing
"""


async def propose(database, practice, network, kind, on):
    id_ = new_id()
    async with database.transaction() as tx:
        await tx.execute(_PERSON, CONFIRMER)
        await tx.execute(_PROPOSE, id_, practice, network, kind, on, CONFIRMED_AT, CONFIRMER)
    return id_


_CONFIRM = """
update membership_proposal set status = 'CONFIRMED', decided_at = $2, version = 2 where id = $1
"""
_CONFIRMED = """
insert into membership_proposal_change (proposal, version, status, at, changed_by, acting_for)
values ($1, 2, 'CONFIRMED', $2, $3, '98A')
"""


async def leave(database):
    """A99002 leaves U99002 with effect from 1 May, confirmed on 10 June."""
    proposal = await propose(database, "A99002", "U99002", "LEAVE", date(2025, 5, 1))
    async with database.transaction() as tx:
        await tx.execute(_CONFIRM, proposal, CONFIRMED_AT)
        await tx.execute(_CONFIRMED, proposal, CONFIRMED_AT, CONFIRMER)
        line = await tx.fetchval(_END, CONFIRMED_AT)
        await tx.execute(_START, new_id(), line, CONFIRMED_AT, proposal)
        author = Author(CONFIRMER, "98A", "They have left")
        await directory.tell(tx, ["A99002"], CONFIRMED_AT, author=author)
    await told(database)


async def test_a_membership_that_ods_has_otherwise_is_listed_and_ods_holds(database):
    await load_files(database, FILES)
    await leave(database)
    for dry_run, outcome, changed in ((True, "DRY_RUN", []), (False, "APPLIED", ["A99002"])):
        done = await load_files(database, {"ePCN.xlsx": FILES["ePCN.xlsx"]}, dry_run=dry_run)
        assert (done[0], await told(database)) == (outcome, changed)
        assert done[1]["counts"]["DIFFERENCES"] == 1
        assert done[1]["differences"] == [
            {
                "practice": "A99002",
                "ours": {"pcn": "U99002", "valid_from": "2019-10-01", "valid_to": "2025-04-30"},
                "confirmed_at": CONFIRMED_AT.isoformat(),
                "confirmed_by": str(CONFIRMER),
                "confirmed_for": "98A",
                "reason": "They have left",
                "said": [{"pcn": "U99002", "valid_from": "2019-10-01", "valid_to": None}],
            }
        ]
    assert await relationships(database, "A99002", "MEMBER_OF") == [
        ("U99002", date(2019, 10, 1), None)
    ]
    assert await rows(
        database, "select valid_to, known_to is null from relationship where origin = 'PROPOSAL'"
    ) == [(date(2025, 4, 30), False)]


async def test_a_membership_that_ods_has_as_it_was_confirmed_is_no_difference(database):
    await load_files(database, FILES)
    await leave(database)
    agreed = [*MEMBERS[:2], member("A99002", "U99002", end="20250430"), MEMBERS[3]]
    _, report = await load_files(database, {"ePCN.xlsx": workbook(PCNS, agreed)})
    assert (report["differences"], await told(database)) == ([], [])
    assert await rows(
        database, "select known_to is null from relationship where origin = 'PROPOSAL'"
    ) == [(True,)]


async def test_a_proposal_that_ods_overtakes_waits_no_longer_and_others_do(database):
    await load_files(database, FILES)
    joins = await propose(database, "A99002", "U99001", "JOIN", date(2025, 7, 1))
    waits = await propose(database, "A99003", "U99002", "LEAVE", date(2026, 5, 1))
    await told(database)
    moved = [
        *MEMBERS[:2],
        member("A99002", "U99002", end="20250630"),
        member("A99002", "U99001", "20250701"),
        member("A99003", "U99002", "20191101", sub_icb="98B"),
    ]
    _, report = await load_files(database, {"ePCN.xlsx": workbook(PCNS, moved)})
    assert report["overtaken"] == [
        {
            "id": str(joins),
            "practice": "A99002",
            "pcn": "U99001",
            "kind": "JOIN",
            "effective_on": "2025-07-01",
        }
    ]
    assert sorted(await told(database)) == sorted([str(joins), "A99002", "A99003"])
    statuses = dict(await rows(database, "select id, status from membership_proposal"))
    assert statuses == {joins: "OVERTAKEN", waits: "PROPOSED"}


async def test_a_dry_run_overtakes_nothing(database):
    await load_files(database, FILES)
    await propose(database, "A99002", "U99001", "JOIN", date(2025, 7, 1))
    await told(database)
    closed = workbook([pcn("U99001", closed="20250331"), PCNS[1]], MEMBERS)
    _, report = await load_files(database, {"ePCN.xlsx": closed}, dry_run=True)
    assert (report["overtaken"], await told(database)) == ([], [])
    await load_files(database, {"ePCN.xlsx": closed})
    assert await rows(database, "select status from membership_proposal") == [("OVERTAKEN",)]
