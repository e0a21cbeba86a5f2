"""Returns: opened, received and inspected."""

from api.connectors.applying.incoming import (
    APPLIED,
    UNCHANGED,
    IncomingRow,
    Outcome,
    Place,
    loaded,
    without,
)
from api.shapes.flows.return_steps import inspect_request, open_request, receive_request
from api.shapes.flows.returns import InspectReturnRequest, OpenReturnRequest, ReceiveReturnRequest

_OPEN, _RECEIVE, _INSPECT = OpenReturnRequest(), ReceiveReturnRequest(), InspectReturnRequest()


def apply_return(place: Place, row: IncomingRow) -> Outcome:
    """It is opened. One that comes after the time for returns is refused: that takes a person who says why."""
    opening = open_request(place.pointsman, loaded(_OPEN, {"op": row.op, **row.fields}))
    opened = place.pointsman.flows.returns.open(opening, by=place.caller, may_override=False)
    return APPLIED if opened.new else UNCHANGED


def apply_returned_goods(place: Place, row: IncomingRow) -> Outcome:
    returns, name = place.pointsman.flows.returns, row.fields["return"]
    body = loaded(_RECEIVE, {"op": row.op, **without(row.fields, "return")})
    returns.receive(name, receive_request(place.pointsman, returns.show(name).stored, body))
    return APPLIED


def apply_inspection(place: Place, row: IncomingRow) -> Outcome:
    returns, name = place.pointsman.flows.returns, row.fields["return"]
    body = loaded(_INSPECT, {"op": row.op, **without(row.fields, "return")})
    returns.inspect(name, inspect_request(place.pointsman, returns.show(name).stored, body))
    return APPLIED
