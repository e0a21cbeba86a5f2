"""The ledger driven at random against a plain dictionary: put, move, decide, confirm, release, extend, expire.

The model knows no Redis and no optimiser: it keeps what is on hand, what each shipment of each hold has, and how holds
ended. After each step the ledger must show the same, and `ledger check` must find it clean.
"""

import itertools
from collections import Counter
from dataclasses import dataclass

import hypothesis.strategies as st
import pytest
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from engine.errors import HoldEnded, KeyReused, StockConflict
from engine.store.stock import Count, Movement, Stamp
from tests.building import LILLE, LYON, NOW, inventory, node, order, service
from tests.properties.driving import drive

SKUS = ("A", "B")
NODES = ("lille", "lyon")
SERVICES = ("light", "parcel")
CHANNELS = ("app", "web")
START = {("A", "lille"): 3, ("A", "lyon"): 5, ("B", "lyon"): 4}
OPS = st.sampled_from(["one", "two", "three", None])
POLICIES = {
    "nothing": [],
    "keep two": ["then: {keep: 2}"],
    "keep half": ["then: {keep: 50%}"],
    "protect": ["then: {protect: [{channel: app, units: 2}, {channel: app, share: 30%}], hold: 30 m}"],
    "when low": ["when: {stock.available: {at_most: 3}}, then: {keep: 2}"],
    "a full day": ["when: {node.id: lyon}, then: {daily_orders: 2}"],
}


@dataclass
class Part:
    """A shipment's units by SKU, and how and when its hold ended."""

    units: Counter
    ended: str | None = None
    at: int = 0


@dataclass
class Hold:
    """By (node, service) its shipments."""

    until: int
    parts: dict[tuple[str, str], Part]

    @property
    def last(self):
        """How the last of them to end did; several, where that was in one second."""
        at = max(part.at for part in self.parts.values())
        return {part.ended for part in self.parts.values() if part.at == at}

    @property
    def living(self):
        return {way for way, part in self.parts.items() if part.ended is None}


