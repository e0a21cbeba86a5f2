"""One promise: by when all of an order arrives, and what would ship; and which of several are worth offering."""

from collections.abc import Iterable
from dataclasses import dataclass

from engine.decide.decision import PromiseTerms, Shipment


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """All units of the order, by one kind of delivery, as `shipments`. An order decided at `alike_until` or later may
    arrive at another hour.
    """

    delivery: str
    terms: PromiseTerms
    shipments: tuple[Shipment, ...]
    alike_until: int

    @property
    def arrives_by(self) -> int:
        return self.terms.arrives_by

    @property
    def cost(self) -> int:
        """Micros: what the shipments cost, without what policies add or take to prefer one of them."""
        return sum(shipment.cost for shipment in self.shipments)

    @property
    def co2(self) -> int:
        """Milligrams."""
        return sum(shipment.co2 for shipment in self.shipments)


def undominated(promises: Iterable[Promise]) -> list[Promise]:
    """Those than which no other arrives as early, costs as little and emits as little, the earliest first. Of equal
    ones, the first.
    """
    kept: list[Promise] = []
    for promise in sorted(promises, key=lambda item: (item.arrives_by, item.cost, item.co2)):
        if not any(other.cost <= promise.cost and other.co2 <= promise.co2 for other in kept):
            kept.append(promise)
    return kept
