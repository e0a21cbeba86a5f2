"""Two shops that are asked the same, each under its own rules: what one would have decided under the rules of the other
is what the other decides.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from engine.errors import PointsmanError
from engine.model.facts import Order
from engine.orders.amendment.plan import AmendRequest
from engine.orders.cancellation.plan import CancelRequest
from engine.orders.rejection import RejectionRequest
from engine.service import Pointsman
from engine.store.stock import Movement


@dataclass
class Shops:
    """`logged` is the one whose log is rolled forward; `other` is asked what the log of the first says was done."""

    logged: Pointsman
    other: Pointsman
    skus: Sequence[str]

    def order(self, order: Order) -> None:
        for shop in (self.logged, self.other):
            shop.decide(order)

    def move(self, sku: str, node: str, units: int, *, op: str) -> None:
        for shop in (self.logged, self.other):
            shop.stock.move([Movement(op=op, node=node, sku=sku, delta=units)])

    def confirm(self, order: str) -> None:
        """All that is held of the order has left."""
        if self._each_hold(self.logged, order, self.logged.holds.confirm):
            self._each_hold(self.other, order, self.other.holds.confirm)

    def release(self, order: str) -> None:
        """All that is held of it. Not of an order of which units wait, which would be offered what is released."""
        if any(shop.orders.show(order).units("waiting") for shop in (self.logged, self.other)):
            return
        if self._each_hold(self.logged, order, self.logged.holds.release):
            self._each_hold(self.other, order, self.other.holds.release)

    def cancel(self, order: str) -> None:
        """All of it that has not left."""
        if _done(lambda: self.logged.cancellations.cancel(CancelRequest(order=order))):
            _done(lambda: self.other.cancellations.cancel(CancelRequest(order=order)))

    def amend(self, order: Order) -> None:
        if _done(lambda: self.logged.amendments.amend(AmendRequest(order=order, waits=True))):
            _done(lambda: self.other.amendments.amend(AmendRequest(order=order, waits=True)))

    def reject(self, order: str, reason: str, *, most: int | None = None) -> None:
        """All that the first of its places holds, or at most so many units of each line; of the other shop, at most as
        much of what that has there. Not if that has them there under several decisions: a shop decides each of these
        again by itself, and a what-if all at once.
        """
        for decision, node, held in _held(self.logged, order):
            lines = {line: units if most is None else min(units, most) for line, units in held.items()}
            there = [its for _, place, its in _held(self.other, order) if place == node and its.keys() & lines.keys()]
            if len(there) > 1:
                return
            request = RejectionRequest(decision=decision, node=node, reason=reason, lines=lines, waits=True)
            self.logged.rerouting.reject(request)
            self._reject_too(order, node, reason, lines)
            return

    def _reject_too(self, order: str, node: str, reason: str, lines: Mapping[str, int]) -> None:
        for decision, place, held in _held(self.other, order):
            common = {line: min(units, held[line]) for line, units in lines.items() if held.get(line)}
            if place == node and common:
                again = RejectionRequest(decision=decision, node=node, reason=reason, lines=common, waits=True)
                self.other.rerouting.reject(again)
                return

    @staticmethod
    def _each_hold(shop: Pointsman, order: str, end: Callable[[str], object]) -> bool:
        decisions = list(dict.fromkeys(decision for decision, _, _ in _held(shop, order)))
        for decision in decisions:
            end(decision)
        return bool(decisions)

    def stock(self, shop: Pointsman) -> dict[tuple[str, str], tuple[int, int]]:
        """By SKU and node, what is on hand and held."""
        positions = (item for batch in shop.stock.positions(self.skus) for item in batch)
        return {(item.sku, item.node): (item.on_hand, item.held) for item in positions}


def _held(shop: Pointsman, order: str) -> Iterator[tuple[str, str, Mapping[str, int]]]:
    """Decision, node and units by line of each shipment that holds some."""
    for item in shop.orders.show(order).shipments:
        held = {line.line: line.held for line in item.lines if line.held}
        if held:
            yield item.decision, item.record.node, held


def _done(act: Callable[[], object]) -> bool:
    try:
        act()
    except PointsmanError:
        return False
    return True
