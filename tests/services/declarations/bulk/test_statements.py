"""A bulk claim of many providers takes as many statements as one of a few."""

from collections.abc import Sequence
from uuid import UUID

import pytest

from chassis import db
from tests.services.declarations.bulk.filling import (
    as_csv,
    asked,
    filled,
    look,
    run,
    submitted,
    template,
)
from tests.services.declarations.claiming import many_take_part
from tests.services.declarations.period import Period


class Counted(list[str]):
    """The statements that anybody in this process sends meanwhile."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in ("fetch", "fetchrow", "fetchval"):
            self._watch(monkeypatch, db.Reader, name)
        for name in ("execute", "copy"):
            self._watch(monkeypatch, db.Tx, name)

    def _watch(self, monkeypatch: pytest.MonkeyPatch, where: type, name: str) -> None:
        real = getattr(where, name)

        def counting(them: db.Reader, sql: str, *given: object, **more: object) -> object:
            self.append(sql)
            return real(them, sql, *given, **more)

        monkeypatch.setattr(where, name, counting)


async def statements(period: Period, counted: Counted, providers: Sequence[str]) -> int:
    """How many it took to check and to submit theirs."""
    rows = filled(await template(period), {(code, "PHLEB"): "5" for code in providers})
    bulk = await asked(period, as_csv(rows), who="tier 1", name="claims.csv")
    counted.clear()
    await run(period, UUID(bulk))
    await submitted(period, bulk)
    taken = len(counted)
    assert (await look(period, bulk))["status"] == "SUBMITTED"
    return taken


async def test_many_providers_take_as_many_statements_as_two(
    claims: Period, monkeypatch: pytest.MonkeyPatch
) -> None:
    practices = await many_take_part(claims, 200)
    counted = Counted(monkeypatch)
    few = await statements(claims, counted, practices[:2])
    assert await statements(claims, counted, practices[2:]) == few
    assert 0 < few <= 70
