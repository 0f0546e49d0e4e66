"""Lists of offers as files, and the participation extract in the format of CQRS."""

import csv
import io
import os
from datetime import date, datetime
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from chassis.sheets import write_extract
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.participation.offers.domain.looking import OfferFilter
from services.participation.offers.queries.files import PRACTICE_LIST, ListAsked
from tests.services.participation.conftest import person
from tests.services.participation.offers.speaking import ask, offer
from tests.support.directory import have_organisation, relate

DOWNLOADS = """
mutation($filter: OfferFilter, $order: OfferOrder) {
  offers: requestOffersDownload(filter: $filter, order: $order) { csv xlsx }
  mine: requestMyServicesDownload(financialYear: "2025/26") { csv xlsx }
  counts: requestOfferedServicesDownload(financialYear: "2025/26") { csv xlsx }
  participation: requestParticipationDownload(on: "2025-04-01", service: "QOF2526") { csv xlsx }
  list: requestPracticeListDownload(service: "QOF2526") { csv xlsx }
}
"""


async def fetched(service, path):
    async with service.http.get(f"{service.address}{path}") as response:
        assert response.status == 200
        return await response.read()


def lines(content):
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


async def downloads(service, subject="icb", **variables):
    return (await ask(service, subject, DOWNLOADS, variables)).data


async def test_a_file_holds_the_rows_of_its_list_in_its_order(service):
    await offer(service)
    order = {"by": "PROVIDER", "descending": True}
    paths = await downloads(service, filter={"search": "A8100"}, order=order)
    head, *rows = lines(await fetched(service, paths["offers"]["csv"]))
    assert [row[head.index("Provider Code")] for row in rows] == [
        f"A8100{n}" for n in range(6, 0, -1)
    ]
    first = dict(zip(head, rows[0], strict=True))
    assert first["Provider Name"] == "Organisation A81006"
    assert (first["Status"], first["Days Left"], first["Reason"]) == ("Offered", "18", "")
    book = CalamineWorkbook.from_filelike(
        io.BytesIO(await fetched(service, paths["offers"]["xlsx"]))
    )
    sheet = book.get_sheet_by_index(0).to_python()
    assert [row[head.index("Provider Code")] for row in sheet[1:]] == [row[3] for row in rows]
    assert sheet[1][head.index("Service Start Date")] == date(2025, 4, 1)


async def test_everybodys_file_is_of_what_they_see(service):
    await offer(service)
    for subject, expected in (("icb", 6), ("practice", 1), ("other", 0)):
        paths = await downloads(service, subject)
        rows = lines(await fetched(service, paths["offers"]["csv"]))[1:]
        assert len(rows) == expected
    mine = lines(await fetched(service, (await downloads(service, "practice"))["mine"]["csv"]))
    assert [row[3] for row in mine[1:]] == ["A81001"]
    counts = lines(await fetched(service, (await downloads(service))["counts"]["csv"]))
    assert counts[1][:6] == ["QOF2526/1", "6", "0", "0", "0", "6"]


async def test_who_takes_part_is_listed_as_cqrs_lists_them(service, participation):
    await offer(service)
    await participation.accept(participation.provider("A81002"))
    await participation.accept(participation.provider("A81001"))
    paths = await downloads(service)
    assert await fetched(service, paths["list"]["csv"]) == (
        b"QUALITY_SERVICE,SP_ORG_CODE,SP_ORG_NAME,CO_ORG_CODE,PART_ST_DT,PART_ED_DT\r\n"
        b"QOF2526,A81001,Organisation A81001,QHM,20250401,20260331\r\n"
        b"QOF2526,A81002,Organisation A81002,QHM,20250401,20260331\r\n"
    )
    rows = lines(await fetched(service, paths["participation"]["csv"]))[1:]
    assert [row[1] for row in rows] == ["A81001", "A81002"]


_HELD = """
insert into offer (id, version, quality_service, service_code, payment_type, provider, commissioner,
    status, starts_on, ends_on, ended_on, response_due_on, offered_at)
values (gen_random_uuid(), 2, 'QOF2324/1', 'QOF2324', 'QOF', $1, $2, $3, $4, $5, $6, $4, now())
"""
START, END = date(2023, 4, 1), date(2024, 3, 31)


async def extract(participation):
    asked, out = ListAsked(OfferFilter(service="QOF2324")), io.BytesIO()
    async with participation.db.reader() as reader:
        rows = PRACTICE_LIST.rows(reader, person("ENG", Role.VIEW), asked)
        await write_extract(out, PRACTICE_LIST.columns, rows)
    return out.getvalue()


async def take_part(participation, provider, name, commissioner, status="APPROVED", **days):
    async with participation.db.transaction() as tx:
        await have_organisation(tx, provider, OrganisationKind.PRACTICE, name)
        await relate(tx, provider, RelationshipKind.COMMISSIONED_BY, commissioner)
        given = {"start": START, "end": END, "ended": None} | days
        await tx.execute(_HELD, provider, commissioner, status, *given.values())


@pytest.mark.parametrize(
    ("status", "days", "line"),
    [
        ("APPROVED", {"ended": date(2023, 9, 30)}, b",20230401,20230930\r\n"),
        ("APPROVED", {"start": date(2023, 7, 1)}, b",20230701,20240331\r\n"),
        ("APPROVED", {"ended": date(2023, 3, 31)}, None),
        ("REJECTED", {}, None),
        ("OFFERED", {}, None),
    ],
)
async def test_the_extract_tells_of_the_days_of_those_who_took_part(published, status, days, line):
    await published.publish_like_qof("QOF2324")
    await take_part(published, "A81009", 'The "Old" Surgery, Leeds', "00L", status, **days)
    expected = b'QOF2324,A81009,"The ""Old"" Surgery, Leeds",00L' + line if line else b""
    assert (await extract(published)).partition(b"\r\n")[2] == expected


@pytest.mark.real_data
async def test_the_extract_is_byte_for_byte_the_real_one(published):
    root = Path(__file__).parents[4]
    file = root / os.environ.get("CQRS_REAL_DATA", "../shared/data") / "qof/FINAL_PRACTICE_LIST.csv"
    if not file.is_file():
        pytest.skip(f"no {file}: set CQRS_REAL_DATA")
    real = file.read_bytes()
    await published.publish_like_qof("QOF2324")
    rows = list(csv.DictReader(io.StringIO(real.decode(), newline="")))
    async with published.db.transaction() as tx:
        for region in {row["CO_ORG_CODE"] for row in rows}:
            await have_organisation(tx, region, OrganisationKind.REGION)
            await relate(tx, region, RelationshipKind.PART_OF, "ENG")
    for row in rows:
        start, end = (
            datetime.strptime(row[column], "%Y%m%d").date()  # noqa: DTZ007 (a day has no zone)
            for column in ("PART_ST_DT", "PART_ED_DT")
        )
        names = row["SP_ORG_CODE"], row["SP_ORG_NAME"], row["CO_ORG_CODE"]
        await take_part(published, *names, start=start, end=end)
    assert await extract(published) == real
