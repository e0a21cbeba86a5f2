"""Whatever the order in which counts, movements, confirms, undone confirms and rejections arrive, the same is on hand
in the end: the newest count, and what came and left after its instant.
"""

from collections import Counter
from dataclasses import dataclass

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given

from engine.inventory.stated_instants import MICROSECONDS
from engine.orders.rejection import RejectionRequest
from engine.store.outcomes import MovementApplied, MovementCounted
from engine.store.stock import Count, Movement, Stamp
from tests.conftest import activate
from tests.support.decision_json import json_of
from tests.support.examples import examples
from tests.support.facts import LYON, inventory, node, order

pytestmark = pytest.mark.slow

LATEST = 600
"""Seconds after the load at which the last of it happens; messages arrive up to as many later."""
KINDS = ("count", "came", "left", "blocked", "unblocked", "confirm", "confirm and undo", "damaged", "not in stock")
SHORT_KINDS = ("count", "came", "confirm", "damaged", "not in stock")
"""Those that no shortage keeps from being carried out."""


@dataclass(frozen=True)
class Message:
    """What happened `at` seconds after the load, and after how many more seconds the message arrives, in each of two
    orders of arrival.
    """

    kind: str
    at: int
    units: int
    delays: tuple[int, int]

    def arrives(self, turn):
        return self.at + self.delays[turn]


def messages(kinds, counted):
    one = st.tuples(st.sampled_from(kinds), st.integers(1, 3), counted, st.tuples(*[st.integers(0, LATEST)] * 2))
    instants = st.lists(st.integers(1, LATEST), unique=True, min_size=8, max_size=8)
    return st.tuples(st.lists(one, min_size=2, max_size=8), instants).map(
        lambda drawn: [
            Message(kind=kind, at=at, units=on_hand if kind in ("count", "not in stock") else units, delays=delays)
            for (kind, units, on_hand, delays), at in zip(drawn[0], drawn[1], strict=False)
        ]
    )


HISTORIES = st.tuples(st.just(100), messages(KINDS, st.integers(60, 120))) | st.tuples(
    st.integers(0, 3), messages(SHORT_KINDS, st.integers(0, 3))
)


def expected(loaded, history):
    """Units on hand, and by how many more are blocked than before; 9 were blocked to begin with."""
    instant, on_hand = max(
        [(0, loaded), *((item.at, item.units) for item in history if item.kind in ("count", "not in stock"))]
    )
    signs = {"came": 1, "unblocked": 1, "left": -1, "blocked": -1, "confirm": -1, "damaged": -1}
    on_hand += sum(signs.get(item.kind, 0) * item.units for item in history if item.at > instant)
    blocked = Counter()
    for item in history:
        blocked[item.kind] += item.units
    return max(0, on_hand), 9 + blocked["blocked"] - blocked["unblocked"] + blocked["damaged"]


class World:
    def __init__(self, pointsman, clock):
        self.pointsman, self.clock, self.began = pointsman, clock, clock.now
        self.numbers = iter(range(10**9))
        pointsman.load(self.stocked(9_000), counts=True)
        activate(pointsman)

    @staticmethod
    def stocked(units):
        return inventory([node("lyon", LYON)], {"A": {"lyon": units}})

    def play(self, loaded, history, turn):
        """Units on hand in the end, and by how many more are blocked."""
        self.clock.now = self.began = self.clock.now + 1
        self.pointsman.load(self.stocked(9_000), counts=True)
        holds = [self.hold(item) for item in history]
        self.pointsman.load(self.stocked(loaded), counts=True)
        blocked = self.move(0, blocked=9) - 9
        for place in sorted(range(len(history)), key=lambda place: history[place].arrives(turn)):
            self.clock.now = self.began + history[place].arrives(turn)
            self.arrive(history[place], holds[place])
            (item,) = self.pointsman.stock.show("A").nodes
            assert item.position.on_hand >= 0
        for name in filter(None, holds):
            if any(shipment.state == "held" for shipment in self.pointsman.holds.state(name).shipments):
                self.pointsman.holds.release(name)
        return item.position.on_hand, item.blocked - blocked

    def hold(self, message):
        """A decision that the message is about."""
        if message.kind not in ("confirm", "confirm and undo", "damaged", "not in stock"):
            return None
        units = 1 if message.kind == "not in stock" else message.units
        return json_of(self.pointsman.decide(order(("A", units), id=f"order {next(self.numbers)}")))["id"]

    def move(self, delta, blocked=0, at=None):
        item = Movement(op=str(next(self.numbers)), node="lyon", sku="A", delta=delta, blocked=blocked, at=at)
        (outcome,) = self.pointsman.stock.move([item])
        assert isinstance(outcome, MovementApplied | MovementCounted)
        return outcome.blocked

    def arrive(self, message, hold):
        at, units = (self.began + message.at) * MICROSECONDS, message.units
        match message.kind:
            case "count":
                self.pointsman.stock.set_count(
                    Count(node="lyon", sku="A", on_hand=units, stamp=Stamp(kind="t", number=at))
                )
            case "came" | "left":
                self.move(units if message.kind == "came" else -units, at=at)
            case "blocked" | "unblocked":
                units = units if message.kind == "blocked" else -units
                self.move(-units, blocked=units, at=at)
            case "confirm":
                self.pointsman.holds.confirm(hold, left_at=at)
            case "confirm and undo":
                self.pointsman.holds.confirm(hold, left_at=at)
                self.pointsman.holds.undo(hold)
            case "damaged":
                self.pointsman.rerouting.reject(RejectionRequest(decision=hold, node="lyon", reason="damaged", at=at))
            case "not in stock":
                self.pointsman.rerouting.reject(
                    RejectionRequest(decision=hold, node="lyon", reason="not_in_stock", on_hand=units, at=at)
                )


def test_every_order_of_arrival_leaves_the_same_on_hand(bare, clock):
    world = World(bare, clock)

    @examples(15, suppress_health_check=[HealthCheck.too_slow])
    @given(HISTORIES)
    def check(drawn):
        loaded, history = drawn
        assert [world.play(loaded, history, turn) for turn in (0, 1)] == [expected(loaded, history)] * 2

    check()
    assert bare.check().clean
