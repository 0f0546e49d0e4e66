"""What was kept before drafts were edited is kept on."""

import shutil

from chassis.clock import ENGLAND
from chassis.db import Database
from chassis.ids import new_id
from chassis.migrate import CHASSIS, migrate
from nhs.roles import Role
from services.participation.app import SERVICE
from services.participation.catalogue import queries
from services.participation.catalogue.queries import Looking
from services.participation.catalogue.shipped import library
from tests.services.participation.conftest import NOW, person

BEFORE = """
insert into quality_service (id, code, version, status, name, payment_type, provider_kind,
    starts_on, ends_on, requires_pcn_membership, specification, digest, drafted_at, drafted_by,
    drafted_for, published_at, published_by, published_for)
values ($1 || '/1', $1, 1, $2, 'QOF', 'QOF', 'PRACTICE', '2025-04-01', '2026-03-31', false, $3, $4,
    $5::timestamptz, $6, 'ENG', case when $2 = 'PUBLISHED' then $5::timestamptz end, $7, 'ENG')
"""


async def test_versions_of_before_have_an_owner_authors_and_a_history(new_database, tmp_path):
    *shared, folder = SERVICE.migrations
    earlier = tmp_path / folder.parent.name / folder.name
    earlier.mkdir(parents=True)
    for file in sorted(folder.glob("000*.sql")):
        shutil.copy(file, earlier)
    dsn = await new_database([CHASSIS, *shared, earlier])
    author, publisher = new_id(), new_id()
    database = await Database.connect(dsn, name="participation", pool_size=2)
    try:
        qof = library()["QOF2526"]
        what = (qof.as_json(), qof.digest, NOW, author)
        async with database.transaction() as tx:
            await tx.execute(BEFORE, "QOF2526", "PUBLISHED", *what, publisher)
            await tx.execute(BEFORE, "QOF2627", "DRAFT", *what, None)
        await migrate(dsn, [CHASSIS, *SERVICE.migrations])
        looking = Looking(database, person("ENG", Role.CATALOGUE_MANAGER))
        published, draft = await queries.find(looking, ["QOF2526/1", "QOF2627/1"])
        assert (published.owner, published.status, draft.status) == ("ENG", "PUBLISHED", "DRAFT")
        assert published.authors == draft.authors == (author,)
        assert published.publication.at == published.publication.decided.at == NOW
        assert published.publication.on == NOW.astimezone(ENGLAND).date()
        past = await queries.histories(looking, [published.id, draft.id])
        assert [[entry.what for entry in one] for one in past] == [
            ["DRAFTED", "PUBLISHED"],
            ["DRAFTED"],
        ]
    finally:
        await database.close()
