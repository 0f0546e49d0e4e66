"""A payment period in a small England: what the tests of declarations stand in."""

import csv
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from chassis.auth import Identity
from chassis.clock import Clock
from chassis.db import Database, Tx
from chassis.files import Files
from chassis.graphql import Context
from chassis.ids import new_id
from chassis.jobs import JobRun
from nhs.directory import Principal, load_principal
from nhs.roles import OrganisationKind, RelationshipKind, Role
from services.declarations.achievement import commands as achievement
from services.declarations.achievement.domain import COLUMNS
from services.declarations.agreements import commands as agreements
from services.declarations.app import SERVICE
from services.declarations.approval.settling import drain, open_declarations
from tests.nhs.formulas.qof import WORKED, qof
from tests.support.directory import ISSUER, have_organisation, have_person, relate

SERVICE_ID = "QOF2526/1"
ACHIEVED_ON = date(2026, 3, 31)
NOW = datetime(2026, 4, 1, 9, tzinfo=UTC)
PRACTICES = ("A81001", "A81002")

PEOPLE: Mapping[str, tuple[str, Sequence[Role]]] = {
    "data load": ("ENG", [Role.DATA_LOAD]),
    "practice": ("A81001", [Role.DECLARATION_MANAGEMENT]),
    "other practice": ("A81002", [Role.DECLARATION_MANAGEMENT]),
    "practice viewer": ("A81001", [Role.VIEW]),
    "approver": ("QHM", [Role.APPROVAL_MANAGEMENT]),
    "second approver": ("QHM", [Role.APPROVAL_MANAGEMENT]),
    "finance": ("QHM", [Role.FINANCE_MANAGEMENT]),
    "both": ("QHM", [Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT]),
    "other commissioner": ("QZZ", [Role.APPROVAL_MANAGEMENT, Role.FINANCE_MANAGEMENT]),
    "service manager": ("A81001", [Role.SERVICE_MANAGEMENT]),
}

Values = dict[str, tuple[int, int, int | None]]
"""By indicator: numerator, denominator, register."""


def worked_values() -> Values:
    """The twelve indicators of DOMAIN.md 3.9 B; the other 32 with numerator 0 of 100."""
    values: Values = {
        i.code: (0, 100, 500 if i.prevalence_adjusted else None) for i in qof().indicators
    }
    return values | {w.indicator: (w.numerator, w.denominator, w.register) for w in WORKED}


def worked_prevalences() -> dict[str, str]:
    by_code = {i.code: i for i in qof().indicators}
    known = {by_code[w.indicator].prevalence_group: w.prevalence for w in WORKED if w.prevalence}
    return {group: known.get(group, "0.05") for group in qof().prevalence_groups}


def extract_rows(provider: str, values: Values) -> list[list[str]]:
    """INDICATOR_VALUES rows of a provider."""
    fields = {i.code: i.fields for i in qof().indicators}
    rows = []
    for code, numbers in values.items():
        parts = dict(zip(("numerator", "denominator", "register"), numbers, strict=True))
        for part, field in fields[code].items():
            rows.append(row(provider, code, field, str(parts[part])))
    return rows


def row(provider: str, code: str, field: str, value: str, **changes: str) -> list[str]:
    columns = {
        "QUALITY_SERVICE": "QOF2526",
        "NAME": "Quality and Outcomes Framework 2025/26",
        "ORG_CODE": provider,
        "ACH_DATE": "20260331",
        "IND_CODE": code,
        "FIELD_NAME": field,
        "VALUE": value,
        "DEFAULT_VALUES_USED": "None",
        "SUBMIT_USER_ID": "AUTOMATED",
        "SUBMIT_DATE": "01/04/2026",
        "SUBMIT_TIME": "02:19:50",
        "LAST_SUBMISSION": "Y",
    }
    return list((columns | changes).values())


