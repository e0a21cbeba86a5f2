"""Traces by OpenTelemetry, where OTEL_EXPORTER_OTLP_ENDPOINT or OTEL_EXPORTER_OTLP_TRACES_ENDPOINT names who collects
them: a span for each request, named after its operation, and within it one for each part of a decision.

A request that comes with `traceparent` (W3C Trace Context) goes on with the trace of its caller. OpenTelemetry's own
variables say the rest; the name of the service is `pointsman` unless OTEL_SERVICE_NAME says otherwise.
"""

import time
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any

from flask import Flask, Response, request

from api.http.each_request.measure import operation
from engine.actor import request_id
from engine.errors import BadSetting
from engine.meter import Meter, Part

ENDPOINTS = ("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_ENDPOINT")
_NANOSECONDS = 1_000_000_000
_FAILED = 500
_SPAN: ContextVar[Any] = ContextVar("span", default=None)
"""That of the request that this thread carries out."""


class Tracing:
    """One process's. `tracer` is OpenTelemetry's."""

    def __init__(self, tracer: Any, trace: Any, propagate: Any) -> None:
        self._tracer, self._trace, self._propagate = tracer, trace, propagate

    def trace_requests(self, app: Flask) -> None:
        """From here on each request has a span."""
        app.before_request(self._begin)
        app.after_request(self._end)

    def took(self, part: Part, seconds: float) -> None:
        """A part of what the request does has just ended."""
        span = _SPAN.get()
        if span is None:
            return
        ended = time.time_ns()
        began = ended - int(seconds * _NANOSECONDS)
        within = self._trace.set_span_in_context(span)
        self._tracer.start_span(part, context=within, start_time=began).end(end_time=ended)

    def _begin(self) -> None:
        context = self._propagate.extract(request.headers)
        span = self._tracer.start_span(operation(), context=context, kind=self._trace.SpanKind.SERVER)
        span.set_attribute("http.request.method", request.method)
        _SPAN.set(span)

    def _end(self, response: Response) -> Response:
        span = _SPAN.get()
        _SPAN.set(None)
        span.set_attribute("http.response.status_code", response.status_code)
        span.set_attribute("pointsman.request_id", request_id())
        if response.status_code >= _FAILED:
            span.set_status(self._trace.StatusCode.ERROR)
        span.end()
        return response


class TracedMeter:
    """A meter that also traces."""

    def __init__(self, meter: Meter, tracing: Tracing) -> None:
        self._meter, self._tracing = meter, tracing
        self.decided, self.conflicted, self.incident = meter.decided, meter.conflicted, meter.incident

    def took(self, part: Part, seconds: float) -> None:
        self._meter.took(part, seconds)
        self._tracing.took(part, seconds)


def start_tracing(environ: Mapping[str, str]) -> Tracing | None:
    """None if no endpoint is named. Raises BadSetting if one is, and OpenTelemetry is not installed."""
    name = next((name for name in ENDPOINTS if environ.get(name)), None)
    if name is None:
        return None
    try:
        from opentelemetry import propagate, trace  # noqa: PLC0415  # an extra
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415
        from opentelemetry.sdk.resources import Resource  # noqa: PLC0415
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415
    except ImportError as error:
        allowed = "left out unless OpenTelemetry is installed: pip install 'pointsman[otel]'"
        raise BadSetting(name=name, value=environ[name], allowed=allowed) from error
    service = Resource.create({"service.name": environ.get("OTEL_SERVICE_NAME", "pointsman")})
    provider = TracerProvider(resource=service)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    return Tracing(provider.get_tracer("pointsman"), trace, propagate)
