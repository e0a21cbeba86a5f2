"""The orders that wait in a variant, and which of them are offered what became free."""

from collections.abc import Iterator

from engine.decide.remainder import Remainder
from engine.simulation.rolled.answering import Question
from engine.simulation.rolled.rolled_order import VariantOrder
from engine.simulation.rolled.units.logged_orders import LoggedOrders
from engine.simulation.rolled.units.logged_units import LoggedOrder
from engine.simulation.rolled.units.variant_stock import VariantStock
from rules.policy import PolicySet


class WaitingOrders:
    """Of a variant under these policies, among all `orders`."""

    def __init__(self, orders: LoggedOrders, stock: VariantStock, policies: PolicySet) -> None:
        self._orders = orders
        self._stock = stock
        self._policies = policies
        self._waiting: dict[tuple[str, str], VariantOrder] = {}

    def note(self, order: LoggedOrder) -> None:
        """Whether it waits may have changed."""
        for variant in order.variants:
            if variant.units.waiting and variant.order is not None:
                self._waiting[variant.key] = variant
            else:
                self._waiting.pop(variant.key, None)

    def to_be_offered(self, now: int, logged_by: str) -> Iterator[VariantOrder]:
        """Those that what became free is offered, in their rank; one after another, as what one takes the next does not
        have. To those that wait alike in the log, on the same stock and under the same rules, the log offers it;
        `logged_by` is the policy version that decides there.
        """
        freed = frozenset(self._stock.variant.freed)
        other_rules = logged_by != self._policies.version
        waiting = [its for its in self._waiting.values() if its.is_due(now, freed)]
        for variant in sorted(waiting, key=lambda its: its.rank):
            in_step = variant.units.same_as(self._orders[variant.first].units)
            alone = self._orders[variant.first].rejected_in_log_alone(variant)
            if other_rules or not in_step or alone or self._stock.difference.touches(variant.skus):
                yield variant

    def question(self, variant: VariantOrder, now: int) -> Question | None:
        """What is decided of what waits; None if nobody knows the stock of its articles."""
        logged = self._stock.known.facts(variant.skus, self._policies, now)
        if logged is None or variant.order is None:
            return None
        remainder = Remainder(
            whole_order=variant.order,
            units=dict(variant.units.waiting_units),
            barred=variant.barred(lasting=True),
            standing_shipments=variant.units.standing,
        )
        return Question(remainder=remainder, logged=logged, now=now, may_wait=True)
