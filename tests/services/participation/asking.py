"""Asking participation in GraphQL, as somebody."""

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from chassis.auth import Identity
from chassis.clock import Clock
from chassis.db import Database
from chassis.files import Files
from chassis.graphql import Context
from nhs.directory import Principal
from services.participation.app import SERVICE


async def asked(
    database: Database, who: Principal, document: str, given: dict[str, Any] | None = None
) -> dict[str, Any]:
    """What is answered on the principal's day; the first error is raised."""
    now = datetime.combine(who.today, time(9), UTC)
    context = Context(
        db=database,
        principal=who,
        identity=Identity("https://issuer.example", "somebody"),
        clock=Clock(lambda: now),
        now=now,
        request_id="test",
        files=Files("participation", Path("nowhere"), b"a key for tests", SERVICE.files),
    )
    result = await SERVICE.schema.execute(document, given, context_value=context)
    for error in result.errors or ():
        raise getattr(error, "original_error", None) or error
    return result.data or {}
