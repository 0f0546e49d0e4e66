"""What the gateway measures, in Prometheus' form. No label comes from a client."""

from prometheus_client import Counter, Gauge, Histogram

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)

answered = Histogram(
    "cqrs_gateway_seconds",
    "Time to answer a client, by what came of it.",
    ["outcome"],
    buckets=_SECONDS,
)
asked = Histogram(
    "cqrs_gateway_service_seconds",
    "Time a service took to answer the gateway.",
    ["service"],
    buckets=_SECONDS,
)
lost = Counter(
    "cqrs_gateway_service_lost_total",
    "Requests a service did not answer, by service and code.",
    ["service", "code"],
)
planned = Histogram(
    "cqrs_gateway_plan_seconds", "Time to check and plan a query not seen before.", buckets=_SECONDS
)
in_flight = Gauge("cqrs_gateway_in_flight", "Client requests being answered.")
streams = Gauge("cqrs_gateway_streams", "Subscriptions that are open.")
stream_events = Counter("cqrs_gateway_stream_events_total", "Events passed on to subscribers.")
