"""How a process reaches Kafka, and what kind of broker it finds there."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Kafka:
    bootstrap: str
    """Bootstrap servers, comma-separated."""
    username: str = ""
    password: str = field(default="", repr=False)
    """With a username: SASL PLAIN."""
    session_timeout_ms: int = 10_000
    fetch_max_wait_ms: int = 500
    forgetful: bool = False
    """The embedded broker: it drops the oldest records of any topic, compacted or not, so a reader
    must find each record from the very first."""

    def connection(self) -> dict[str, Any]:
        """Arguments every aiokafka client takes."""
        sasl = {
            "security_protocol": "SASL_PLAINTEXT",
            "sasl_mechanism": "PLAIN",
            "sasl_plain_username": self.username,
            "sasl_plain_password": self.password,
        }
        return {"bootstrap_servers": self.bootstrap, **(sasl if self.username else {})}
