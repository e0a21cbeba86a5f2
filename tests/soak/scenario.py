"""The scenario of the soak: 500 positions with little stock each, and policies that replace one another."""

import time
from dataclasses import dataclass

from engine.model.facts import Inventory
from engine.model.lots import LotUnits
from engine.model.transfer_lanes import NodeNames, TransferLane
from tests.support.facts import NOW, GeoPoint, inventory, lots, node, policy_file, service

SKUS = [f"S{number:02}" for number in range(50)]
NODES = [f"n{number}" for number in range(10)]
CHANNELS = ("app", "web")
UNITS = 20
WAITING = 0.3
"""The share of orders whose unfilled units wait for stock."""
FULL, MOST_A_DAY = "n3", 400
CHECKED = "checked"
"""The segment of orders that a person has to approve."""
HOLD = "then: {hold: 20 m}"
PARK = "when: {order.segment: checked}, then: {approve: true}"
# for two nodes only: otherwise all nodes would rest nearly always
REST = "when: {rejection.reason: [no_capacity, other], node.id: [n1, n2]}, then: {rest_after_rejection: 20 m}"
LOW = "then: {alert_below: 5}"
POLICIES = {
    "nothing kept": (HOLD, PARK, REST, LOW),
    "keep two": (HOLD, PARK, "then: {keep: 2}", REST, LOW),
    "keep a tenth": ("then: {hold: until_shipped + 20 m}", "then: {keep: 10%}", LOW),
    "protect": (HOLD, PARK, "then: {protect: [{channel: app, units: 3}, {channel: app, share: 20%}]}", REST, LOW),
    "a full day": (HOLD, "when: {node.id: n3}, then: {daily_orders: 400}", LOW),
}


@dataclass(frozen=True)
class Clock:
    """A clock that runs faster than real time, so that holds of minutes expire in
    seconds; the same in every process.
    """

    began: float
    speed: int

    def __call__(self) -> float:
        return self.then(time.time())

    def then(self, seconds: float) -> float:
        """What it showed at that instant of real time."""
        return NOW + (seconds - self.began) * self.speed


def warehouse(units: int) -> Inventory:
    nodes = [
        node(name, GeoPoint(latitude=44_000_000 + 400_000 * number, longitude=1_000_000 + 500_000 * number))
        for number, name in enumerate(NODES)
    ]
    stock = {sku: dict.fromkeys(NODES, units) for sku in SKUS}
    of_lots = {sku: dict.fromkeys(NODES, lots_of(sku, units)) for sku in SKUS if has_lots(sku)}
    anywhere = NodeNames(nodes=frozenset(NODES))
    lanes = (TransferLane(origin=anywhere, goal=anywhere, takes=60),)
    return inventory(nodes, stock, services=[service()], lots=of_lots, transfer_lanes=lanes)


def has_lots(sku: str) -> bool:
    """Every other SKU is kept by lots, which no order needs to be usable for so long: they change only what is held."""
    return sku in SKUS[::2]


def lots_of(sku: str, units: int) -> LotUnits | None:
    """Two lots that have so many units together; None if the SKU has none."""
    return lots(a=(units // 2, 200), b=(units - units // 2, 400)) if has_lots(sku) else None


def files(name: str) -> dict[str, bytes]:
    return policy_file(*POLICIES[name])


def floor(policy: str, channel: str, on_hand: int) -> int:
    """The floor of each of POLICIES, computed without the engine."""
    match policy:
        case "keep two":
            return 2
        case "keep a tenth":
            return -(-on_hand // 10)
        case "protect":
            return 0 if channel == "app" else max(3, -(-on_hand // 5))
    return 0
