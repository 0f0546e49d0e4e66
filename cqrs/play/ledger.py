"""The books are compared: the example subscriber's, and GraphQL's."""

import asyncio
import json
import runpy
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from cqrs.play.asking import PlayError, until
from cqrs.play.gateway import Person, document

_SUBSCRIBER = Path(__file__).parents[2] / "examples" / "ledger.py"
_PATIENCE = 120.0


@dataclass(frozen=True)
class Books:
    entries: int
    pounds: Decimal


async def compare(viewer: Person, subscriber: Sequence[str], expected: int) -> Books:
    """Wait for the last entry on the topic; then both must agree to the penny."""
    ours = await _graphql(viewer)
    if ours.entries < expected:
        raise PlayError(f"GraphQL knows {ours.entries} of {expected} payments")
    failing = f"{ours.entries} entries were to be on the ledger's topic"
    theirs = await until(
        lambda: _subscriber(subscriber),
        lambda books: books.entries >= ours.entries,
        failing,
        _PATIENCE,
    )
    if theirs != ours:
        raise PlayError(f"the ledger does not agree: subscriber {theirs}, GraphQL {ours}")
    return ours


def subscriber_entries(subscriber: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """By id, as the example subscriber reads them, however often each was delivered."""
    address, *settings = subscriber
    given = {"bootstrap.servers": address} | dict(word.split("=", 1) for word in settings)
    read = runpy.run_path(str(_SUBSCRIBER))["entries"]
    try:
        return {entry["entry_id"]: entry for entry in read(given)}
    except SystemExit as error:
        raise PlayError(f"{_SUBSCRIBER.name}: {error}") from error


async def _subscriber(arguments: Sequence[str]) -> Books:
    process = await asyncio.create_subprocess_exec(
        sys.executable, str(_SUBSCRIBER), *arguments, stdout=asyncio.subprocess.PIPE
    )
    told, _ = await process.communicate()
    if process.returncode:
        raise PlayError(f"{_SUBSCRIBER.name} ended with {process.returncode}")
    books = json.loads(told)
    return Books(books["entries"], Decimal(books["total"]))


async def _graphql(viewer: Person) -> Books:
    total = (await viewer.ask(document("payment_total"), filter={}))["paymentTotal"]
    return Books(int(total["count"]), Decimal(total["amount"]))
