"""Orders, their cancellations, and confirms of what left."""

from collections.abc import Collection, Iterator, Mapping, Sequence
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
    plain,
    without,
    without_empty_lines,
)
from api.shapes.fields import StampField
from api.shapes.fulfilment.parcels import PackShipmentRequest, pack_request
from api.shapes.hold_ends import ConfirmRequest
from api.shapes.order import OrderRequest
from api.shapes.order_cancellation import CancelOrderRequest
from api.shapes.postal_address import PostalAddressShape
from api.shapes.quantities import Quantities, quantities_of, skus_of_decision, skus_of_order
from engine.errors import InputInvalid, Mistake, NotFound, PointsmanError
from engine.model.parcels import ShipmentKey
from engine.model.postal_address import PostalAddress
from engine.orders.cancellation.plan import CancelRequest
from engine.service import Pointsman
from engine.store.ledger import RequestKey

_CANCEL, _CONFIRM, _PACK = CancelOrderRequest(), ConfirmRequest(), PackShipmentRequest()
_WHICH = ("decision", "shipment", "order", "node", "service")
_SEVERAL = "several shipments are meant; say which one, by shipment (DECISION/NUMBER), or by order, node and service"


def apply_order(place: Place, row: IncomingRow) -> Outcome:
    """Whom it goes to is stored first, as what is decided may be sent to a warehouse at once. Units that stay unfilled
    wait for stock, unless the connector says otherwise: nobody reads the answer who could order them again.
    """
    pointsman = place.pointsman
    shape = OrderRequest(max_lines=pointsman.settings.max_lines, quantities=quantities_of(pointsman))
    order = shape.load(plain(without(row.fields, "wait", "addressee")))
    addressee = PostalAddressShape().load(plain(row.fields["addressee"])) if "addressee" in row.fields else None
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


def apply_confirmation(place: Place, row: IncomingRow) -> Outcome:
    """Of the shipments that the row names: by decision, by shipment (`DECISION/NUMBER`), or by order and node. Of a
    line with 0 units nothing left: a warehouse says short so. If none has any, nothing changes.
    """
    pointsman = place.pointsman
    fields = without_empty_lines(row.fields)
    if "lines" in row.fields and "lines" not in fields:
        return UNCHANGED
    body = loaded(_CONFIRM, {"op": row.op, **without(fields, *_WHICH)})
    outcome: Outcome = UNCHANGED
    for decision, shipments in _named(pointsman, row):
        lines = Quantities.of(pointsman).by_line(body["lines"], partial(skus_of_decision, pointsman, decision))
        pointsman.holds.confirm(decision, shipments=shipments, lines=lines, left_at=body["left_at"], op=body["op"])
        outcome = APPLIED
    return outcome


def apply_packing(place: Place, row: IncomingRow) -> Outcome:
    """Of the shipment that the row names, as a confirmation. With `left_at`, it is confirmed as well;
    a time at which nothing can have left is refused before anything is packed.
    """
    pointsman = place.pointsman
    body = loaded(_PACK, {"op": row.op, **without(row.fields, "left_at", *_WHICH)})
    named = _named(pointsman, row)
    if len(named) != 1 or len(named[0][1]) != 1:
        raise InputInvalid([Mistake(field="shipment", message=_SEVERAL)])
    ((decision, ways),) = named
    left_at = StampField().deserialize(row.fields["left_at"]) if "left_at" in row.fields else None
    pointsman.holds.verify_left_at(decision, left_at)
    shipments = [(each.node, each.service) for each in pointsman.decision(decision).record.shipments]
    key = ShipmentKey(decision, shipments.index(ways[0]))
    pointsman.fulfilment.parcels.pack(pack_request(pointsman, key, body))
    if left_at is not None:
        with _packed(key):
            pointsman.holds.confirm(decision, shipments=ways, left_at=left_at, op=row.op)
    return APPLIED


