"""The counters and histograms of one worker process, in the names and units that Prometheus's guide to naming asks for.

Where PROMETHEUS_MULTIPROC_DIR is set when this is imported, as `pointsman serve` sets it, each process writes its
numbers into files there, and whichever is asked adds up those of all.
"""

import os
import threading

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.multiprocess import MultiProcessCollector

from api.http.metrics.directory import VARIABLE
from engine.meter import Part

MOST_CHANNELS = 100
"""A network that lists no channels takes any word as one. Those that come after so many count as `other`."""
_PART_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
_REQUEST_BUCKETS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30)


class Meters:
    """Made once in a process."""

    def __init__(self) -> None:
        self._own = CollectorRegistry()
        registry = self._own
        self.decisions = Counter(
            "pointsman_decisions",
            "Decisions that were committed.",
            ["network", "status", "policies", "channel"],
            registry=registry,
        )
        self.parts = Histogram(
            "pointsman_decision_part_seconds",
            "What a decision's parts took: read, match, choose, commit.",
            ["network", "part"],
            buckets=_PART_BUCKETS,
            registry=registry,
        )
        self.conflicts = Counter(
            "pointsman_conflicts",
            "Commits refused, and tried again, as something had changed since it was read.",
            ["network", "kind"],
            registry=registry,
        )
        self.requests = Histogram(
            "pointsman_http_request_seconds",
            "What requests took until their answer began.",
            ["operation", "status"],
            buckets=_REQUEST_BUCKETS,
            registry=registry,
        )
        self.incidents = Gauge(
            "pointsman_guard_incidents",
            "How often durable-rules failed or differed from the reference; 0 unless something is broken.",
            ["network"],
            multiprocess_mode="livesum",
            registry=registry,
        )

    def collected(self) -> CollectorRegistry:
        """A new registry that has the numbers of all processes."""
        registry = CollectorRegistry()
        if VARIABLE in os.environ:
            MultiProcessCollector(registry)
        else:
            registry.register(self._own)
        return registry


class NetworkMeter:
    """The meter (see engine/meter.py) of one network."""

    def __init__(self, meters: Meters, network: str) -> None:
        self._meters = meters
        self._network = network
        self._channels: set[str] = set()
        self._adding = threading.Lock()
        self._incidents = meters.incidents.labels(network)
        self._incidents.set(0)

    def took(self, part: Part, seconds: float) -> None:
        self._meters.parts.labels(self._network, part).observe(seconds)

    def decided(self, *, status: str, policies: str, channel: str) -> None:
        self._meters.decisions.labels(self._network, status, policies[:12], self._known(channel)).inc()

    def conflicted(self, kind: str) -> None:
        self._meters.conflicts.labels(self._network, kind).inc()

    def incident(self) -> None:
        self._incidents.inc()

    def _known(self, channel: str) -> str:
        with self._adding:
            if channel not in self._channels and len(self._channels) >= MOST_CHANNELS:
                return "other"
            self._channels.add(channel)
            return channel
