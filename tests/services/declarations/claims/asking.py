"""What people ask and do about claims, through GraphQL."""

from collections.abc import Sequence
from typing import Any

from chassis.ids import new_id
from tests.services.declarations.claiming import SCHEME, STARTS
from tests.services.declarations.period import Period

SHOWN = """id version contentVersion status step path band amount provisional bulk notes
    rejectionCode rejectionReason periodStart periodEnd submittedAt
    services { code amount paymentType qualityService { id } }
    lines { position service component name quantity tariff amount sent }"""
ERRORS = "errors { code line field message service component }"

Lines = Sequence[tuple[str, str]]
"""Component and quantity."""


def content(lines: Lines, notes: str | None = None, service: str = SCHEME) -> dict[str, Any]:
    given = [{"service": service, "component": c, "quantity": q} for c, q in lines]
    return {"lines": given, "notes": notes}


async def create(
    period: Period, who: str = "claimant", service: str = SCHEME, start: str = str(STARTS)
) -> Any:
    data = await period.ask(
        who,
        f"""mutation ($service: String!, $start: Date!) {{
            createClaim(service: $service, periodStart: $start) {{ {SHOWN} }} }}""",
        service=service,
        start=start,
    )
    return data if "errors" in data else data["createClaim"]


async def edit(period: Period, of: Any, lines: Lines, who: str = "claimant", **more: Any) -> Any:
    return await _one(
        period, who, "editClaim", of, "$content: ClaimContentInput!", content=content(lines, **more)
    )


async def add_all(period: Period, of: Any, who: str = "claimant") -> Any:
    return await _one(period, who, "addAllClaimComponents", of)


async def amend(period: Period, of: Any, who: str = "claimant") -> Any:
    return await _one(period, who, "amendClaim", of)


async def _one(period: Period, who: str, name: str, of: Any, *given: str, **more: Any) -> Any:
    declared = "".join(f", {one}" for one in given)
    passed = "".join(f", {one}: ${one}" for one in more)
    data = await period.ask(
        who,
        f"""mutation ($id: ID!, $version: Int!{declared}) {{
            {name}(id: $id, version: $version{passed}) {{ {SHOWN} }} }}""",
        id=of["id"],
        version=of["version"],
        **more,
    )
    return data if "errors" in data else data[name]


async def submit(period: Period, of: Any, who: str = "claimant", **more: Any) -> Any:
    """`content`, `dryRun` and `key` as they are given."""
    given = {"id": of["id"], "version": of["version"], "content": None, "dryRun": False}
    data = await period.ask(
        who,
        f"""mutation ($id: ID!, $version: Int!, $content: ClaimContentInput, $dryRun: Boolean!,
            $key: String) {{
            submitClaim(id: $id, version: $version, content: $content, dryRun: $dryRun,
                idempotencyKey: $key) {{ submitted {ERRORS} claim {{ {SHOWN} }} }} }}""",
        **given | {"key": None} | more,
    )
    return data if "errors" in data else data["submitClaim"]


async def submitted(
    period: Period,
    lines: Lines = (("WOUND", "10"),),
    who: str = "claimant",
    **more: Any,
) -> Any:
    """A claim with its log attached, submitted."""
    draft = await create(period, who, **more)
    await attach(period, draft)
    service = draft["services"][0]["code"]
    answer = await submit(period, draft, who, content=content(lines, service=service))
    assert answer["submitted"], answer["errors"]
    return answer["claim"]


async def attach(
    period: Period, of: Any, code: str = "LOG", name: str = "log.csv", *, named: bool = False
) -> None:
    """Evidence as it lies there once it was attached to the claim's first service."""
    async with period.db.transaction() as tx:
        await tx.execute(
            "insert into claim_evidence (id, claim_id, service_code, code, file_name, digest,"
            " has_nhs_number, from_version, attached_at, attached_by, attached_for, media_type,"
            " size, object_key, pictures)"
            " values ($1, $2, $3, $4, $5, $6, $7, 1, $8, $1, 'A81001', 'text/csv', 1, $6, 0)",
            new_id(),
            of["id"],
            of["services"][0]["code"],
            code,
            name,
            f"{'0' * 60}{new_id().hex[-4:]}",
            named,
            period.now,
        )


async def decide(
    period: Period, who: str, rows: Sequence[Any], verb: str = "approve", **more: Any
) -> Any:
    """approveClaims, rejectClaims or withdrawClaims; other arguments as they are given."""
    chosen = {"rows": [{"id": r["id"], "version": r["version"]} for r in rows]}
    declared, passed = "", ""
    if verb != "approve":
        kind = "String!" if verb == "reject" else "String"
        declared, passed = f", $reason: {kind}", ", reason: $reason"
    if verb == "reject":
        declared += ", $code: ClaimRejectionCode"
        passed += ", reasonCode: $code"
        more = {"reason": "The log covers May only", "code": "EVIDENCE_NOT_ACCEPTED"} | more
    data = await period.ask(
        who,
        f"""mutation ($choose: ChooseClaims!, $dryRun: Boolean, $key: String{declared}) {{
            {verb}Claims(choose: $choose, dryRun: $dryRun, idempotencyKey: $key{passed}) {{
            done refused {{ id code message field }} counts {{ name value }} selection message
        }} }}""",
        **{"choose": chosen, "dryRun": False, "key": None} | more,
    )
    return data if "errors" in data else data[f"{verb}Claims"]


async def approved(period: Period, of: Any, *people: str) -> Any:
    """The claim after these have approved it, one after the other."""
    for who in people:
        answer = await decide(period, who, [of])
        assert answer["refused"] == [], answer["refused"]
        of = await shown(period, of, who)
    return of


async def shown(period: Period, of: Any, who: str = "claimant", more: str = "") -> Any:
    data = await period.ask(
        who, f"query ($id: ID!) {{ claim(id: $id) {{ {SHOWN} {more} }} }}", id=of["id"]
    )
    return data if "errors" in data else data["claim"]


async def claims(period: Period, who: str, **wanted: Any) -> list[Any]:
    data = await period.ask(
        who,
        f"""query ($filter: ClaimFilter) {{ claims(filter: $filter, first: 100) {{
            totalCount edges {{ node {{ {SHOWN} }} }} }} }}""",
        filter=wanted or None,
    )
    found = [edge["node"] for edge in data["claims"]["edges"]]
    assert data["claims"]["totalCount"] == len(found)
    return found


async def everything(period: Period) -> dict[str, int]:
    """Rows of every table that matters: a refusal must change none of them."""
    tables = (
        "chassis.outbox",
        "claim",
        "claim_line",
        "claim_content",
        "claim_history",
        "payment",
        "ledger_entry",
    )
    async with period.db.reader() as reader:
        counts = {t: len(await reader.fetch(f"table {t}")) for t in tables}
        counts["versions"] = await reader.fetchval("select coalesce(sum(version), 0) from claim")
    return counts


def codes(answer: Any) -> list[str]:
    """Of what a bulk command refused."""
    return [one["code"] for one in answer["refused"]]


def wrong(answer: Any) -> list[tuple[str, int | None, str]]:
    """Code, line and field of what keeps a claim from being submitted."""
    assert not answer["submitted"]
    return [(one["code"], one["line"], one["field"]) for one in answer["errors"]]
