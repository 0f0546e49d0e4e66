"""The example subscriber, run as its reader would run it."""

import json
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from aiokafka import AIOKafkaProducer

from cqrs.embedded.broker import Broker

_LEDGER = Path(__file__).parents[2] / "examples" / "ledger.py"


async def test_an_entry_counts_once_in_whatever_order_and_however_often_it_comes() -> None:
    broker = Broker.start({"declarations.payment": 4})
    first, second = _entry("37227.05"), _entry("-0.06")
    await _send(broker, [second, first, second, first, _entry("0.00")])
    assert _run(broker) == {"entries": 3, "total": "37226.99"}
    broker.stop()


def test_an_empty_topic_is_an_empty_ledger() -> None:
    broker = Broker.start({"declarations.payment": 2})
    assert _run(broker) == {"entries": 0, "total": "0.00"}
    broker.stop()


def _entry(amount: str) -> dict[str, str]:
    return {"entry_id": str(uuid4()), "amount": amount}


async def _send(broker: Broker, entries: list[dict[str, str]]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=broker.bootstrap) as producer:
        for number, entry in enumerate(entries):
            value = json.dumps(entry).encode()
            await producer.send_and_wait("declarations.payment", value, partition=number % 4)


def _run(broker: Broker) -> dict[str, object]:
    command = [sys.executable, str(_LEDGER), broker.bootstrap]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=30)
    return json.loads(done.stdout)
