"""What is asked when a label of a return is made, and where it leads. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import orjson

from engine.errors import InputInvalid, Mistake, NotReturnable
from engine.fulfilment.parcels.carriage import address_of_node
from engine.model.facts import Network, Node, Product
from engine.orders.order_state import OrderState
from engine.store.flows.stored_return import StoredReturn, StoredReturnLabelRecord

GIVE_BACK: Final = "DELETE /v1/returns/{id}/label, or: pointsman return label RETURN --give-back"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnLabelRequest:
    """The label of a return: to `node`, or where its goods left. Without `grams`, the parcel weighs what the articles
    do that are to come, and the packing.
    """

    return_id: str
    node: str | None = None
    grams: int | None = None
    op: str | None = None

    @property
    def fingerprint(self) -> str:
        """Tells another request under the same `op`."""
        return f"labelled {orjson.dumps([self.node, self.grams]).decode()}"


def verify_same(request: ReturnLabelRequest, label: StoredReturnLabelRecord) -> None:
    """Raise NotReturnable unless a label that there is is the one that is asked for."""
    if request.node not in (None, label.node):
        raise NotReturnable(
            f"return '{request.return_id}' has a label to '{label.node}'; give that back before you make one to"
            f" '{request.node}' ({GIVE_BACK})"
        )
    if label.carrier and request.grams not in (None, label.grams):
        raise NotReturnable(
            f"return '{request.return_id}' has a label for a parcel of {label.grams} g; give that back before you make"
            f" one for {request.grams} g ({GIVE_BACK})"
        )


def place_of(request: ReturnLabelRequest, stored: StoredReturn, order: OrderState, network: Network) -> Node:
    """Where the goods go: to the node that is named, or else to the one that the first of their lines left. Raises
    InputInvalid if there is no such node, NotReady if it has no address.
    """
    name = request.node or _origin(stored, order)
    node = network.nodes.get(name)
    if node is None:
        message = f"there is no node '{name}' in the network; say where the goods go (node, or: --node)"
        raise InputInvalid([Mistake(field="node", message=message)])
    address_of_node(node)
    return node


def _origin(stored: StoredReturn, order: OrderState) -> str:
    for line in stored.lines:
        for shipment in order.shipments:
            if any(item.line == line.line and item.shipped for item in shipment.lines):
                return shipment.record.node
    return ""


def weight(stored: StoredReturn, products: Mapping[str, Product], packing_grams: int) -> int:
    """Grams of what is to come, of each line rounded up, and of its packing."""
    skus = {line.line: line.sku for line in stored.lines}
    grams = packing_grams
    for line, units in stored.to_come.items():
        product = products.get(skus[line])
        if product is not None:
            grams += -(-product.weight * units // product.scale)
    return grams


def last_whole_day(expires_at: int, now: int, zone: ZoneInfo) -> date:
    """The last day all of which a return is waited for that expires then; if that is over, today."""
    expires, today = (datetime.fromtimestamp(instant, tz=zone).date() for instant in (expires_at, now))
    return max(expires - timedelta(days=1), today)