@dataclass
class Period:
    db: Database
    folder: Path
    now: datetime = NOW
    demonstration: bool = True

    async def begin(self) -> None:
        async with self.db.transaction() as tx:
            await _england(tx)
            for name, (organisation, roles) in PEOPLE.items():
                await have_person(tx, name, {organisation: roles})
            await agreements.keep_service(tx, SERVICE_ID, 1, qof())
            await agreements.keep_offers(tx, [offer(provider) for provider in PRACTICES])

    async def practices(self, codes: Sequence[str]) -> None:
        """More practices, each with an Approved offer."""
        async with self.db.transaction() as tx:
            for code in codes:
                await _practice(tx, code)
            await agreements.keep_offers(tx, [offer(code) for code in codes])

    def files(self) -> Files:
        return Files("declarations", self.folder, b"key", SERVICE.files)

    async def settle(self) -> None:
        """Whatever is due is done."""
        while await self.open() + await self.drain():
            pass

    async def open(self) -> int:
        async with self.db.transaction() as tx:
            return await open_declarations(tx, Clock(lambda: self.now).today(), now=self.now)

    async def drain(self) -> int:
        async with self.db.transaction() as tx:
            return await drain(tx, demonstration=self.demonstration, now=self.now)

    async def load(self, rows: Sequence[Sequence[str]], *, header: Sequence[str] = COLUMNS) -> Any:
        """Load an extract of these rows; answers the counts."""
        path = self.folder / f"{new_id()}.csv"
        with path.open("w", newline="") as file:
            csv.writer(file).writerows([header, *rows])
        principal = await self.principal("data load")
        run = JobRun(
            self.db, new_id(), 1, {"path": str(path)}, principal.person_id, "ENG", self.now
        )
        async with self.db.transaction() as tx:
            await tx.execute(
                "insert into chassis.job (id, kind, input, person, organisation, status, attempts,"
                " asked_at) values ($1, 'load-achievement', '{}', $2, 'ENG', 'RUNNING', 1, $3)",
                run.id,
                run.person,
                self.now,
            )
            await achievement.store.open_load(
                tx, run.id, path.name, person=run.person, organisation="ENG", now=self.now
            )
        self.last_load = run.id
        return await achievement.load(run)

    async def problems(self) -> list[tuple[str, int, str | None]]:
        """Code, row and field of everything the last load listed."""
        async with self.db.reader() as reader:
            found = await achievement.store.find_problems(reader, self.last_load, 1_000)
        return [(problem.code, problem.line, problem.field) for problem in found]

    async def prevalence(
        self, values: Mapping[str, str] | None = None, source: str = "made up"
    ) -> Any:
        given = (values or worked_prevalences()).items()
        return await self.ask(
            "data load",
            """mutation ($values: [GroupPrevalenceInput!]!, $source: String!) {
                loadNationalPrevalence(input: { name: "England 2025/26",
                    qualityService: "QOF2526/1", source: $source, values: $values}) { id } }""",
            source=source,
            values=[{"group": group, "prevalence": value} for group, value in given],
        )

    async def calculated(self, *providers: str, values: Values | None = None) -> None:
        """Everything is there, and calculated."""
        await self.prevalence()
        rows = [r for p in providers for r in extract_rows(p, values or worked_values())]
        await self.load(rows)
        await self.settle()

    async def principal(self, name: str) -> Principal:
        async with self.db.reader() as reader:
            return await load_principal(reader, Identity(ISSUER, name), None, self.now)

    async def ask(self, who: str, query: str, **variables: Any) -> Any:
        """The data, or the codes of the errors under `errors`."""
        context = Context(
            db=self.db,
            principal=await self.principal(who),
            identity=Identity(ISSUER, who),
            clock=Clock(lambda: self.now),
            now=self.now,
            request_id="test",
            files=self.files(),
            demonstration=self.demonstration,
        )
        given = deepcopy(variables)  # resolving entities takes their __typename away
        result = await SERVICE.schema.execute(query, given, context_value=context)
        if result.errors:
            return {"errors": [_code(error) for error in result.errors]}
        return result.data

    async def declarations(self, who: str = "approver", **wanted: Any) -> list[Any]:
        data = await self.ask(
            who,
            """query ($filter: DeclarationFilter) { declarations(filter: $filter, first: 1000) {
                totalCount edges { node { id version status points pounds missing
                provider { odsCode } } } } }""",
            filter=wanted or None,
        )
        return [edge["node"] for edge in data["declarations"]["edges"]]

    async def of(self, provider: str) -> Any:
        found = await self.declarations(provider=provider)
        assert len(found) == 1
        return found[0]

    async def declare(self, who: str, rows: Sequence[Any], **more: Any) -> Any:
        return await self._step(who, "declareDeclarations", rows, **more)

    async def approve(self, who: str, rows: Sequence[Any], **more: Any) -> Any:
        return await self._step(who, "approveDeclarations", rows, **more)

    async def _step(self, who: str, operation: str, rows: Sequence[Any], **more: Any) -> Any:
        chosen = {"rows": [{"id": r["id"], "version": r["version"]} for r in rows]}
        variables = {"choose": chosen, "dryRun": False, "key": None} | more
        data = await self.ask(
            who,
            f"""mutation ($choose: ChooseDeclarations!, $dryRun: Boolean!, $key: String) {{
                {operation}(choose: $choose, dryRun: $dryRun, idempotencyKey: $key) {{
                done refused {{ id code message field }} counts {{ name value }} selection message
            }} }}""",
            **variables,
        )
        return data if "errors" in data else data[operation]

    async def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """What waits in the outbox, oldest first."""
        async with self.db.reader() as reader:
            rows = await reader.fetch("select type, payload from chassis.outbox order by position")
        return [row["payload"] for row in rows if kind is None or row["type"] == kind]

    async def events_by_type(self) -> dict[str, int]:
        async with self.db.reader() as reader:
            rows = await reader.fetch("select type, count(*) from chassis.outbox group by type")
        return {row["type"]: row["count"] for row in rows}

    async def everything(self) -> dict[str, int]:
        """Rows of every table that matters: a refusal must change none of them."""
        tables = ("chassis.outbox", "declaration_history", "payment", "ledger_entry", "due")
        async with self.db.reader() as reader:
            counts = {t: len(await reader.fetch(f"table {t}")) for t in tables}
            counts["versions"] = await reader.fetchval("select sum(version) from declaration")
        return counts


