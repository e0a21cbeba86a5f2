"""The problem without what makes it hard, for its bound (`ascent`)."""

from collections.abc import Sequence

from engine.decide.sourcing.bounds.shared_nodes import Sharing
from engine.decide.sourcing.demand_classes import Want, several_want


class Relaxation:
    """`fixed` by number of the shipment; `nodes` are those whose shipments or lines share stock or room."""

    def __init__(self, wants: Sequence[Want], fixed: Sequence[int], nodes: Sequence[Sharing]) -> None:
        self.wants = wants
        self.fixed = fixed
        self.base = sum([want.base for want in wants])
        self.nodes = nodes
        self.several = list(several_want(wants).values())
        self.offers = [want.offers for want in wants]
        shared = {number for node in nodes for number in node.numbers}
        if shared:
            self.offers = [[offer for offer in offers if offer.number not in shared] for offers in self.offers]
        self.start = self._start()
        """Values to raise from: lines of one SKU begin at the same."""

    def _start(self) -> list[int]:
        start = [0] * len(self.wants)
        for several in self.several:
            most = max([self.wants[want].unfilled for want in several])
            for want in several:
                start[want] = self.wants[want].unfilled - most
        return start
