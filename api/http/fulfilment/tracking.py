"""POST /v1/tracking/events, GET /v1/tracking/{number}: where parcels are, by what carriers say."""

from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any

from flask import Response, request

from api.http.audit.reads import note_order
from api.http.blueprint import JSON, NDJSON, Blueprint, answer, reference
from api.http.fulfilment.tracking_links import page_of
from api.http.requests.ndjson import BodyLine, NdjsonBody, answer_lines, is_ndjson, read_lines, streamed
from api.http.strict_parsing import StrictParser
from api.records.fulfilment.tracking import ParcelTrackingRecord, TrackingLineRecord, TrackingOutcomesRecord
from api.shapes.fulfilment.tracking import TrackingEventRequest, TrackingEventsRequest
from engine.model.tracking import TrackingEvent
from engine.service import Pointsman

MOST_BYTES_A_LINE = 4_096
SOURCE = "api"


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The parcels of one Pointsman that are with carriers."""
    tracking = Blueprint("tracking", __name__, url_prefix="/v1/tracking", description="Where parcels are")
    bodies = {JSON: {"schema": TrackingEventsRequest}, NDJSON: {"schema": TrackingEventRequest}}
    answers = {
        JSON: {"schema": reference(TrackingOutcomesRecord)},
        NDJSON: {"schema": reference(TrackingLineRecord)},
    }
    tracking.records.add(TrackingLineRecord)

    @tracking.post("/events", scope="orders")
    @tracking.doc(requestBody={"required": True, "content": bodies}, responses={"200": {"content": answers}})
    @tracking.response(HTTPStatus.OK, TrackingOutcomesRecord)
    def events() -> Response:
        """What carriers say of parcels, in any order and however often

        Up to 1,000 events as JSON, all or none of which are taken; any number as NDJSON, an event a line, each answered
        by a line.
        """
        if is_ndjson():
            return _in_lines(pointsman)
        body: dict[str, Any] = StrictParser().parse(TrackingEventsRequest(), request)
        told: list[TrackingEvent] = body["events"]
        outcomes = pointsman.fulfilment.tracking.take(told, SOURCE)
        return answer(TrackingOutcomesRecord.of(told, outcomes))

    @tracking.get("/<string:number>", scope=("orders", "audit:read"))
    @tracking.response(HTTPStatus.OK, ParcelTrackingRecord)
    def show(number: str) -> Response:
        """Where the parcel is that goes by a tracking number or SSCC"""
        found = pointsman.fulfilment.tracking.find(number)
        note_order(found.shipment.order)
        return answer(ParcelTrackingRecord.of(found, page=page_of(pointsman, found)))

    return tracking


def _in_lines(pointsman: Pointsman) -> Response:
    shape = TrackingEventRequest()

    def load(raw: object) -> TrackingEvent:
        event: TrackingEvent = shape.load(raw)
        return event

    body = NdjsonBody.of_request(most_bytes=MOST_BYTES_A_LINE)
    lines = read_lines(body, load, name="number", most_bytes=MOST_BYTES_A_LINE)
    return streamed(answer_lines(lines, partial(_answers, pointsman), _stopped, subject="tracking events"))


def _answers(pointsman: Pointsman, batch: Sequence[BodyLine[TrackingEvent]]) -> Iterator[TrackingLineRecord]:
    events = [line.value for line in batch if line.value is not None]
    outcomes = iter(pointsman.fulfilment.tracking.take(events, SOURCE) if events else ())
    for line in batch:
        if line.value is None:
            yield TrackingLineRecord(line=line.number, number=line.name, result="refused", message=line.message)
        else:
            yield TrackingLineRecord(line=line.number, number=line.name, result=next(outcomes))


def _stopped(line: BodyLine[TrackingEvent], message: str) -> TrackingLineRecord:
    return TrackingLineRecord(line=line.number, number=line.name, result="stopped", message=message)
