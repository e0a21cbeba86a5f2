"""The relaxation whose dual gives the bounds: each candidate serves each demand class as if the others did not exist.

Only where shipments or lines share the stock or the room of a node is that node kept as one part (`SharedNode`).
"""

from collections.abc import Sequence

from engine.decide.sourcing.bounds.shared_nodes import SharedNode
from engine.decide.sourcing.demand_classes import DemandClass, classes_by_contested_sku


class Relaxation:
    """`fixed` are by number of the shipment; `nodes` are those whose shipments or lines share stock or room. `arcs` are
    by class, without those of shipments of shared nodes; `class_groups` are the classes that compete for one SKU.
    """

    def __init__(self, classes: Sequence[DemandClass], fixed: Sequence[int], nodes: Sequence[SharedNode]) -> None:
        self.classes = classes
        self.fixed = fixed
        self.base_cost = sum([demand.base_cost for demand in classes])
        self.nodes = nodes
        self.class_groups = list(classes_by_contested_sku(classes).values())
        self.arcs = [demand.arcs for demand in classes]
        shared = {number for node in nodes for number in node.numbers}
        if shared:
            self.arcs = [[arc for arc in arcs if arc.number not in shared] for arcs in self.arcs]
        self.start = self._start()
        """The duals from which an ascent starts: all classes of a SKU are then equally far from being left unfilled."""

    def _start(self) -> list[int]:
        start = [0] * len(self.classes)
        for group in self.class_groups:
            highest = max([self.classes[number].unfilled for number in group])
            for number in group:
                start[number] = self.classes[number].unfilled - highest
        return start
