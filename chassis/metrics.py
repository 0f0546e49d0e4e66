"""What is measured, in Prometheus' form.

Labels come from the schema and the code, never from a caller, so that their number stays small.
"""

from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from starlette.requests import Request
from starlette.responses import Response

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

requests = Histogram(
    "cqrs_graphql_seconds",
    "Time to answer a GraphQL request, by its first root field and what came of it.",
    ["field", "outcome"],
    buckets=_SECONDS,
)
errors = Counter("cqrs_graphql_errors_total", "Errors in GraphQL answers, by code.", ["code"])
in_flight = Gauge("cqrs_graphql_in_flight", "GraphQL requests being answered.")
streams = Gauge("cqrs_graphql_streams", "Streams of subscriptions that are open.")
stream_parts = Counter("cqrs_graphql_stream_parts_total", "Events and comments sent on streams.")
file_bytes = Counter(
    "cqrs_file_bytes_total", "Bytes of files taken in and given out.", ["kind", "direction"]
)


async def endpoint(_: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
