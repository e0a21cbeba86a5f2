"""Orders, and their cancellations."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial

from api.connectors.applying.incoming import (
    APPLIED,
    LATER,
    UNCHANGED,
    IncomingRow,
    Outcome,
    Place,
    loaded,
    loaded_addressee,
    plain,
    without,
)
from api.shapes.order import OrderRequest
from api.shapes.order_cancellation import CancelOrderRequest
from api.shapes.quantities import Quantities, quantities_of, skus_of_order
from engine.errors import InputInvalid, NotFound, PointsmanError
from engine.model.postal_address import PostalAddress
from engine.orders.cancellation.plan import CancelRequest
from engine.service import Pointsman
from engine.store.ledger import RequestKey

_CANCEL = CancelOrderRequest()


def apply_order(place: Place, row: IncomingRow) -> Outcome:
    """Whom it goes to is stored first, as what is decided may be sent to a warehouse at once. Units that stay unfilled
    wait for stock, unless the connector says otherwise: nobody reads the answer who could order them again.
    """
    pointsman = place.pointsman
    shape = OrderRequest(max_lines=pointsman.settings.max_lines, quantities=quantities_of(pointsman))
    order = shape.load(plain(without(row.fields, "wait", "addressee")))
    addressee = loaded_addressee(row.fields["addressee"]) if "addressee" in row.fields else None
    with _addressed(pointsman, order.id, addressee):
        answer = pointsman.decide(
            order,
            key=RequestKey(caller=place.caller, name=row.op),
            caller=place.caller,
            wait=row.fields.get("wait", True),
        )
    return APPLIED if answer.new else UNCHANGED


@contextmanager
def _addressed(pointsman: Pointsman, order: str, addressee: PostalAddress | None) -> Iterator[None]:
    """The order has the addressee in this block, and afterwards if it was not refused; else the one of before. An order
    that was decided keeps the one that it has: a message that comes again may be older than a correction.
    """
    before = None if addressee is None else _addressee(pointsman, order)
    if addressee is None or (before is not None and _is_decided(pointsman, order)):
        yield
        return
    parcels = pointsman.fulfilment.parcels
    parcels.put_addressee(order, addressee)
    try:
        yield
    except LATER:
        raise
    except PointsmanError:
        if before is None:
            parcels.remove_addressee(order)
        else:
            parcels.put_addressee(order, before)
        raise


def _addressee(pointsman: Pointsman, order: str) -> PostalAddress | None:
    try:
        return pointsman.fulfilment.parcels.addressee(order)
    except NotFound:
        return None


def _is_decided(pointsman: Pointsman, order: str) -> bool:
    try:
        pointsman.orders.show(order)
    except NotFound:
        return False
    return True


def apply_cancellation(place: Place, row: IncomingRow) -> Outcome:
    pointsman, order = place.pointsman, row.fields["order"]
    body = loaded(_CANCEL, {"op": row.op, **without(row.fields, "order")})
    skus = partial(skus_of_order, pointsman, order)
    lines = Quantities.of(pointsman).by_line(body["lines"], skus)
    try:
        pointsman.cancellations.cancel(CancelRequest(order=order, lines=lines, op=body["op"]))
    except InputInvalid:
        if _all_cancelled(pointsman, order, lines):
            return UNCHANGED
        raise
    return APPLIED


def _all_cancelled(pointsman: Pointsman, order: str, lines: Mapping[str, int]) -> bool:
    """Whether there are these lines, and every unit of each is cancelled: a shop tells a cancelled order twice, as
    cancelled and as paid back.
    """
    cancelled = {
        line.line: line.ordered
        for line in pointsman.orders.show(order).lines
        if line.units["cancelled"] == line.ordered
    }
    return bool(lines) and all(units <= cancelled.get(line, 0) for line, units in lines.items())
