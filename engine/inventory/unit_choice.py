"""Chooses units of shipments by order line or SKU, as callers name them. Pure."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from engine.errors import InputInvalid, Mistake
from engine.store.hold_changes.shipment_units import LineUnits, ShipmentUnits
from engine.store.outcomes import UnitState

QuantityText: TypeAlias = Callable[[str, int], str]
"""So many units of a SKU as they are written, as `Network.quantity_text` says."""
Chosen: TypeAlias = Mapping[int, LineUnits]
"""Units by line, by the number of their shipment."""


def choose_units(
    lines: Mapping[str, int],
    shipments: Sequence[ShipmentUnits],
    state: UnitState,
    *,
    verb: str,
    text: QuantityText,
    field: str = "lines",
) -> Chosen:
    """So many units of each line (or of all lines of a SKU) that are in this state, of the first of the shipments that
    have some; without `lines`, all that are. Lines of a SKU are filled in their order, once those that are named have
    their units. Raises InputInvalid for lines and units that there are not; its messages
    say that they can't be `verb`.
    """
    if not lines:
        return {shipment.number: shipment.lines(state) for shipment in shipments if shipment.lines(state)}
    left = {shipment.number: dict(shipment.lines(state)) for shipment in shipments}
    chosen: dict[int, Counter[str]] = {}
    mistakes = []
    for name, units in sorted(lines.items(), key=lambda item: not _is_line(item[0], shipments)):
        missing = units
        for shipment in shipments:
            for line in _lines(name, shipment, shipments):
                taken = min(missing, left[shipment.number].get(line, 0))
                if taken:
                    chosen.setdefault(shipment.number, Counter())[line] += taken
                    left[shipment.number][line] -= taken
                    missing -= taken
        if missing:
            sku = next((item.skus[name] for item in shipments if name in item.skus), name)
            there = _units_by_shipment(shipments, state, text)
            message = f"{text(sku, units)} x '{name}' can't be {verb}: {state} are {there}"
            mistakes.append(Mistake(field=f"{field}.{name}", message=message))
    if mistakes:
        raise InputInvalid(mistakes)
    return chosen


def _lines(name: str, shipment: ShipmentUnits, shipments: Sequence[ShipmentUnits]) -> list[str]:
    """The lines of a shipment that `name` stands for: the line with that id, or else all lines of that SKU."""
    if _is_line(name, shipments):
        return [name] if name in shipment.skus else []
    return [line for line, sku in shipment.skus.items() if sku == name]


def _is_line(name: str, shipments: Sequence[ShipmentUnits]) -> bool:
    return any(name in shipment.skus for shipment in shipments)


def _units_by_shipment(shipments: Sequence[ShipmentUnits], state: UnitState, text: QuantityText) -> str:
    parts = [
        f"{text(sku, count)} of line {line} ({sku}) by {shipment.node}/{shipment.service}"
        for shipment in shipments
        for line, count in shipment.lines(state).items()
        for sku in [shipment.skus[line]]
    ]
    return "; ".join(parts) or "none"
