"""Whether units that a record tells are still where it says that they are: held for a node, or gone from there."""

from collections import Counter
from typing import Any

from api.connectors.sending.records.batch import Outdated, Record
from api.shapes.quantities import Quantities
from engine.errors import HoldEnded, InputInvalid, NotFound
from engine.model.parcels import ShipmentKey
from engine.service import Pointsman
from engine.store.outcomes import UnitState


def verify_held(pointsman: Pointsman, record: Record) -> None:
    """Raise Outdated unless the units of the record are those that are still to be shipped: of a shipment that was
    cancelled since, in part or whole, the other side must not be told all.
    """
    units, held = _of(record, pointsman), _units(pointsman, record, "held")
    if units != held:
        left = ", ".join(f"{count} x {sku}" for sku, count in _shown(pointsman, held).items()) or "nothing"
        raise Outdated(
            f"of {record.get('shipment')} there is still to ship: {left}; correct its lines to that, or delete it"
        )


def verify_left(pointsman: Pointsman, record: Record) -> None:
    """Raise Outdated if fewer units than the record's have left by now, as a confirm was undone."""
    units, left = _of(record, pointsman), _units(pointsman, record, "confirmed")
    if units - left:
        raise Outdated(f"of {record.get('shipment')} fewer units have left by now: a confirm was undone; delete it")


def shipment_of(record: Record) -> ShipmentKey:
    """Raises Outdated if a person has left its name with a mistake."""
    decision, number = record.get("decision"), record.get("number")
    if not isinstance(decision, str) or not isinstance(number, int):
        raise Outdated("its decision and number do not name a shipment, as they did")
    return ShipmentKey(decision, number)


def _of(record: Record, pointsman: Pointsman) -> Counter[str]:
    """The units of a record by SKU, in the smallest parts. Raises Outdated if a person has left them with a mistake."""
    quantities, units = Quantities.of(pointsman), Counter[str]()
    try:
        for line in record["lines"]:
            units[line["sku"]] += quantities.smallest(line["sku"], line["quantity"], field="quantity")
    except (KeyError, TypeError, InputInvalid):
        raise Outdated("its lines are not written as they were: a list with sku and quantity") from None
    return units


def _units(pointsman: Pointsman, record: Record, state: UnitState) -> Counter[str]:
    """Units of the record's shipment in that state, by SKU. Raises Outdated if there is no such shipment."""
    key = shipment_of(record)
    try:
        shipments = pointsman.holds.state(key.decision).shipments
    except (NotFound, HoldEnded):
        shipments = ()
    if not 0 <= key.number < len(shipments):
        raise Outdated(f"there is no shipment {key}")
    shipment = shipments[key.number]
    found = shipment.units if shipment.state == state else shipment.others.get(state, ())
    return Counter({sku: count for sku, count in found if count})


def _shown(pointsman: Pointsman, units: Counter[str]) -> dict[str, Any]:
    quantities = Quantities.of(pointsman)
    return {sku: quantities.show_units(sku, count) for sku, count in units.items()}