@contextmanager
def _packed(key: ShipmentKey) -> Iterator[None]:
    """What is refused in this block is told with what was done before it."""
    try:
        yield
    except LATER:
        raise
    except PointsmanError as error:
        message = f"shipment '{key}' is packed, but that it left is refused: {error}"
        raise InputInvalid([Mistake(field="left_at", message=message)]) from error


def _named(pointsman: Pointsman, row: IncomingRow) -> Sequence[tuple[str, list[tuple[str, str]]]]:
    """The decisions that are meant, and of each the shipments, by node and service; none: all of them."""
    fields = row.fields
    node, service = fields.get("node"), fields.get("service")
    if "shipment" in fields:
        return [_by_number(pointsman, fields["shipment"])]
    if "decision" in fields:
        decision = fields["decision"]
        if node is None and service is None:
            return [(decision, [])]
        shipments = [(each.node, each.service) for each in pointsman.holds.state(decision).shipments]
        return [(decision, _matching(shipments, node, service, of=f"decision '{decision}'"))]
    if "order" not in fields:
        message = "say which shipment left: by decision, by shipment (DECISION/NUMBER), or by order and node"
        raise InputInvalid([Mistake(field="order", message=message)])
    return _of_order(pointsman, fields["order"], node, service, has_lines=bool(fields.get("lines")))


def _by_number(pointsman: Pointsman, name: str) -> tuple[str, list[tuple[str, str]]]:
    decision, slash, number = name.rpartition("/")
    if not slash or not number.isdigit():
        message = f"'{name}' is no shipment; it is written DECISION/NUMBER, as in what was sent out"
        raise InputInvalid([Mistake(field="shipment", message=message)])
    shipments = pointsman.decision(decision).record.shipments
    if int(number) >= len(shipments):
        raise NotFound(f"decision '{decision}' has {len(shipments)} shipments, counted from 0; there is no '{number}'")
    shipment = shipments[int(number)]
    return decision, [(shipment.node, shipment.service)]


def _of_order(
    pointsman: Pointsman, order: str, node: str | None, service: str | None, *, has_lines: bool
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Those of its shipments that are held or were confirmed: a confirm that comes again is answered the same."""
    by_decision: dict[str, list[tuple[str, str]]] = {}
    held = set()
    for shipment in pointsman.orders.show(order).shipments:
        if shipment.state in ("held", "confirmed", "expired"):
            ways = by_decision.setdefault(shipment.decision, [])
            if node in (None, shipment.record.node) and service in (None, shipment.record.service):
                ways.append((shipment.record.node, shipment.record.service))
        if shipment.state == "held":
            held.add((shipment.decision, shipment.record.node, shipment.record.service))
    found = [(decision, ways) for decision, ways in by_decision.items() if ways]
    if not found:
        where = f" at '{node}'" if node else ""
        raise NotFound(f"order '{order}' has no shipment{where} that could have left")
    _verify_one_is_meant(found, held, has_lines=has_lines)
    return found


def _verify_one_is_meant(
    ways_by_decision: Sequence[tuple[str, list[tuple[str, str]]]],
    held: Collection[tuple[str, str, str]],
    *,
    has_lines: bool,
) -> None:
    """Raises InputInvalid if two decisions hold units that could be meant: at one node, or of the lines. Without node
    and lines an order that left is all of it.
    """
    ways = [way for decision, all_ways in ways_by_decision for way in all_ways if (decision, *way) in held]
    decisions = [
        decision for decision, all_ways in ways_by_decision if any((decision, *way) in held for way in all_ways)
    ]
    if len(ways) > len(set(ways)) or (has_lines and len(decisions) > 1):
        raise InputInvalid([Mistake(field="shipment", message=_SEVERAL)])


def _matching(
    shipments: Sequence[tuple[str, str]], node: str | None, service: str | None, *, of: str
) -> list[tuple[str, str]]:
    found = [way for way in shipments if node in (None, way[0]) and service in (None, way[1])]
    if not found:
        raise NotFound(f"{of} has no shipment from '{node}'")
    return found
