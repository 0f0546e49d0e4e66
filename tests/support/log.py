"""What is logged during a test, plainly: drawing tracebacks in colour takes seconds."""

import pytest
import structlog


@pytest.fixture(scope="session", autouse=True)
def plain_log() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.format_exc_info,
            structlog.processors.KeyValueRenderer(key_order=["level", "event"]),
        ]
    )
