"""Waiting for what happens elsewhere, without sleeping longer than it takes."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

T = TypeVar("T")

_PAUSE = 0.02


async def eventually(check: Callable[[], Awaitable[T] | T], timeout: float = 10.0) -> T:
    """Call the check until it raises nothing; then answer what it answered."""
    until = time.monotonic() + timeout
    while True:
        try:
            answer = check()
            return await answer if isinstance(answer, Awaitable) else answer
        except (Exception, pytest.fail.Exception):
            if time.monotonic() > until:
                raise
        await asyncio.sleep(_PAUSE)


def soon(check: Callable[[], T], timeout: float = 10.0) -> T:
    """The same for a test without an event loop."""
    until = time.monotonic() + timeout
    while True:
        try:
            return check()
        except (Exception, pytest.fail.Exception):
            if time.monotonic() > until:
                raise
        time.sleep(_PAUSE)
