"""Dashboards' lists take as many statements as one row of them, whatever is asked of each row."""

from typing import Any

import pytest

from tests.services.declarations.bulk.test_statements import Counted
from tests.services.declarations.paying import finance_approved
from tests.services.declarations.period import Period

_DECLARATION = """status points pounds provider { odsCode } blockers { code } notes
    lines { indicator points } history { action changes { since } } historyExport
    changes { since } advanced payment { status entries { amount } }"""
_LIST = "{ %s { totalCount edges { node { %s } } } }"
LISTS = {
    "declarations": _LIST % ("declarations(first: %d)", _DECLARATION),
    "waitingDeclarations": _LIST
    % (
        "waitingDeclarations(filter: {}, first: %d)",
        f"days declaration {{ {_DECLARATION} }}",
    ),
    "payments": _LIST
    % ("payments(first: %d)", f"entries {{ amount }} declaration {{ {_DECLARATION} }}"),
    "achievementResults": _LIST
    % (
        'achievementResults(service: "QOF2526", first: %d)',
        f"points before {{ points }} declaration {{ {_DECLARATION} }}",
    ),
    "cutOffs": _LIST % ("cutOffs(first: %d)", "approveBy stillOpen { count }"),
}
_CUT_OFFS = """mutation { loadCutOffs(source: "a notice", cutOffs: [
    {approveBy: "2026-07-03", payOn: "2026-07-20"}, {approveBy: "2026-08-05", payOn: "2026-08-20"}
    ]) { added } }"""
OTHERS = ("B00001", "B00002", "B00003")


async def everything(period: Period) -> None:
    """Two that are paid, three that wait, and two cut-offs."""
    await finance_approved(period, "A81001", "A81002")
    await period.practices(OTHERS)
    await period.calculated(*OTHERS)
    await period.ask("data load", _CUT_OFFS)


async def test_each_statement_is_sent_once_for_all_rows(
    period: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    await everything(period)
    counted = Counted(monkeypatch)
    for name, query in LISTS.items():
        counted.clear()
        data = await period.ask("finance", query % 100)
        assert len(data[name]["edges"]) > 1, name
        assert len(counted) == len(set(counted)), name
        assert len(counted) <= 12, name


_RECEIPTS = "{ declarations(first: %d) { edges { node { receipt } } } }"
_TOLD = "{ declarations(first: %d) { edges { node { lines { explanation { summary } } } } } }"


@pytest.mark.parametrize("query", [_RECEIPTS, _TOLD])
async def test_receipts_are_rebuilt_for_a_few_at_a_time(
    period: Period, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    """Each takes some hundredths of a second, in which whoever else asks waits."""
    await everything(period)
    monkeypatch.setattr("services.declarations.calculation.schema.MOST_RECEIPTS", 2)
    assert "errors" not in await period.ask("finance", query % 2)
    refused: Any = await period.ask("finance", query % 3)
    assert set(refused["errors"]) == {"TOO_MANY_RECEIPTS"}
