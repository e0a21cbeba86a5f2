"""A returned unit goes where it gains most, whatever the network, as working it out place by place says."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.decide.matching.matcher import Matcher
from engine.demand.chance_of_sale import CERTAIN, chance_above
from engine.model.facts import StockPosition
from engine.model.receipts import Receipt
from engine.model.transfer_lanes import NodeNames, TransferLane
from engine.returns.placement.placement import place_return, place_returns
from engine.returns.placement.returned_unit import ReturnedUnit
from engine.transfers.lanes import lane_between
from rules.conditions import holds
from tests.support.examples import examples
from tests.support.facts import EURO, LILLE, LYON, MARSEILLE, NOW, PARIS, node, policies, product, snapshot

PLACES = dict(zip("abcde", (LYON, PARIS, LILLE, MARSEILLE, LYON), strict=True))
DAYS = 14
RETURNS = "return.node: {known: true}"
RULES = (
    f"when: {{node.id: b, {RETURNS}}}, then: {{exclude: true}}",
    f"when: {{stock.available: {{more_than: 2}}, {RETURNS}}}, then: {{exclude: unless_needed}}",
    f"when: {{node.id: [c, d], {RETURNS}}}, then: {{prefer: 1.50}}",
    f"when: {{need.shortfall: 0, {RETURNS}}}, then: {{avoid: 0.75}}",
    "when: {need.chance_of_sale: {more_than: 40%}}, then: {tier: 4}",
    f"when: {{stock.in_transit: {{at_least: 1}}, {RETURNS}}}, then: {{tier: 6}}",
)
POSITIONS = st.builds(
    StockPosition,
    on_hand=st.integers(0, 5),
    held=st.integers(0, 6),
    pace=st.none() | st.sampled_from((0, 40, 100, 250, 1_000)),
)
LANES = st.builds(
    lambda origin, goal, unit, shipment, least: TransferLane(
        origin=NodeNames(nodes=origin),
        goal=NodeNames(nodes=goal),
        takes=60,
        per_unit=unit * EURO // 4,
        per_kg=unit * 1_000,
        per_shipment=shipment * EURO,
        min_units=least,
        emission=unit * 100,
        carbon_price=EURO,
    ),
    st.frozensets(st.sampled_from("abcde"), min_size=1),
    st.frozensets(st.sampled_from("abcde"), min_size=1),
    st.integers(0, 12),
    st.integers(0, 3),
    st.integers(1, 3),
)


def receipt(name, units, promised):
    return Receipt(
        id=name,
        source="transfer",
        node=name,
        sku="A",
        quantity=units,
        expected_at=NOW + 60,
        status="in_transit",
        promised=min(units, promised),
    )


@st.composite
def scenarios(draw):
    places = {name: draw(POSITIONS) for name in draw(st.permutations(list("abcde")))[: draw(st.integers(1, 5))]}
    found = snapshot(
        [node(name, place, type="store") for name, place in PLACES.items()],
        {"A": places},
        products=[product(margin=draw(st.none() | st.integers(0, 20).map(lambda euros: euros * EURO // 3)))],
        transfer_lanes=tuple(draw(st.lists(LANES, max_size=3))),
    )
    coming = {name: [receipt(name, draw(st.integers(1, 3)), draw(st.integers(0, 3)))] for name in "ace"}
    object.__setattr__(found, "receipts", {"A": coming} if draw(st.booleans()) else {})
    return found


def by_hand(facts, rules, here, earlier):
    """Where the unit goes and what it gains there: the network's places one after another."""
    best = None
    for name in sorted(facts.network.nodes, key=lambda name: (name != here, name)):
        lane = lane_between(facts.network, here, name)
        if name != here and lane is None:
            continue
        position = facts.positions["A"].get(name, StockPosition(0))
        coming = facts.receipts.get("A", {}).get(name, ())
        there = position.on_hand - position.held + sum(item.quantity - item.promised for item in coming)
        there += earlier.get(name, 0)
        demand = None if position.pace is None or name not in facts.positions["A"] else position.pace * DAYS
        chance = 0 if demand is None else chance_above(there, demand)
        seen = {
            "node.id": name,
            "return.node": here,
            "stock.available": position.available,
            "stock.in_transit": sum(item.quantity for item in coming),
            "need.shortfall": None if demand is None else max(0, -(-demand // 1_000) - there),
            "need.chance_of_sale": None if demand is None else chance * 10_000 // CERTAIN,
        }
        acting = [item for rule in rules if holds(rule.condition, seen) for item in rule.effects]
        values = {word: [item.value for item in acting if item.name == word] for word in ("exclude", "tier")}
        exclude, tier = max(values["exclude"], default=0), min(values["tier"], default=5)
        gain = round(Fraction(chance * (facts.products["A"].margin or 0), CERTAIN))
        gain += sum(item.value * {"prefer": 1, "avoid": -1}.get(item.name, 0) for item in acting)
        if lane is not None:
            shipment = 0 if earlier.get(name) else -(-lane.per_shipment // lane.min_units)
            carried = lane.per_unit + lane.per_kg
            carbon = round(Fraction(1_000 * lane.distance * lane.emission, 10**9))
            gain -= shipment + carried + round(Fraction(lane.carbon_price * carbon, 10**6))
        key = (exclude, tier, -gain)
        if exclude < 2 and (best is None or key < best[0]):
            best = key, name
    return here if best is None else best[1]


@given(scenarios(), st.sampled_from("abcde"), st.frozensets(st.sampled_from(RULES), max_size=3))
@examples(40)
def test_it_goes_where_it_gains_most_by_hand(facts, here, rules):
    rule_set = policies(*sorted(rules))
    matcher = Matcher(rule_set)
    units = [ReturnedUnit(sku="A", node=here, grade="as_new")] * 3
    placements = place_returns(units, snapshot=facts, matcher=matcher, now=NOW)
    matcher.close()
    earlier = {}
    for placement in placements:
        assert placement.node == by_hand(facts, rule_set.rules.values(), here, earlier)
        if not rules:
            assert not placement.moves or placement.gain > 0
            assert all(other.gain <= placement.chosen.gain for other in placement.others)
        earlier[placement.node] = earlier.get(placement.node, 0) + 1


@given(scenarios(), st.sampled_from("abcde"))
@examples(30)
def test_the_order_of_the_facts_makes_no_difference(facts, here):
    backwards = {name: facts.positions["A"][name] for name in reversed(facts.positions["A"])}
    other = snapshot(
        list(reversed(facts.network.nodes.values())),
        {"A": backwards},
        products=[facts.products["A"]],
        transfer_lanes=facts.network.transfer_lanes,
    )
    object.__setattr__(other, "receipts", facts.receipts)
    matcher = Matcher(policies())
    unit = ReturnedUnit(sku="A", node=here, grade="as_new")
    one, two = (place_return(unit, snapshot=item, matcher=matcher, now=NOW) for item in (facts, other))
    matcher.close()
    assert one == two
