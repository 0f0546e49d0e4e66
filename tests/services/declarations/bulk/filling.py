"""Templates of bulk claims asked for, filled in, put back and checked, as people and jobs do."""

import csv
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO, StringIO
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import xlsxwriter

from chassis.export import Ask
from chassis.jobs import JobRun
from chassis.sheets import write_csv
from services.declarations.bulk import commands
from services.declarations.bulk.templates import TEMPLATE
from tests.services.declarations.claiming import SCHEME, STARTS, put
from tests.services.declarations.period import Period

Rows = list[list[str]]

BULK = """id status failure qualityService rowCount claimCount total errorCount sameAs
    errors { row code field message }
    rows(first: 1000) { edges { node { row provider component quantity amount outcome claim } } }
    providers { provider rows amount claim }"""
SHORT = "id status rowCount errorCount errors { row code field message }"
REQUEST = """mutation ($input: BulkClaimTemplate!) {
    requestBulkClaimTemplate(input: $input) { csv xlsx } }"""
CHECK = """mutation ($upload: ID!, $name: String!) {
    checkBulkClaim(upload: $upload, fileName: $name) { id status } }"""


async def template(period: Period, who: str = "tier 1", **wanted: Any) -> Rows:
    """The downloaded rows, its header among them; or the codes of its refusal."""
    given = {"service": SCHEME, "periodStart": STARTS.isoformat()} | wanted
    data = await period.ask(who, REQUEST, input=given)
    if "errors" in data:
        return data
    query = parse_qs(urlsplit(data["requestBulkClaimTemplate"]["csv"]).query)
    asked = TEMPLATE.read(Ask.unpacked(query["ask"][0]).asked)
    principal, out = await period.principal(who), BytesIO()
    async with period.db.reader() as reader:
        await write_csv(out, TEMPLATE.titles(asked), TEMPLATE.rows(reader, principal, asked))
    return list(csv.reader(StringIO(out.getvalue().decode("utf-8-sig"))))


def filled(rows: Rows, quantities: Mapping[tuple[str, str], str]) -> Rows:
    """By provider and component; the others stay empty."""
    return [
        rows[0],
        *([*row[:7], quantities.get((row[1], row[3]), "")] for row in rows[1:]),
    ]


def as_csv(rows: Sequence[Sequence[str]]) -> bytes:
    out = StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()


def as_xlsx(rows: Sequence[Sequence[str]]) -> bytes:
    out = BytesIO()
    book = xlsxwriter.Workbook(out)
    sheet = book.add_worksheet()
    for place, row in enumerate(rows):
        for column, cell in enumerate(row):
            number = column in (6, 7) and cell.replace(".", "", 1).isdigit()
            sheet.write(place, column, float(cell) if number else cell)
    book.close()
    return out.getvalue()


async def checked(
    period: Period,
    rows: Rows,
    *,
    who: str = "tier 1",
    form: Callable[[Rows], bytes] = as_csv,
    looking: str = BULK,
) -> Any:
    """What came of uploading the rows and checking them."""
    bulk = await asked(period, form(rows), who=who, name=f"claims.{form.__name__[3:]}")
    await run(period, UUID(bulk))
    return await look(period, bulk, who, looking)


async def asked(period: Period, content: bytes, *, who: str, name: str) -> str:
    upload = await put(period, commands.FILE_KIND.name, who, content)
    data = await period.ask(who, CHECK, upload=str(upload), name=name)
    assert "errors" not in data, data
    return str(data["checkBulkClaim"]["id"])


async def run(period: Period, bulk: UUID) -> None:
    """The job, as a worker runs it."""
    async with period.db.transaction() as tx:
        row = await tx.fetchrow(
            "update chassis.job set status = 'RUNNING', attempts = 1 where id = $1 returning *",
            bulk,
        )
    given = (row["input"], row["person"], row["organisation"])
    await commands.check(JobRun(period.db, bulk, 1, *given, period.now))


async def look(period: Period, bulk: str, who: str = "tier 1", looking: str = BULK) -> Any:
    query = f"query ($id: ID!) {{ bulkClaim(id: $id) {{ {looking} }} }}"
    data = await period.ask(who, query, id=bulk)
    return data if "errors" in data else data["bulkClaim"]


async def submitted(period: Period, bulk: str, who: str = "tier 1") -> Any:
    query = f"mutation ($id: ID!) {{ submitBulkClaim(id: $id) {{ {BULK} }} }}"
    data = await period.ask(who, query, id=bulk)
    return data if "errors" in data else data["submitBulkClaim"]


def errors(bulk: Any) -> list[tuple[int, str, str | None]]:
    return [(one["row"], one["code"], one["field"]) for one in bulk["errors"]]


async def kept_claims(period: Period) -> list[dict[str, Any]]:
    async with period.db.reader() as reader:
        return [dict(row) for row in await reader.fetch("select * from claim order by provider")]
