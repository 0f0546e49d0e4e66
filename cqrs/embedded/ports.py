"""Ports for servers that are told theirs."""

import random
import socket

_BELOW_OUTGOING = range(15_000, 32_000)
"""Below what the kernel gives to outgoing connections, so that none can sit on it meanwhile."""


def free_port() -> int:
    """A port of the loopback address that nobody listened on a moment ago."""
    drawn = random.SystemRandom()
    while True:
        port = drawn.choice(_BELOW_OUTGOING)
        if _is_free(port):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
