"""/v1/inbound: what is to come in, announced, received and listed."""

from collections.abc import Iterator, Sequence
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from flask import Response

from api.http.blueprint import NDJSON, Blueprint, answer, answer_made
from api.http.requests.flows.inbound import ReceiptsQuery
from api.http.requests.ndjson import BodyLine, NdjsonBody, answer_lines, is_ndjson, not_ndjson, read_lines, streamed
from api.records.flows.inbound import (
    AnnouncedLineRecord,
    AnnouncedRecord,
    DeliveredRecord,
    InboundReceiptRecord,
    ReceiptsPageRecord,
)
from api.shapes.flows.receipts import DeliveryRequest, ReceiptLine, ReceiptRequest, SentAnnouncement, SentDelivery
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid, StockConflict
from engine.service import Pointsman

MOST_BYTES_A_LINE = 16_384


def blueprint(pointsman: Pointsman) -> Blueprint:
    """What comes in on the network of one Pointsman."""
    inbound = Blueprint("inbound", __name__, url_prefix="/v1/inbound", description="What is to come in")
    body = {"required": True, "content": {NDJSON: {"schema": ReceiptLine}}}

    @inbound.put("/<string:receipt>", scope="stock")
    @inbound.arguments(ReceiptRequest)
    @inbound.response(HTTPStatus.CREATED, AnnouncedRecord)
    @inbound.alt_response(HTTPStatus.OK, schema=AnnouncedRecord, description="It was announced before")
    def put(sent: SentAnnouncement, receipt: str) -> Response:
        """Goods that are to come, or have come; an older message never takes the place of a newer one"""
        outcome = _announce(pointsman, sent, receipt, Quantities.of(pointsman))
        announced = AnnouncedRecord.of(outcome, pointsman.now)
        place = f"/v1/inbound/{quote(receipt, safe='')}"
        return answer_made(announced, place, new=announced.result == "created")

    @inbound.post("", scope="stock")
    @inbound.doc(requestBody=body)
    @inbound.response(HTTPStatus.OK, AnnouncedLineRecord, content_type=NDJSON)
    def announce_many() -> Response:
        """The same of many: NDJSON of any size, {id, source, node, sku, quantity, expected_at, status, sequence} a line

        Each line is answered by one, in order, while the next are read. After a cut connection the same lines can be
        sent again: what was taken over is answered as `same`.
        """
        if not is_ndjson():
            return not_ndjson("a receipt")
        quantities = Quantities.of(pointsman)
        shape = ReceiptLine()

        def load(raw: object) -> SentAnnouncement:
            sent: SentAnnouncement = shape.load(raw)
            return sent

        lines = read_lines(
            NdjsonBody.of_request(most_bytes=MOST_BYTES_A_LINE), load, name="id", most_bytes=MOST_BYTES_A_LINE
        )
        return streamed(answer_lines(lines, partial(_answers, pointsman, quantities), _stopped, subject="receipts"))

    @inbound.get("", scope=("stock", "stock:read", "audit:read"))
    @inbound.arguments(ReceiptsQuery, location="query")
    @inbound.response(HTTPStatus.OK, ReceiptsPageRecord)
    def listed(query: dict[str, Any]) -> Response:
        """What is to come, the next to arrive first; by status, also what was received or cancelled"""
        page = pointsman.flows.inbound.page(**query)
        return answer(ReceiptsPageRecord.of(page, pointsman.now))

    @inbound.get("/<string:receipt>", scope=("stock", "stock:read", "audit:read"))
    @inbound.response(HTTPStatus.OK, InboundReceiptRecord)
    def show(receipt: str) -> Response:
        """One receipt, open or not"""
        return answer(InboundReceiptRecord.of(pointsman.flows.inbound.find(receipt), pointsman.now))

    @inbound.post("/<string:receipt>/receive", scope="stock")
    @inbound.arguments(DeliveryRequest)
    @inbound.response(HTTPStatus.OK, DeliveredRecord)
    def receive(sent: tuple[SentDelivery, str | None], receipt: str) -> Response:
        """Units of a receipt that arrived: they are on hand, and promises of them are held of what is there"""
        delivery, op = sent
        sku = pointsman.flows.inbound.find(receipt).sku
        outcome = pointsman.flows.inbound.receive(receipt, delivery.delivery(sku, Quantities.of(pointsman)), op=op)
        return answer(DeliveredRecord.of(outcome, pointsman.now))

    return inbound


def _announce(pointsman: Pointsman, sent: SentAnnouncement, name: str, quantities: Quantities) -> Any:
    return pointsman.flows.inbound.announce(sent.announcement(name, quantities), received_at=sent.received_at)


def _answers(
    pointsman: Pointsman, quantities: Quantities, batch: Sequence[BodyLine[SentAnnouncement]]
) -> Iterator[AnnouncedLineRecord]:
    for line in batch:
        sent = line.value
        if sent is None:
            yield AnnouncedLineRecord(line=line.number, id=line.name, result="refused", message=line.message)
            continue
        try:
            outcome = _announce(pointsman, sent, sent.id or "", quantities)
        except (InputInvalid, StockConflict) as error:
            yield AnnouncedLineRecord(line=line.number, id=sent.id, result="refused", message=str(error))
        else:
            result = AnnouncedRecord.of(outcome, pointsman.now).result
            yield AnnouncedLineRecord(line=line.number, id=sent.id, result=result)


def _stopped(line: BodyLine[SentAnnouncement], message: str) -> AnnouncedLineRecord:
    return AnnouncedLineRecord(line=line.number, id=line.name, result="stopped", message=message)
