"""Kafka's protocol from the broker that librdkafka carries for its own tests.

It forgets everything when it stops, keeps 5 MB a partition and takes one member a group
(FACTS.md, "Embedded broker"). It lives in a process of its own, this module run as a script.
"""

import ctypes
import json
import signal
import subprocess
import sys
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from cqrs.embedded.child import dying_with_parent, stop

_REBALANCE_DELAY_MS = 100
"""How long a group waits for members; the default of three seconds suits nobody here."""


class BrokerError(RuntimeError):
    """The embedded broker did not start; the message carries its own words."""


@dataclass
class Broker:
    bootstrap: str
    process: subprocess.Popen[bytes] = field(repr=False)

    @classmethod
    def start(cls, topics: Mapping[str, int], log: Path | None = None) -> "Broker":
        """Start a broker that has the topics, by name and number of partitions."""
        with log.open("ab") if log else nullcontext() as complaints:
            process = _started(topics, complaints)
        return cls(_announced(process), process)

    @property
    def pid(self) -> int:
        return self.process.pid

    def stop(self) -> None:
        stop(self.process, signal.SIGTERM)


def _started(topics: Mapping[str, int], complaints: BinaryIO | None) -> subprocess.Popen[bytes]:
    spelt = [f"{name}:{partitions}" for name, partitions in topics.items()]
    return subprocess.Popen(  # noqa: S603 - ourselves
        [sys.executable, "-m", __name__, *spelt],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=complaints,
        start_new_session=True,
        preexec_fn=dying_with_parent(),  # noqa: PLW1509 - system calls only
    )


def _announced(process: subprocess.Popen[bytes]) -> str:
    """The address, which the child prints first, and nothing after it."""
    assert process.stdout
    with process.stdout as told:
        line = told.readline()
    if not line:
        raise BrokerError(f"the embedded broker ended with {process.wait()}")
    return str(json.loads(line)["bootstrap"])


def serve(topics: Mapping[str, int]) -> None:
    """Be the broker until SIGTERM or SIGINT: print the address, then wait."""
    waited_for = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, waited_for)  # before librdkafka starts its threads
    print(json.dumps({"bootstrap": _cluster(topics)}), flush=True)  # noqa: T201 - our one message
    signal.sigwait(waited_for)


def _cluster(topics: Mapping[str, int]) -> str:
    library = _librdkafka()
    error = ctypes.create_string_buffer(512)
    settings = ctypes.c_void_p(library.rd_kafka_conf_new())
    library.rd_kafka_conf_set(settings, b"log_level", b"3", error, len(error))  # errors only
    producer = library.rd_kafka_new(0, settings, error, len(error))
    if not producer:
        raise BrokerError(error.value.decode())
    cluster = ctypes.c_void_p(library.rd_kafka_mock_cluster_new(ctypes.c_void_p(producer), 1))
    library.rd_kafka_mock_group_initial_rebalance_delay_ms(cluster, _REBALANCE_DELAY_MS)
    for name, partitions in topics.items():
        if library.rd_kafka_mock_topic_create(cluster, name.encode(), partitions, 1):
            raise BrokerError(f"topic {name} with {partitions} partitions could not be made")
    return str(library.rd_kafka_mock_cluster_bootstraps(cluster).decode())


def _librdkafka() -> ctypes.CDLL:
    """The library inside the confluent-kafka wheel, with every pointer at its full width."""
    import confluent_kafka.cimpl  # noqa: PLC0415 - loads what librdkafka itself needs

    beside = Path(confluent_kafka.cimpl.__file__).parent.parent / "confluent_kafka.libs"
    library = ctypes.CDLL(str(next(beside.glob("librdkafka-*.so.1"))))
    pointer = ctypes.c_void_p
    library.rd_kafka_conf_new.restype = pointer
    library.rd_kafka_new.argtypes = [ctypes.c_int, pointer, ctypes.c_char_p, ctypes.c_size_t]
    library.rd_kafka_new.restype = pointer
    library.rd_kafka_mock_cluster_new.restype = pointer
    library.rd_kafka_mock_cluster_bootstraps.restype = ctypes.c_char_p
    return library


if __name__ == "__main__":
    serve({name: int(count) for name, _, count in (word.rpartition(":") for word in sys.argv[1:])})
