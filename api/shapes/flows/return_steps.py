"""Steps of returns as they are sent, over HTTP or on the command line, with quantities as they are written, read into
requests of the engine.
"""

from collections.abc import Mapping
from typing import Any

from api.shapes.quantities import Quantities, skus_of_order
from engine.errors import InputInvalid, Mistake
from engine.fulfilment.return_labels.label_request import ReturnLabelRequest
from engine.returns.disposing import DisposedUnits, DisposeRequest
from engine.returns.inspecting import InspectedUnits, InspectRequest
from engine.returns.opening import LineToReturn, OpenRequest
from engine.returns.receiving import ReceiveRequest
from engine.service import Pointsman
from engine.store.flows.stored_return import StoredReturn


def open_request(pointsman: Pointsman, body: Mapping[str, Any]) -> OpenRequest:
    """Raises InputInvalid, NotFound."""
    quantities = Quantities.of(pointsman)
    skus = skus_of_order(pointsman, body["order"]) if quantities.decimals else {}
    lines = []
    for index, item in enumerate(body["lines"]):
        reason = item["reason"] or body["reason"]
        if reason is None:
            message = "say why they come back, of each line or of the whole return"
            raise InputInvalid([Mistake(field="reason", message=message)])
        name = item["line"]
        units = quantities.smallest(skus.get(name, name), item["quantity"], field=f"lines.{index}.quantity")
        lines.append(LineToReturn(line=name, quantity=units, reason=reason))
    return OpenRequest(order=body["order"], lines=lines, id=body["id"], because=body["because"], op=body["op"])


def receive_request(pointsman: Pointsman, stored: StoredReturn, body: Mapping[str, Any]) -> ReceiveRequest:
    """Raises InputInvalid."""
    quantities = Quantities.of(pointsman)
    units = {
        name: quantities.by_line(body[name], lambda: _skus_of_lines(stored), field=name)
        for name in ("lines", "extra", "others")
    }
    return ReceiveRequest(node=body["node"], complete=body["complete"], op=body["op"], **units)


def inspect_request(pointsman: Pointsman, stored: StoredReturn, body: Mapping[str, Any]) -> InspectRequest:
    """Raises InputInvalid."""
    quantities = Quantities.of(pointsman)
    groups = [
        InspectedUnits(
            grade=item["grade"],
            group=item["group"],
            quantity=_of_group(quantities, stored, item, index),
            restock=item["restock"],
        )
        for index, item in enumerate(body["groups"])
    ]
    return InspectRequest(groups=groups, op=body["op"])


def dispose_request(pointsman: Pointsman, stored: StoredReturn, body: Mapping[str, Any]) -> DisposeRequest:
    """Raises InputInvalid."""
    quantities = Quantities.of(pointsman)
    groups = [
        DisposedUnits(
            group=item["group"],
            quantity=_of_group(quantities, stored, item, index),
            disposition=item["disposition"],
            as_sku=item["as_sku"],
            place=item["place"],
        )
        for index, item in enumerate(body["groups"])
    ]
    kept = quantities.by_line(body["kept"], lambda: _skus_of_lines(stored), field="kept")
    return DisposeRequest(groups=groups, kept=kept, because=body["because"], op=body["op"])


def label_request(return_id: str, body: Mapping[str, Any]) -> ReturnLabelRequest:
    return ReturnLabelRequest(return_id=return_id, node=body["node"], grams=body["weight_g"], op=body["op"])


def _skus_of_lines(stored: StoredReturn) -> dict[str, str]:
    return {line.line: line.sku for line in stored.lines}


def _of_group(quantities: Quantities, stored: StoredReturn, item: Mapping[str, Any], index: int) -> int | None:
    """So many units of a group, in the smallest part of its SKU."""
    if item["quantity"] is None:
        return None
    named = [group for group in stored.groups if item["group"] in (None, group.number)]
    skus = {group.sku for group in named}
    sku = skus.pop() if len(skus) == 1 else ""
    return quantities.smallest(sku, item["quantity"], field=f"groups.{index}.quantity")
