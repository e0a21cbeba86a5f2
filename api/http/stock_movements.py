"""POST /v1/stock/movements: units that came and went, one movement a line, answered line by line as they are read."""

import io
import itertools
import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Protocol

import orjson
from flask import Response, request
from marshmallow import Schema, ValidationError, fields, validate

from api.http.problems import problem
from api.http.schemas.stock_requests import MovementRequest
from api.http.strict_parsing import Blueprint
from api.shapes.mistakes import mistakes_of
from api.shapes.strict_json import NotJson, read_json
from engine.errors import Mistake, PointsmanError, StoreUnavailable
from engine.inventory.stock import Stockroom
from engine.service import Pointsman
from engine.store.outcomes import (
    MovementApplied,
    MovementIdReused,
    MovementOutcome,
    MovementRepeated,
    StockTooLow,
)
from engine.store.stock import Movement

ENDPOINT = "movements.move"
NDJSON = "application/x-ndjson"
MOST_BYTES_A_LINE = 16_384
LINES_AT_ONCE = 200
"""Read, applied and answered together: this much of the body is in memory, whatever its size."""

logger = logging.getLogger("pointsman.api")

_RESULTS: Mapping[type[MovementOutcome], str] = {MovementApplied: "applied", MovementRepeated: "seen"}
_REFUSALS: Mapping[type[MovementOutcome], str] = {
    MovementIdReused: "this operation id stood for another movement before; use a new one for each",
    StockTooLow: "units on hand: {on_hand}; fewer than none can't be left",
}


class MovementAnswer(Schema):
    """A line of the answer. After `stopped` nothing was read: send that line and those after it again."""

    line = fields.Integer(required=True, metadata={"description": "of the request, from 1"})
    op = fields.String(required=True, allow_none=True)
    result = fields.String(required=True, validate=validate.OneOf(["applied", "seen", "refused", "stopped"]))
    on_hand = fields.Integer(metadata={"description": "units there after it"})
    message = fields.String(metadata={"description": "why it was refused"})


class Lines(Protocol):
    """A body, line by line."""

    def readline(self, size: int = -1, /) -> bytes: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    number: int
    said: Movement | str
    """The movement, or what is wrong with the line."""
    op: str | None = None


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The movements of one Pointsman's stock."""
    movements = Blueprint("movements", __name__, url_prefix="/v1", description="What came and went")
    body = {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}

    @movements.post("/stock/movements")
    @movements.doc(requestBody=body)
    @movements.response(HTTPStatus.OK, MovementAnswer, content_type=NDJSON)
    def move() -> Response:
        """Units that came and went: NDJSON of any size, {op, node, sku, delta, reason?} a line

        Each line is answered by one, in order, while the next are read: a caller reads while it writes. A movement
        whose `op` came before, in the last 24 hours, is answered as seen and not applied again, so that after a cut
        connection the same lines can be sent again.
        """
        if request.mimetype != NDJSON:
            detail = f"send a movement a line, with the header Content-Type: {NDJSON}"
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
        answers = results(_body(), pointsman.stock)
        # what fails before anything is answered is still a problem with its own status
        first = next(answers, b"")
        return Response(itertools.chain([first], answers), content_type=NDJSON)

    return movements


def results(body: Lines, stock: Stockroom) -> Iterator[bytes]:
    """The answers to a body's lines, some at a time."""
    lines = _lines(body)
    shape = MovementRequest()
    answered = 0
    while batch := [_read(number, text, shape) for number, text in itertools.islice(lines, LINES_AT_ONCE)]:
        try:
            yield b"".join(orjson.dumps(answer) + b"\n" for answer in _answers(batch, stock))
        except PointsmanError as error:
            if not answered:
                raise
            logger.error("movements stopped: %s", error)  # noqa: TRY400  # ours: no traceback is needed
            told = error.message if isinstance(error, StoreUnavailable) else str(error)
            stop = {"line": batch[0].number, "op": batch[0].op, "result": "stopped", "message": told}
            yield orjson.dumps(stop) + b"\n"
            return
        answered += len(batch)


def _body() -> Lines:
    request.max_content_length = sys.maxsize
    if request.environ.get("wsgi.input_terminated"):
        # the server ends it where the body ends, and reads lines faster than the framework does
        found: Lines = request.environ["wsgi.input"]
        return found
    return io.BufferedReader(request.stream)  # type: ignore[arg-type]  # a raw stream in all but its declared type


def _lines(body: Lines) -> Iterator[tuple[int, bytes]]:
    """Each line with its number, those without anything left out; of one that is too long, the beginning."""
    for number in itertools.count(1):
        try:
            line = rest = body.readline(MOST_BYTES_A_LINE + 1)
            while len(line) > MOST_BYTES_A_LINE and rest and not rest.endswith(b"\n"):
                rest = body.readline(MOST_BYTES_A_LINE)
        except OSError:
            # the caller is gone, in the middle of its body; it will send again what it got no answer to
            return
        if not line:
            return
        if line.strip():
            yield number, line


def _read(number: int, text: bytes, shape: MovementRequest) -> _Line:
    if len(text) > MOST_BYTES_A_LINE:
        return _Line(number=number, said=f"the line is longer than {MOST_BYTES_A_LINE} bytes")
    try:
        raw = read_json(text)
    except NotJson as error:
        return _Line(number=number, said=f"this {error}")
    op = raw.get("op") if isinstance(raw, dict) else None
    named = op if isinstance(op, str) else None
    try:
        return _Line(number=number, said=shape.load(raw), op=named)
    except ValidationError as error:
        return _Line(number=number, said="; ".join(map(str, mistakes_of(error.messages))), op=named)


def _answers(batch: Sequence[_Line], stock: Stockroom) -> Iterator[dict[str, Any]]:
    moved = iter(stock.move([line.said for line in batch if isinstance(line.said, Movement)]))
    for line in batch:
        found = next(moved) if isinstance(line.said, Movement) else line.said
        yield {"line": line.number, "op": line.op, **_result(found)}


def _result(found: MovementOutcome | Mistake | str) -> dict[str, Any]:
    if isinstance(found, str):
        return {"result": "refused", "message": found}
    if isinstance(found, Mistake):
        return {"result": "refused", "message": str(found)}
    if type(found) in _REFUSALS:
        message = _REFUSALS[type(found)].format(on_hand=found.on_hand)
        return {"result": "refused", "on_hand": found.on_hand, "message": message}
    return {"result": _RESULTS[type(found)], "on_hand": found.on_hand}