def floor(policy, on_hand, held, channel):
    """Of POLICIES, said a second time."""
    match policy:
        case "keep two":
            return 2
        case "keep half":
            return -(-on_hand // 2)
        case "protect":
            return 0 if channel == "app" else max(2, -(-3 * on_hand // 10))
        case "when low":
            return 2 if max(0, on_hand - held) <= 3 else 0
    return 0


def warehouse():
    stock = {sku: {name: START[sku, name] for name in NODES if (sku, name) in START} for sku in SKUS}
    nodes = [node("lille", LILLE, services=SERVICES), node("lyon", LYON, services=SERVICES)]
    return inventory(nodes, stock, services=[service("parcel"), service("light", base=1, max_weight=500)])


class Ledger(RuleBasedStateMachine):
    def __init__(self, pointsman, clock, versions):
        super().__init__()
        self.pointsman, self.clock, self.versions = pointsman, clock, versions
        self.on_hand = Counter(START)
        self.stamps, self.ops, self.asked = {}, {}, {}
        self.holds = {}
        self.loads = Counter()
        self.numbers = itertools.count(1)

    @initialize(name=st.sampled_from(sorted(POLICIES)))
    def start(self, name):
        self.activate(name)

    @rule(name=st.sampled_from(sorted(POLICIES)))
    def activate(self, name):
        self.policy = name
        self.pointsman.activate(self.versions[name], who="the machine", note="")

    @rule(sku=st.sampled_from(SKUS), name=st.sampled_from(NODES), units=st.integers(0, 9), number=st.integers(0, 5))
    def put(self, sku, name, units, number):
        count = Count(node=name, sku=sku, on_hand=units, stamp=Stamp(kind="s", number=number))
        before, known = self.stamps.get((sku, name), (-1, None))
        if number == before and units != known:
            with pytest.raises(StockConflict):
                self.pointsman.stock.put(count)
            return
        placed = self.pointsman.stock.put(count)
        assert placed.applied is (number > before)
        assert placed.older is (number < before)
        if placed.applied:
            self.stamps[sku, name] = number, units
            self.on_hand[sku, name] = units

    @rule(
        batch=st.lists(
            st.tuples(st.integers(0, 6), st.sampled_from(SKUS), st.sampled_from(NODES), st.sampled_from([-3, -1, 2])),
            min_size=1,
            max_size=4,
        )
    )
    def move(self, batch):
        movements = [Movement(op=str(op), sku=sku, node=name, delta=delta) for op, sku, name, delta in batch]
        for found, (op, *said) in zip(self.pointsman.stock.move(movements), batch, strict=True):
            sku, name, delta = said
            if op in self.ops:
                expected = "seen" if self.ops[op] == said else "reused"
            elif self.on_hand[sku, name] + delta < 0:
                expected = "below"
            else:
                expected = "applied"
                self.ops[op] = said
                self.on_hand[sku, name] += delta
            assert (found.word, found.on_hand) == (expected, self.on_hand[sku, name])

    @rule(
        wanted=st.lists(st.tuples(st.sampled_from(SKUS), st.integers(1, 4)), min_size=1, max_size=3),
        channel=st.sampled_from(CHANNELS),
    )
    def decide(self, wanted, channel):
        self._expire()
        free = {place: self._free(place, channel) for place in itertools.product(SKUS, NODES)}
        record = self.pointsman.decide(order(*wanted, id=str(next(self.numbers)), channel=channel)).record
        parts = {}
        for shipment in record["shipments"]:
            units = Counter()
            for line in shipment["lines"]:
                units[line["sku"]] += line["quantity"]
                free[line["sku"], shipment["node"]] -= line["quantity"]
            parts[shipment["node"], shipment["service"]] = Part(units)
            self.loads[shipment["node"]] += 1
        assert min(free.values()) >= 0, "a floor was broken"
        if self.policy == "a full day":
            assert self.loads["lyon"] <= 2 or not any(name == "lyon" for name, _ in parts)
        else:
            for sku in SKUS:
                missing = sum(line["quantity"] for line in record["unfilled"] if line["sku"] == sku)
                assert not missing or sum(free[sku, name] for name in NODES) == 0, "units were free and not taken"
        if parts:
            minutes = 30 if self.policy == "protect" else 48 * 60
            self.holds[record["id"]] = Hold(until=self.clock.now + 60 * minutes, parts=parts)

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), verb=st.sampled_from(["confirmed", "released"]), op=OPS, whole=st.booleans())
    def end(self, data, verb, op, whole):
        name = data.draw(st.sampled_from(list(self.holds)))
        hold = self.holds[name]
        ways = () if whole else tuple(data.draw(st.sets(st.sampled_from(sorted(hold.parts)), min_size=1)))
        act = self.pointsman.holds.confirm if verb == "confirmed" else self.pointsman.holds.release
        said = (verb, frozenset(ways))
        earlier = self.asked.get((name, op)) if op else None
        if earlier and earlier[0] != said:
            with pytest.raises(KeyReused):
                act(name, shipments=ways, op=op)
            return
        if earlier:
            assert act(name, shipments=ways, op=op) == earlier[1]
            return
        self._expire()
        ending = hold.living & set(ways or hold.parts)
        if not self._as_asked(hold, verb, ways, ending):
            with pytest.raises(HoldEnded, match="has ended"):
                act(name, shipments=ways, op=op)
            return
        state = act(name, shipments=ways, op=op)
        self._end(hold, verb, ending)
        assert {(item.node, item.service): item.state for item in state.shipments} == {
            way: part.ended or "held" for way, part in hold.parts.items()
        }
        if op and ending:
            self.asked[name, op] = said, state

    @precondition(lambda self: self.holds)
    @rule(data=st.data(), minutes=st.sampled_from([1, 45, 4_000]))
    def extend(self, data, minutes):
        name = data.draw(st.sampled_from(list(self.holds)))
        self._expire()
        hold = self.holds[name]
        if not hold.living:
            with pytest.raises(HoldEnded):
                self.pointsman.holds.extend(name, minutes=minutes)
            return
        hold.until = max(hold.until, self.clock.now + 60 * minutes)
        assert self.pointsman.holds.extend(name, minutes=minutes).until == hold.until

    @rule(minutes=st.sampled_from([1, 29, 31, 600]))
    def wait(self, minutes):
        self.clock.now += 60 * minutes
        if self.clock.now >= NOW + 14 * 3_600:  # midnight of Paris has passed
            self.clock.now -= 60 * minutes

    @invariant()
    def all_is_as_the_model_says(self):
        self._expire()
        # the holds first: what has expired is none of them, though nothing has swept it yet
        self.the_holds_are_as_the_model_says()
        self.the_stock_is_as_the_model_says()
        self.the_check_is_clean()

    def the_stock_is_as_the_model_says(self):
        held = self._held()
        for sku in SKUS:
            shown = {item.node: item.position for item in self.pointsman.stock.show(sku).nodes}
            assert {name: (shown[name].on_hand, shown[name].held) for name in shown} == {
                name: (self.on_hand[sku, name], held[sku, name]) for name in shown
            }
            assert all(self.on_hand[sku, name] == 0 for name in NODES if name not in shown)

    def the_holds_are_as_the_model_says(self):
        page = self.pointsman.holds.living(limit=1_000)
        assert {hold.id: (hold.until, {(part.node, part.service) for part in hold.parts}) for hold in page.holds} == {
            name: (hold.until, hold.living) for name, hold in self.holds.items() if hold.living
        }

    def the_check_is_clean(self):
        audit = self.pointsman.check()
        assert audit.clean, [str(drift) for drift in audit.drifts]
        assert audit.held == self._held().total()

    def _as_asked(self, hold, verb, ways, ending):
        """Whether the request finds what it asks for: units to end or, from a time before, ended just so."""
        if ways:
            return all(hold.parts[way].ended in (None, verb) for way in ways)
        return bool(ending) or verb in hold.last

    def _end(self, hold, verb, ending):
        for name, way in ((way[0], way) for way in ending):
            hold.parts[way].ended = verb
            hold.parts[way].at = hold.until if verb == "expired" else self.clock.now
            if verb != "confirmed":
                self.loads[name] -= 1
                continue
            for sku, units in hold.parts[way].units.items():
                self.on_hand[sku, name] = max(0, self.on_hand[sku, name] - units)

    def _expire(self):
        for hold in self.holds.values():
            if hold.until <= self.clock.now:
                self._end(hold, "expired", hold.living)

    def _free(self, place, channel):
        on_hand, held = self.on_hand[place], self._held()[place]
        return max(0, on_hand - held - floor(self.policy, on_hand, held, channel))

    def _held(self):
        found = Counter()
        for hold in self.holds.values():
            for way in hold.living:
                found.update({(sku, way[0]): count for sku, count in hold.parts[way].units.items()})
        return found


def test_the_ledger_is_what_a_dictionary_says_it_is(bare, clock, redis_client, network):
    drive(
        Ledger,
        warehouse(),
        POLICIES,
        pointsman=bare,
        clock=clock,
        client=redis_client,
        network=network,
        steps=30,
    )
