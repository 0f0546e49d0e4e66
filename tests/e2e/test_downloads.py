"""Lists as files: asked for at the gateway, and fetched at its host without a token."""

import csv
import io

import pytest

from cqrs.play.cast import APPROVAL
from tests.support.period import ICB

pytestmark = pytest.mark.xdist_group("system")

_PERIOD = 'filter: {from: "2025-04-01", to: "2026-03-31"}'
_LIST = f"""{{
  networkRelationships({_PERIOD}, first: 1000) {{
    totalCount edges {{ node {{ practiceCode pcnCode validFrom validTo }} }}
  }}
}}"""
_DOWNLOAD = f"mutation {{ requestNetworkRelationshipsDownload({_PERIOD}) {{ csv xlsx }} }}"


async def test_a_report_fetched_at_the_gateways_host_holds_the_rows_of_the_list(declared, cast):
    asker = cast(APPROVAL, ICB)
    shown = (await asker.ask(_LIST))["networkRelationships"]
    paths = (await asker.ask(_DOWNLOAD))["requestNetworkRelationshipsDownload"]
    async with cast.gateway.session.get(f"{cast.gateway.address}{paths['csv']}") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert answer.headers["Cache-Control"] == "no-store"
        content = (await answer.read()).decode("utf-8-sig")
    lines = list(csv.DictReader(io.StringIO(content, newline="")))
    assert len(lines) == shown["totalCount"] > 0
    assert [line["Practice Code"] for line in lines] == [
        edge["node"]["practiceCode"] for edge in shown["edges"]
    ]
    async with cast.gateway.session.get(f"{cast.gateway.address}{paths['xlsx']}") as answer:
        assert (answer.status, (await answer.read())[:2]) == (200, b"PK")