async def _england(tx: Tx) -> None:
    for code, kind in (("ENG", "NATION"), ("Y63", "REGION"), ("QHM", "ICB"), ("16C", "SUB_ICB")):
        await have_organisation(tx, code, OrganisationKind(kind))
    await have_organisation(tx, "QZZ", OrganisationKind.ICB)
    for below, above in (("16C", "QHM"), ("QHM", "Y63"), ("Y63", "ENG"), ("QZZ", "Y63")):
        await relate(tx, below, RelationshipKind.PART_OF, above)
    for code in (*PRACTICES, "A81003"):
        await _practice(tx, code)


async def _practice(tx: Tx, code: str) -> None:
    await have_organisation(tx, code, OrganisationKind.PRACTICE)
    await relate(tx, code, RelationshipKind.COMMISSIONED_BY, "16C")
    await tx.execute(
        "insert into directory.list_size (ods_code, counted_on, patients) values ($1, $2, 12000)",
        code,
        date(2026, 1, 1),
    )


def offer(provider: str, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "version": 2,
        "quality_service": SERVICE_ID,
        "service_code": "QOF2526",
        "payment_type": "QOF",
        "provider": provider,
        "commissioner": "QHM",
        "status": "APPROVED",
        "starts_on": "2025-04-01",
        "ends_on": "2026-03-31",
        "ended_on": None,
    } | changes


def _code(error: Any) -> str:
    cause = error.original_error
    return getattr(cause, "code", None) or f"{type(cause).__name__}: {error.message}"


def as_ids(nodes: Sequence[Any]) -> list[UUID]:
    return [UUID(node["id"]) for node in nodes]
