"""What nodes had been given to ship when a decision was made, as JSON."""

from collections.abc import Mapping, Sequence
from typing import Annotated

import msgspec
from msgspec import UNSET, Meta, UnsetType

from engine.decide.decision import DecidedLoads
from engine.decide.order_record import Record
from engine.model.node_loads import grams_field, units_field


class LoadsRecord(Record, frozen=True, omit_defaults=True):
    """What nodes had been given to ship, of the nodes that `stock` names."""

    shipments: Annotated[
        Sequence[int],
        Meta(description="on the node's date, a number for each of those nodes, sorted by id; left out if all are 0"),
    ] = ()
    hourly: Annotated[Sequence[int], Meta(description="the same in the node's hour, where that is limited")] = ()
    units: Annotated[
        dict[str, int], Meta(description="by node whose units or kilograms of a day are limited; 0 is left out")
    ] = msgspec.field(default_factory=dict)
    grams: Annotated[dict[str, int], Meta(description="of the same nodes")] = msgspec.field(default_factory=dict)

    @classmethod
    def of(cls, loads: DecidedLoads, nodes: Sequence[str]) -> "LoadsRecord | UnsetType":
        """UNSET if all are 0. `nodes` are those that `stock` names, sorted."""
        record = cls(
            shipments=_column(loads.shipments, nodes),
            hourly=_column(loads.hourly, nodes),
            units={node: units for node, units in loads.units.items() if units},
            grams={node: grams for node, grams in loads.grams.items() if grams},
        )
        return UNSET if record == cls() else record

    def by_field(self, nodes: Sequence[str]) -> dict[str, int]:
        """Those of the node's date, as node_loads.py names them."""
        return {
            **dict(zip(nodes, self.shipments, strict=False)),
            **{units_field(node): units for node, units in self.units.items()},
            **{grams_field(node): grams for node, grams in self.grams.items()},
        }

    def by_field_of_hour(self, nodes: Sequence[str]) -> dict[str, int]:
        """Those of the node's hour."""
        return dict(zip(nodes, self.hourly, strict=False))


def _column(loads: Mapping[str, int], nodes: Sequence[str]) -> list[int]:
    return [loads.get(node, 0) for node in nodes] if any(loads.values()) else []
