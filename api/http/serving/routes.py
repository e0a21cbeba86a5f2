"""Which requests are long, and which are probes."""

STREAMS = frozenset(
    {
        ("POST", "/v1/decisions/batch"),
        ("POST", "/v1/stock/movements"),
        ("POST", "/v1/inbound"),
        ("POST", "/v1/products"),
        ("POST", "/v1/nodes"),
        ("POST", "/v1/backlog/run"),
        ("GET", "/v1/availability/feed"),
        ("GET", "/v1/events"),
    }
)
"""The long requests: their body or answer is of any size, or they wait for something to happen."""
WAITING = frozenset({("GET", "/v1/events")})
"""Of these, those that wait for something to happen."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
