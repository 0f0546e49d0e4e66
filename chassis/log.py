"""Logs are events with fields, one JSON object a line, and never hold a secret.

log = structlog.get_logger()
log.info("offers.accepted", count=142)
"""

import logging
import re
import sys
import time
from typing import Any

import orjson
import structlog
from structlog.types import EventDict, Processor, WrappedLogger

_SECRET_NAMES = re.compile(
    r"authori[sz]ation|bearer|token|password|secret|signature|database_url|dsn|files_key",
    re.IGNORECASE,
)
_SECRETS = (
    (re.compile(r"(://[^/\s:@]*):[^/\s@]+@"), r"\1:…@"),
    (re.compile(r"\b(Bearer)\s+[\w.~+/=-]+", re.IGNORECASE), r"\1 …"),
    (re.compile(r"\beyJ[\w-]+\.[\w-]+\.[\w-]*"), "…"),
    (re.compile(r"\b(signature=)[0-9a-f]+"), r"\1…"),
)
_REPETITIVE = "aiokafka"
_SPARING_SECONDS = 10.0
_FIGURES = re.compile(r"\d+")
_MOST_LINES = 1_000
_QUIET = ("uvicorn.access", "aiokafka", "faststream", "asyncio", "strawberry.execution")


class Sparing(logging.Filter):
    """Of a library's lines that differ in their figures alone, one in ten seconds.

    The next one says how many there were: aiokafka says each time that it finds no broker, some
    hundred times a second.
    """

    def __init__(self) -> None:
        super().__init__()
        self._said: dict[str, tuple[float, int]] = {}
        """When a line was let through, and how many have been held back since."""

    def filter(self, record: logging.LogRecord) -> bool:
        if not record.name.startswith(_REPETITIVE):
            return True
        now, line = time.monotonic(), _FIGURES.sub("", record.getMessage())
        said, held = self._said.get(line, (-_SPARING_SECONDS, 0))
        if now - said < _SPARING_SECONDS:
            self._said[line] = said, held + 1
            return False
        if len(self._said) > _MOST_LINES:
            self._said.clear()
        self._said[line] = now, 0
        if held:
            record.msg, record.args = f"{record.getMessage()} ({held} more like it)", ()
        return True


def without_secrets(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Blank fields that are named like a secret, and whatever looks like one within a text."""
    return {
        name: "…" if _SECRET_NAMES.search(name) else _cleaned(value)
        for name, value in event.items()
    }


def _cleaned(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    for pattern, instead in _SECRETS:
        value = pattern.sub(instead, value)
    return value


def configure(service: str, *, level: str = "info", form: str = "json") -> None:
    """Send our events and the libraries' records to standard output, in one form."""

    def named(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {"service": service, **event}

    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        named,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(_number(level)),
        logger_factory=structlog.stdlib.LoggerFactory(),
    )
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(Sparing())
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_secrets,
                _renderer(form),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=_number(level), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)


def _renderer(form: str) -> Processor:
    if form == "console":
        return structlog.dev.ConsoleRenderer(colors=False)
    return structlog.processors.JSONRenderer(serializer=_json)


def _json(event: EventDict, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]
