"""GraphQL as every service speaks it."""

from chassis.graphql.bulk import BulkAnswer, Count, Refusal, RowVersion, choice
from chassis.graphql.connections import Connection, Edge, PageInfo, Window, connection, window
from chassis.graphql.context import Caller, Context
from chassis.graphql.download import Download
from chassis.graphql.federation import give, schema, undescribed
from chassis.graphql.scalars import JSON, FinancialYear, OdsCode, Points, Pounds, as_uuid

__all__ = [
    "JSON",
    "BulkAnswer",
    "Caller",
    "Connection",
    "Context",
    "Count",
    "Download",
    "Edge",
    "FinancialYear",
    "OdsCode",
    "PageInfo",
    "Points",
    "Pounds",
    "Refusal",
    "RowVersion",
    "Window",
    "as_uuid",
    "choice",
    "connection",
    "give",
    "schema",
    "undescribed",
    "window",
]
