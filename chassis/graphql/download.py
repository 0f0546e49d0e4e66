"""The paths of a list as a file, as a mutation hands them out."""

import time
from datetime import UTC, datetime
from typing import Any, Self

import strawberry

from chassis.export import A, Report
from chassis.files import LIFETIME
from chassis.graphql.context import Context


@strawberry.federation.type(
    shareable=True,
    description="Where a list can be fetched as a file, all of its rows: GET, without a token.",
)
class Download:
    csv: str = strawberry.field(description="The path to fetch it from as CSV.")
    xlsx: str = strawberry.field(description="The path to fetch it from as an Excel workbook.")
    expires_at: datetime = strawberry.field(description="Until when the paths are good.")

    @classmethod
    def of(cls, context: Context[Any], report: Report[A], asked: A) -> Self:
        """Sign the paths for the caller, who has been found to be allowed what is asked."""
        whose = context.files, context.identity, context.principal.organisation
        return cls(
            csv=report.path(*whose, asked, "csv"),
            xlsx=report.path(*whose, asked, "xlsx"),
            expires_at=datetime.fromtimestamp(time.time() + LIFETIME, UTC),
        )
