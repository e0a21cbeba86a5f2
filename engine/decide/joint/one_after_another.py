"""What orders take if they are decided one after another, each with what those before it left."""

from collections import Counter
from collections.abc import Iterable, Iterator

from engine.decide.decision import LeftToOthers
from engine.decide.evaluation.candidates import Candidates
from engine.decide.joint.planned_order import SHIPMENTS, PlannedOrder
from engine.decide.sourcing.problem import Choice


def choose_one_after_another(orders: Iterable[PlannedOrder]) -> Iterator[Choice]:
    """The choice of each order in turn."""
    units: Counter[tuple[str, str]] = Counter()
    shipments: Counter[str] = Counter()
    taken = LeftToOthers(units=units, shipments=shipments)
    for order in orders:
        choice = order.alone
        # what is best of all there is, is best of less, too, as long as it is there
        if any(amount > order.access[it].free - _taken(taken, it) for it, amount in order.alone_takes.items()):
            choice = Candidates(order.evaluation, taken).choose()
        for (sku, node), amount in order.takes(choice).items():
            if sku == SHIPMENTS:
                shipments[node] += amount
            else:
                units[sku, node] += amount
        yield choice


def _taken(taken: LeftToOthers, resource: tuple[str, str]) -> int:
    sku, node = resource
    return taken.shipments.get(node, 0) if sku == SHIPMENTS else taken.units.get(resource, 0)
