"""Confirms of what left, and of what was packed."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TypeAlias

from api.connectors.applying.incoming import (
    APPLIED,
    LATER,
    UNCHANGED,
    IncomingRow,
    Outcome,
    Place,
    loaded,
    without,
    without_empty_lines,
    without_empty_parcels,
)
from api.shapes.fields import StampField
from api.shapes.fulfilment.parcels import PackShipmentRequest, pack_request
from api.shapes.hold_ends import ConfirmRequest
from api.shapes.quantities import Quantities, skus_of_decision
from engine.errors import InputInvalid, Mistake, NotFound, PointsmanError
from engine.model.parcels import ShipmentKey
from engine.service import Pointsman

_CONFIRM, _PACK = ConfirmRequest(), PackShipmentRequest()
_WHICH = ("decision", "shipment", "order", "node", "service")
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)
_COULD_LEAVE = ("held", "expired", "confirmed")
_Named: TypeAlias = Sequence[tuple[str, list[tuple[str, str]]]]
"""Decisions, and of each the shipments that are meant, by node and service; none: all of them."""
_SEVERAL = "several shipments are meant; say which one, by shipment (DECISION/NUMBER), or by order, node and service"


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
    """Of the shipment that the row names, as a confirmation. With `left_at`, it is confirmed as well, or, if it is
    packed in part, what is in its parcels; a time at which nothing can have left is refused before anything is packed.
    A parcel of 0 units is none; if all are, nothing changes.
    """
    pointsman = place.pointsman
    fields = without_empty_parcels(row.fields)
    if "parcels" in row.fields and "parcels" not in fields:
        return UNCHANGED
    body = loaded(_PACK, {"op": row.op, **without(fields, "left_at", *_WHICH)})
    named = _named(pointsman, row)
    if len(named) != 1 or len(named[0][1]) != 1:
        raise InputInvalid([Mistake(field="shipment", message=_SEVERAL)])
    ((decision, ways),) = named
    left_at = StampField().deserialize(row.fields["left_at"]) if "left_at" in row.fields else None
    pointsman.holds.verify_left_at(decision, left_at)
    shipments = [(each.node, each.service) for each in pointsman.decision(decision).record.shipments]
    key = ShipmentKey(decision, shipments.index(ways[0]))
    request = pack_request(pointsman, key, body)
    pointsman.fulfilment.parcels.pack(request)
    if left_at is not None:
        packed = sum((Counter(parcel.lines) for parcel in request.parcels), Counter()) if request.partial else {}
        with _packed(key):
            pointsman.holds.confirm(decision, shipments=ways, lines=packed, left_at=left_at, op=row.op)
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


def _named(pointsman: Pointsman, row: IncomingRow) -> _Named:
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
    return _of_order(pointsman, row)


def _by_number(pointsman: Pointsman, name: str) -> tuple[str, list[tuple[str, str]]]:
    decision, slash, number = name.rpartition("/")
    if not slash or _NUMBER.fullmatch(number) is None:
        message = f"'{name}' is no shipment; it is written DECISION/NUMBER, as in what was sent out"
        raise InputInvalid([Mistake(field="shipment", message=message)])
    shipments = pointsman.decision(decision).record.shipments
    if int(number) >= len(shipments):
        raise NotFound(f"decision '{decision}' has {len(shipments)} shipments, counted from 0; there is no '{number}'")
    shipment = shipments[int(number)]
    return decision, [(shipment.node, shipment.service)]


def _of_order(pointsman: Pointsman, row: IncomingRow) -> _Named:
    """Those of its shipments that hold units; else those whose hold has expired, else those that left: a confirm that
    comes again is answered the same.
    """
    order, node, service = row.fields["order"], row.fields.get("node"), row.fields.get("service")
    by_state: dict[str, dict[str, list[tuple[str, str]]]] = {state: {} for state in _COULD_LEAVE}
    for shipment in pointsman.orders.show(order).shipments:
        way = (shipment.record.node, shipment.record.service)
        if shipment.state in by_state and node in (None, way[0]) and service in (None, way[1]):
            by_state[shipment.state].setdefault(shipment.decision, []).append(way)
    if not any(by_state.values()):
        where = f" at '{node}'" if node else ""
        raise NotFound(f"order '{order}' has no shipment{where} that could have left")
    has_lines = bool(row.fields.get("lines"))
    if has_lines and (done := _done(pointsman, by_state.values(), row.op)):
        return done
    named = [*next(ways for ways in by_state.values() if ways).items()]
    _verify_one_is_meant(named, has_lines=has_lines)
    return named


def _done(pointsman: Pointsman, states: Iterable[Mapping[str, list[tuple[str, str]]]], op: str) -> _Named:
    """The decision whose units a process confirmed for this row before it died: other units of its lines may be held by
    now, and are not meant.
    """
    ways: dict[str, list[tuple[str, str]]] = {}
    for by_decision in states:
        for decision, some in by_decision.items():
            ways.setdefault(decision, []).extend(some)
    return [(decision, some) for decision, some in ways.items() if pointsman.holds.is_done(decision, op)]


def _verify_one_is_meant(named: _Named, *, has_lines: bool) -> None:
    """Raises InputInvalid if units of two decisions could be meant: at one node, or of the lines. Without node and
    lines an order that left is all of it.
    """
    ways = [way for _, some in named for way in some]
    if len(ways) > len(set(ways)) or (has_lines and len(named) > 1):
        raise InputInvalid([Mistake(field="shipment", message=_SEVERAL)])


def _matching(
    shipments: Sequence[tuple[str, str]], node: str | None, service: str | None, *, of: str
) -> list[tuple[str, str]]:
    found = [way for way in shipments if node in (None, way[0]) and service in (None, way[1])]
    if not found:
        raise NotFound(f"{of} has no shipment from '{node}'")
    return found
