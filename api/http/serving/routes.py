"""Which requests are long, and which are probes."""

import re

STREAMS = frozenset(
    {
        ("POST", "/v1/decisions/batch"),
        ("POST", "/v1/stock/movements"),
        ("POST", "/v1/inbound"),
        ("POST", "/v1/products"),
        ("POST", "/v1/nodes"),
        ("POST", "/v1/tracking/events"),
        ("POST", "/v1/backlog/run"),
        ("GET", "/v1/availability/feed"),
        ("GET", "/v1/events"),
        ("GET", "/v1/audit/export"),
        ("GET", "/console/audit/export"),
    }
)
"""The long requests: their body or answer is of any size, or they wait for something to happen."""
WAITING = frozenset({("GET", "/v1/events")})
"""Of these, those that wait for something to happen."""
PROBES = frozenset({"/healthz", "/readyz", "/metrics"})
_CHANNEL_FEED = re.compile(r"/v1/channels/[^/]+/feed")


def is_stream(method: str, path: str) -> bool:
    """Whether the request is a long one."""
    return (method, path) in STREAMS or (method == "GET" and _CHANNEL_FEED.fullmatch(path) is not None)
