"""Traces reach a collector that is named, with a span for each request and for each part of a decision in it."""

import gzip
import http.server
import subprocess
import sys

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from api.http.app import create_app
from api.http.metrics.meters import Meters, NetworkMeter
from api.http.tracing import TracedMeter, start_tracing
from engine.service import Pointsman
from tests.support.callers import key_of, with_key
from tests.support.local_server import local_server
from tests.support.order_json import order_json
from tests.support.wait_until import wait_until


class Collector(http.server.BaseHTTPRequestHandler):
    """What OpenTelemetry's exporter sends by HTTP."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.headers.get("Content-Encoding") == "gzip":
            body = gzip.decompress(body)
        message = ExportTraceServiceRequest.FromString(body)
        for resource in message.resource_spans:
            names = {item.key: item.value.string_value for item in resource.resource.attributes}
            for scope in resource.scope_spans:
                self.server.spans += [(names["service.name"], span) for span in scope.spans]
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def collector():
    with local_server(Collector) as server:
        server.spans = []
        yield server


def test_a_decision_is_a_span_of_its_callers_trace_with_its_parts_in_it(collector, pointsman, clock, monkeypatch):
    settings = pointsman.settings
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", f"http://127.0.0.1:{collector.server_port}")
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")
    tracing = start_tracing({"OTEL_EXPORTER_OTLP_ENDPOINT": "set"})
    meters = Meters()
    meter = TracedMeter(NetworkMeter(meters, settings.network), tracing)
    with Pointsman(settings, clock=clock, meter=meter) as worker:
        app = create_app(worker, meters=meters, tracing=tracing)
        http = with_key(app.test_client(), key_of(worker, role="admin"))
        trace, parent = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
        headers = {"traceparent": f"00-{trace}-{parent}-01", "X-Request-Id": "shop-1"}
        assert http.post("/v1/decisions", json=order_json(), headers=headers).status_code == 201
        wait_until(lambda: any(span.name == "decisions_decide" for _, span in collector.spans), "the span has come")
    (request,) = [span for _, span in collector.spans if span.name == "decisions_decide"]
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (trace, parent)
    attributes = {item.key: item.value for item in request.attributes}
    assert attributes["http.response.status_code"].int_value == 201
    assert attributes["pointsman.request_id"].string_value == "shop-1"
    parts = [span for _, span in collector.spans if span.parent_span_id == request.span_id]
    assert {span.name for span in parts} == {"read", "match", "choose", "commit"}
    for span in parts:
        assert request.start_time_unix_nano <= span.start_time_unix_nano <= span.end_time_unix_nano
        assert span.end_time_unix_nano <= request.end_time_unix_nano
    assert {service for service, _ in collector.spans} == {"pointsman"}


def test_without_an_endpoint_nothing_is_collected():
    script = (
        "import sys, api.http.app; sys.exit(any(name.startswith('opentelemetry.exporter') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
    assert start_tracing({}) is None
