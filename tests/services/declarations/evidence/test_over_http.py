"""Evidence put, attached and fetched over HTTP, kept in a folder and behind S3 alike."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from chassis.objects import Bucket
from chassis.running import Running
from services.declarations.app import SERVICE
from tests.services.declarations.claiming import SCHEME, begin_claims, drafted
from tests.services.declarations.period import NOW, Period
from tests.support.database import NewDatabase
from tests.support.issuer import TestIssuer
from tests.support.sample.fixtures import NewSettings, Sample, answering

LOG = b"Day,Tests\n1 January,12\n"
UPLOAD = 'mutation { requestEvidenceUpload(fileName: "log.csv") { id path } }'
ATTACH = """mutation ($input: AttachEvidence!) { attachEvidence(input: $input) { id hash } }"""
DOWNLOAD = "mutation ($id: ID!) { requestEvidenceDownload(id: $id) { path } }"


@dataclass
class Served:
    http: Sample
    period: Period
    draft: str

    async def ask(self, who: str, query: str, **given: Any) -> Any:
        token = self.http.issuer.token(who)
        return await self.http.ask(query, given, token=token)

    async def put(self, who: str, content: bytes) -> str:
        asked = (await self.ask(who, UPLOAD)).data["requestEvidenceUpload"]
        address = f"{self.http.address}{asked['path']}"
        async with self.http.http.put(address, data=BytesIO(content)) as answer:
            return asked["id"] if answer.status == 201 else str(answer.status)

    async def get(self, path: str) -> tuple[int, bytes, str]:
        async with self.http.http.get(f"{self.http.address}{path}") as answer:
            disposition = answer.headers.get("Content-Disposition", "")
            return answer.status, await answer.read(), disposition


@pytest.fixture(params=["folder", "bucket"])
def place(request: pytest.FixtureRequest, bucket: Bucket) -> dict[str, str]:
    """What a process is told of where its objects are."""
    s3 = {
        "objects": bucket.url,
        "objects_endpoint": bucket.endpoint,
        "objects_region": bucket.region,
        "objects_access_key": bucket.access_key,
        "objects_secret_key": bucket.secret_key,
    }
    return s3 if request.param == "bucket" else {}


@pytest.fixture
async def served(
    new_database: NewDatabase,
    migrations: Sequence[Path],
    settings: NewSettings,
    issuer: TestIssuer,
    place: dict[str, str],
) -> AsyncIterator[Served]:
    dsn = await new_database(migrations)
    told = settings(dsn, now=NOW.isoformat(), demonstration=True, **place)
    async with Running.of(SERVICE, told) as running:
        period = Period(running.database, told.files)
        await period.begin()
        await begin_claims(period)
        draft = await drafted(period)
        async with running.database.transaction() as tx:
            await tx.execute("update directory.person set issuer = $1", issuer.address)
        async with answering(running, issuer) as http:
            yield Served(http, period, str(draft.id))


async def test_a_file_goes_in_and_out_by_signed_paths_and_to_nobody_else(served: Served) -> None:
    given = {"claim": served.draft, "service": SCHEME, "evidence": "LOG", "fileName": "log.csv"}
    upload = await served.put("claimant", LOG)
    attached = await served.ask("claimant", ATTACH, input=given | {"upload": upload})
    evidence = attached.data["attachEvidence"]["id"]

    path = (await served.ask("tier 1", DOWNLOAD, id=evidence)).data["requestEvidenceDownload"]
    assert await served.get(path["path"]) == (200, LOG, "attachment; filename*=utf-8''log.csv")
    assert (await served.ask("other tier 1", DOWNLOAD, id=evidence)).code == "NOT_FOUND"
    assert (await served.ask("other claimant", DOWNLOAD, id=evidence)).code == "NOT_FOUND"
    assert (await served.get(path["path"].replace("/objects/", "/claim-evidence/")))[0] == 404

    async with served.period.db.transaction() as tx:
        await tx.execute("delete from directory.person_role where role = 'CLAIM_TIER_1'")
    status, refused, _ = await served.get(path["path"])
    assert (status, b"ROLE_REQUIRED" in refused) == (403, True)


async def test_too_large_a_file_is_refused_while_it_comes(served: Served) -> None:
    assert await served.put("claimant", b"x" * 10_485_761) == "413"
