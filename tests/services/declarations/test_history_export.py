"""An exported history holds, and whatever is done to it afterwards is found."""

import copy
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from cqrs import verify, verify_history
from services.declarations import sealing
from services.declarations.approval import history
from services.declarations.approval.domain import Action, Happening
from tests.services.declarations.period import Period
from tests.services.declarations.test_steps import PROVIDER, declaration

AT = datetime(2026, 4, 1, 9, tzinfo=UTC)
EXPORT = "{ declarations { edges { node { historyExport } } } }"


def made(notes: list[str | None]) -> dict[str, Any]:
    """A history of as many entries, as it is exported."""
    of = declaration(points=Decimal("1.00"), pounds=Decimal("2.50"))
    happened = [Happening(Action.DECLARED, of, PROVIDER, note) for note in notes]
    written = history.write(happened, acting_for="A81001", notes=None, at=AT)
    last = written[-1].declaration
    return {
        "format": sealing.FORMAT,
        "declaration": str(of.id),
        "head": {"length": last.history_length, "hash": last.history_hash},
        "entries": [one.entry.content() | {"hash": one.entry.hash} for one in written],
    }


def head_of(export: dict[str, Any]) -> str:
    return f"{export['head']['length']}:{export['head']['hash']}"


histories = st.lists(st.none() | st.text(max_size=20), min_size=1, max_size=8).map(made)
json_values = st.none() | st.integers() | st.text(max_size=10)


@given(histories)
def test_an_untouched_history_holds(export):
    assert verify_history.differences(export, head_of(export)) == []


@given(histories, st.data())
def test_a_changed_entry_is_found(export, data):
    entry = data.draw(st.sampled_from(export["entries"]))
    name = data.draw(st.sampled_from(sorted(entry)))
    entry[name] = data.draw(json_values.filter(lambda value: value != entry[name]))
    assert verify_history.differences(export)


@given(histories, st.data())
def test_a_removed_entry_is_found_the_last_one_by_the_head(export, data):
    head = head_of(export)
    del export["entries"][data.draw(st.integers(0, len(export["entries"]) - 1))]
    assert verify_history.differences(export)
    entries = export["entries"]
    export["head"] = {
        "length": len(entries),
        "hash": entries[-1]["hash"] if entries else "",
    }
    assert verify_history.differences(export, head)


@given(histories, st.data())
def test_an_inserted_entry_is_found_though_all_after_it_are_sealed_anew(export, data):
    head, entries = head_of(export), export["entries"]
    place = data.draw(st.integers(0, len(entries)))
    entries.insert(place, copy.deepcopy(data.draw(st.sampled_from(entries))))
    assert verify_history.differences(export)
    previous = ""
    for position, entry in enumerate(entries, start=1):
        entry |= {"position": position, "previous": previous}
        del entry["hash"]
        entry["hash"] = previous = verify_history._hash(entry)
    export["head"] = {"length": len(entries), "hash": previous}
    assert verify_history.differences(export) == []
    assert verify_history.differences(export, head)


@given(st.recursive(json_values, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_what_is_no_history_is_said_to_be_none(anything):
    assert verify_history.differences({"entries": [anything], "declaration": "", "head": {}})


async def test_what_is_exported_is_verified_with_the_head_of_the_event(
    period: Period, tmp_path, capsys
):
    await period.calculated("A81001")
    await period.declare("practice", [await period.of("A81001")])
    await period.approve("approver", [await period.of("A81001")])
    (event,) = await period.events("declaration.approved.v1")
    data = await period.ask("finance", EXPORT)
    export = data["declarations"]["edges"][0]["node"]["historyExport"]
    file, head = tmp_path / "history.json", f"{event['history_length']}:{event['history_hash']}"
    file.write_text(json.dumps(export))
    assert verify.report(file, head) == 0
    assert capsys.readouterr().out == f"holds: 4 entries of {event['id']}\n"
    del export["entries"][-1]
    export["head"] = {"length": 3, "hash": export["entries"][-1]["hash"]}
    file.write_text(json.dumps(export))
    assert (verify.report(file), verify.report(file, head)) == (0, 1)


async def test_a_history_that_lost_its_last_entry_in_the_database_does_not_hold(period: Period):
    await period.calculated("A81001")
    async with period.db.transaction() as tx:
        await tx.execute("alter table declaration_history disable trigger all")
        await tx.execute("delete from declaration_history where position = 2")
    data = await period.ask("finance", EXPORT)
    assert verify_history.differences(data["declarations"]["edges"][0]["node"]["historyExport"])


async def test_who_may_not_see_pounds_exports_no_history(period: Period):
    await period.calculated("A81001")
    data = await period.ask("practice viewer", EXPORT)
    assert data["declarations"]["edges"][0]["node"]["historyExport"] is None
