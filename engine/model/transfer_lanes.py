"""Between which nodes stock may be moved, and what that costs: the `transfers` of a network file."""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Within: TypeAlias = Literal["region", "country"]
"""What both nodes of a lane must have in common."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeNames:
    """Some nodes: those named, those of a group named, and those with a tag named."""

    nodes: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    tags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class TransferLane:
    """A way on which stock is moved from some nodes to others. Between two nodes, the first lane that leads from the
    one to the other counts; where none does, nothing is moved.

    `per_unit`, `per_kg` and `per_shipment` are micros, `takes` is minutes, `emission` milligrams of CO2e a
    tonne-kilometre, `carbon_price` micros a kilogram of CO2e. A shipment is all that is moved at once from one node to
    another: it has at least `min_units`, over all its SKUs. Of each SKU it has a multiple of `pack` whole units.
    """

    origin: NodeNames
    goal: NodeNames
    takes: int
    within: Within | None = None
    distance: int | None = None
    """Metres. None in a network file: the great circle times `detour`, which is in thousandths."""
    detour: int = 1_000
    per_unit: int = 0
    per_kg: int = 0
    per_shipment: int = 0
    min_units: int = 1
    pack: int = 1
    emission: int = 0
    carbon_price: int = 0
