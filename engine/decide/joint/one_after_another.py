"""What orders take if they are decided one after another, each with what those before it left."""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.decide.decision import LeftToOthers
from engine.decide.evaluation.candidates import Candidates
from engine.decide.joint.planned_order import LOADS, PlannedOrder
from engine.decide.sourcing.problem import Choice


def choose_one_after_another(orders: Iterable[PlannedOrder]) -> Iterator[Choice]:
    """The choice of each order in turn."""
    units: Counter[tuple[str, str]] = Counter()
    loads: Counter[str] = Counter()
    for order in orders:
        choice = order.alone
        # what is best of all there is, is best of less, too, as long as it is there
        for resource, amount in order.alone_takes.items():
            taken = loads[resource[1]] if resource[0] == LOADS else units[resource]
            if amount > order.access[resource].free - taken:
                left = LeftToOthers(units=dict(units), loads=dict(loads))
                choice = Candidates(order.evaluation, left).choose()
                break
        for (sku, node), amount in order.takes(choice).items():
            if sku == LOADS:
                loads[node] += amount
            else:
                units[sku, node] += amount
        yield choice
