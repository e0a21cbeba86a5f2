"""POST /v1/stock/movements: units that came and went, one movement per line, each answered as soon as it is applied."""

import contextlib
import itertools
import logging
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from http import HTTPStatus

from flask import Response, request
from marshmallow import ValidationError

from api.http.blueprint import NDJSON, Blueprint
from api.http.problems import problem
from api.http.requests.ndjson import NdjsonBody, is_ndjson
from api.http.serving.ending import Ending
from api.records.stock.movements import MovementRecord
from api.shapes.mistakes import mistakes_of
from api.shapes.movement import MovementRequest
from api.shapes.quantities import NO_DECIMALS, Quantities, encode
from api.shapes.strict_json import NotJson, read_json
from engine.errors import Mistake, PointsmanError, StoreUnavailable
from engine.inventory.stock import NetworkStock
from engine.service import Pointsman
from engine.store.outcomes import MovementOutcome
from engine.store.stock import Movement

MOST_BYTES_A_LINE = 16_384
LINES_AT_ONCE = 200
"""Read, applied and answered together. No more of the body than this is in memory, however large it is."""

logger = logging.getLogger("pointsman.api")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    number: int
    movement: Movement | str
    """Or what is wrong with the line."""
    op: str | None = None


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The stock movements of one Pointsman."""
    movements = Blueprint("movements", __name__, url_prefix="/v1", description="What came and went")
    body = {"required": True, "content": {NDJSON: {"schema": {"type": "string"}}}}

    @movements.post("/stock/movements")
    @movements.doc(requestBody=body)
    @movements.response(HTTPStatus.OK, MovementRecord, content_type=NDJSON)
    def move() -> Response:
        """Units that came and went: NDJSON of any size, {op, node, sku, delta, blocked?, reason?, at?} a line

        Each line is answered by one, in order, while the next are read: a caller reads while it writes. A movement
        whose `op` came before, in the last 24 hours, is answered as seen and not applied again, so that after a cut
        connection the same lines can be sent again.
        """
        if not is_ndjson():
            detail = f"send a movement a line, with the header Content-Type: {NDJSON}"
            return problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
        body = NdjsonBody.of_request(most_bytes=MOST_BYTES_A_LINE)
        ending = Ending.of(request.environ)
        answers = answer_lines(body, pointsman.stock, Quantities.of(pointsman), ending)
        # a failure before the first answer can still be a problem with a status of its own
        first = next(answers, b"")
        return Response(itertools.chain([first], answers), content_type=NDJSON)

    return movements


def answer_lines(
    body: Iterable[tuple[int, bytes]],
    stock: NetworkStock,
    quantities: Quantities = NO_DECIMALS,
    ending: Ending | None = None,
) -> Iterator[bytes]:
    """The answers to a body's lines, LINES_AT_ONCE of them at a time. Where it is ended early, the last one says so."""
    ending = ending or Ending()
    lines = _until_cut_off(body)
    shape = MovementRequest()
    answered = last = 0
    while not ending.reason and (
        batch := [_read(number, text, shape, quantities) for number, text in itertools.islice(lines, LINES_AT_ONCE)]
    ):
        try:
            yield b"".join(map(_line_of, _answers(batch, stock, quantities)))
        except PointsmanError as error:
            if not answered:
                raise
            logger.error("movements stopped: %s", error)  # noqa: TRY400  # ours: no traceback is needed
            message = error.message if isinstance(error, StoreUnavailable) else str(error)
            first = batch[0]
            yield _line_of(MovementRecord(line=first.number, op=first.op, result="stopped", message=message))
            return
        answered, last = answered + len(batch), batch[-1].number
    if ending.reason:
        yield _line_of(MovementRecord(line=last + 1, op=None, result="stopped", message=ending.reason))


def _until_cut_off(body: Iterable[tuple[int, bytes]]) -> Iterator[tuple[int, bytes]]:
    """If the caller is gone in the middle of its body, it will send the lines again that were not answered."""
    with contextlib.suppress(OSError):
        yield from body


def _read(number: int, text: bytes, shape: MovementRequest, quantities: Quantities) -> _Line:
    if len(text) > MOST_BYTES_A_LINE:
        return _Line(number=number, movement=f"the line is longer than {MOST_BYTES_A_LINE} bytes")
    try:
        raw = read_json(text)
    except NotJson as error:
        return _Line(number=number, movement=f"this {error}")
    op = raw.get("op") if isinstance(raw, dict) else None
    name = op if isinstance(op, str) else None
    try:
        return _Line(number=number, movement=shape.load(quantities.read(raw)), op=name)
    except ValidationError as error:
        return _Line(number=number, movement="; ".join(map(str, mistakes_of(error.messages))), op=name)


def _answers(batch: Sequence[_Line], stock: NetworkStock, quantities: Quantities) -> Iterator[MovementRecord]:
    moved = iter(stock.move([line.movement for line in batch if isinstance(line.movement, Movement)]))
    for line in batch:
        if isinstance(line.movement, Movement):
            yield _answer(line, next(moved), partial(quantities.show_units, line.movement.sku))
        else:
            yield _answer(line, line.movement, int)


def _answer(
    line: _Line, outcome: MovementOutcome | Mistake | str, shown: Callable[[int], int | Decimal]
) -> MovementRecord:
    """Of a movement that was tried, or of a line with a mistake; units as they are `shown`."""
    if isinstance(outcome, Mistake | str) or isinstance(line.movement, str):
        return MovementRecord(line=line.number, op=line.op, result="refused", message=str(outcome))
    return MovementRecord.of(line.number, line.movement, outcome, shown)


def _line_of(record: MovementRecord) -> bytes:
    return encode(record) + b"\n"
