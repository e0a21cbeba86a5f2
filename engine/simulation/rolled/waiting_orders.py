"""What waits in a variant, and what of it is offered units that became free."""

from collections.abc import Iterator
from typing import Final, NamedTuple

from engine.decide.remainder import Remainder
from engine.simulation.rolled.answering import Question
from engine.simulation.rolled.rolled_order import VariantOrder
from engine.simulation.rolled.units.logged_orders import LoggedOrders
from engine.simulation.rolled.units.logged_units import LoggedOrder
from engine.simulation.rolled.units.variant_stock import VariantStock
from rules.policy import PolicySet

_OFFERED: Final = "~offered"


class WaitingUnits(NamedTuple):
    """Units of an order that wait under a decision, and are decided by themselves."""

    variant: VariantOrder
    decision: str

    @property
    def rank(self) -> tuple[str, str]:
        """As the shop ranks: of one order, those go first whose decision has the lesser id."""
        return self.variant.rank, self.decision


class WaitingOrders:
    """Of a variant under these policies, among all `orders`."""

    def __init__(self, orders: LoggedOrders, stock: VariantStock, policies: PolicySet) -> None:
        self._orders = orders
        self._stock = stock
        self._policies = policies
        self._waiting: dict[tuple[str, str], VariantOrder] = {}
        self._latest = ""
        """The last decision of the log."""
        self._logged_by = ""
        """The policy version that made it."""
        self._made = 0

    def log_decided(self, decision: str, policy_version: str) -> None:
        """The next decision of the log."""
        self._latest, self._logged_by = decision, policy_version

    def new_decision(self) -> str:
        """Names a decision that the variant makes where the log made none: after the log's last one, and all before."""
        self._made += 1
        return f"{self._latest}{_OFFERED}{self._made:09}"

    def note(self, order: LoggedOrder) -> None:
        """Whether it waits may have changed."""
        for variant in order.variants:
            if variant.units.waiting and variant.order is not None:
                self._waiting[variant.key] = variant
            else:
                self._waiting.pop(variant.key, None)

    def to_be_offered(self, now: int) -> Iterator[WaitingUnits]:
        """The units of those that what became free is offered, in their rank; one after another, as what one takes the
        next does not have. To those that wait alike in the log, on the same stock and under the same rules, the log
        offers it.
        """
        freed = frozenset(self._stock.variant.freed)
        other_rules = self._logged_by != self._policies.version
        waiting = [
            WaitingUnits(its, decision)
            for its in self._waiting.values()
            for decision in its.units.waiting
            if its.is_due(decision, now, freed)
        ]
        for units in sorted(waiting, key=lambda its: its.rank):
            variant = units.variant
            in_step = variant.units.same_as(self._orders[variant.first].units)
            alone = self._orders[variant.first].rejected_in_log_alone(variant)
            if other_rules or not in_step or alone or self._stock.difference.touches(variant.skus):
                yield units

    def question(self, waiting: WaitingUnits, now: int) -> Question | None:
        """What is decided of it; None if nobody knows the stock of the order's articles."""
        variant = waiting.variant
        logged = self._stock.known.facts(variant.skus, self._policies, now)
        if logged is None or variant.order is None:
            return None
        remainder = Remainder(
            whole_order=variant.order,
            units=dict(variant.units.waiting[waiting.decision]),
            barred=variant.barred(lasting=True),
            standing_shipments=variant.units.standing,
            promised=waiting.decision in variant.owed,
        )
        return Question(remainder=remainder, logged=logged, now=now, may_wait=True)
