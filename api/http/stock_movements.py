"""POST /v1/stock/movements: units that came and went, one movement per line, each answered as soon as it is applied."""

from collections.abc import Iterable, Iterator, Sequence
from functools import partial
from http import HTTPStatus

from flask import Response

from api.http.blueprint import NDJSON, Blueprint
from api.http.requests.ndjson import BodyLine, NdjsonBody, answer_lines, is_ndjson, not_ndjson, read_lines, streamed
from api.records.stock.movements import MovementRecord
from api.shapes.quantities import NO_DECIMALS, Quantities
from api.shapes.stock.movement import MovementRequest
from engine.errors import Mistake
from engine.inventory.stock import NetworkStock
from engine.service import Pointsman
from engine.store.stock import Movement

MOST_BYTES_A_LINE = 16_384


def blueprint(pointsman: Pointsman) -> Blueprint:
    """The stock movements of one Pointsman."""
    movements = Blueprint("movements", __name__, url_prefix="/v1", description="What came and went")
    body = {"required": True, "content": {NDJSON: {"schema": MovementRequest}}}

    @movements.post("/stock/movements", scope="stock")
    @movements.doc(requestBody=body)
    @movements.response(HTTPStatus.OK, MovementRecord, content_type=NDJSON)
    def move() -> Response:
        """Units that came and went: NDJSON of any size, {op, node, sku, delta, blocked?, reason?, at?} a line

        Each line is answered by one, in order, while the next are read: a caller reads while it writes. A movement
        whose `op` came before, in the last 24 hours, is answered as seen and not applied again, so that after a cut
        connection the same lines can be sent again.
        """
        if not is_ndjson():
            return not_ndjson("a movement")
        body = NdjsonBody.of_request(most_bytes=MOST_BYTES_A_LINE)
        return streamed(answer_movements(body, pointsman.stock, Quantities.of(pointsman)))

    return movements


def answer_movements(
    body: Iterable[tuple[int, bytes]], stock: NetworkStock, quantities: Quantities = NO_DECIMALS
) -> Iterator[bytes]:
    """The answers to a body's lines."""
    shape = MovementRequest()

    def load(raw: object) -> Movement:
        movement: Movement = shape.load(quantities.read(raw))
        return movement

    lines = read_lines(body, load, name="op", most_bytes=MOST_BYTES_A_LINE)
    return answer_lines(lines, partial(_answers, stock, quantities), _stopped, subject="movements")


def _answers(
    stock: NetworkStock, quantities: Quantities, batch: Sequence[BodyLine[Movement]]
) -> Iterator[MovementRecord]:
    outcomes = iter(stock.move([line.value for line in batch if line.value is not None]))
    for line in batch:
        movement = line.value
        outcome = line.message if movement is None else next(outcomes)
        if movement is None or isinstance(outcome, Mistake | str):
            yield MovementRecord(line=line.number, op=line.name, result="refused", message=str(outcome))
        else:
            yield MovementRecord.of(line.number, movement, outcome, partial(quantities.show_units, movement.sku))


def _stopped(line: BodyLine[Movement], message: str) -> MovementRecord:
    return MovementRecord(line=line.number, op=line.name, result="stopped", message=message)
