"""A decision's hold ends as the plain definition says, whatever the rules, the order and the opening hours."""

import re

import pytest
from hypothesis import event, given
from hypothesis import strategies as st

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.matching.matcher import Matcher
from tests.support.clocks import hours, running
from tests.support.examples import examples
from tests.support.facts import HOUR, LILLE, LYON, NOW, PARIS, node, order, policies, service, snapshot

pytestmark = pytest.mark.slow

DAY = 24 * HOUR
SIZES = {"m": 60, "h": HOUR, "d": DAY}
DURATIONS = st.builds(lambda number, unit: f"{number} {unit}", st.integers(1, 90), st.sampled_from(sorted(SIZES)))
HOLDS = DURATIONS | st.just("until_shipped") | DURATIONS.map(lambda duration: f"until_shipped + {duration}")
RULES = st.lists(st.tuples(st.sampled_from(["web", "app"]), HOLDS), max_size=4)
SERVICES = [service(), service("van", base=1, runs=running("monday"))]
NODES = [
    node("lyon", LYON, hours=hours("09:00-17:00", friday=[], saturday=[], sunday=[])),
    node("lille", LILLE, services=("van",), preparation=90),
]
STOCK = st.fixed_dictionaries({name: st.integers(0, 3) for name in ("lyon", "lille")})


def seconds(duration: str) -> int:
    number, unit = duration.split()
    return int(number) * SIZES[unit]


def decided(rules, stock, units, held_from, requested_minutes=None) -> Decision:
    written = [f"when: {{order.channel: {channel}}}, then: {{hold: {hold}}}" for channel, hold in rules]
    return decide(
        order(("A", units), place=PARIS),
        snapshot(NODES, {"A": stock}, services=SERVICES),
        Matcher(policies(*written)),
        NOW,
        held_from=held_from,
        requested_minutes=requested_minutes,
    )


def plain_end(holds: list[str], decision: Decision, held_from: int) -> int:
    leaves = max([held_from, *(shipment.ships_at for shipment in decision.shipments)])
    ends = []
    for hold in holds:
        extra = re.fullmatch(r"until_shipped(?: \+ (.*))?", hold)
        ends.append(leaves + (seconds(extra[1]) if extra[1] else 0) if extra else held_from + seconds(hold))
    end = min(ends) if ends else max(held_from + 2 * DAY, leaves)
    return min(max(end, held_from + 1), held_from + 90 * DAY)


@examples(70)
@given(rules=RULES, stock=STOCK, units=st.integers(1, 7), later=st.integers(0, 5 * DAY))
def test_a_hold_ends_where_the_first_of_its_rules_ends_it(rules, stock, units, later):
    decision = decided(rules, stock, units, NOW + later)
    acting = [hold for channel, hold in rules if channel == "web"]
    assert decision.hold_until == plain_end(acting, decision, NOW + later)


@examples(70)
@given(rules=RULES, stock=STOCK, units=st.integers(1, 7), later=st.integers(0, 5 * DAY))
def test_a_hold_until_shipped_ends_before_a_shipment_leaves_only_by_a_shorter_hold(rules, stock, units, later):
    decision = decided(rules, stock, units, NOW + later)
    early = any(decision.hold_until < shipment.ships_at for shipment in decision.shipments)
    event("ends early" if early else "lasts until all have left")
    durations = [seconds(hold) for channel, hold in rules if channel == "web" and not hold.startswith("until")]
    if early:
        assert decision.hold_until == NOW + later + min(durations)
        assert not decision.hold_until_shipped


@examples(35)
@given(rules=RULES, stock=STOCK, units=st.integers(1, 7), requested=st.integers(1, 90 * 24 * 60))
def test_a_hold_that_the_caller_asked_for_lasts_so_long_whatever_the_rules_say(rules, stock, units, requested):
    decision = decided(rules, stock, units, NOW, requested)
    assert decision.hold_until == NOW + requested * 60
    assert decision.shipments == decided(rules, stock, units, NOW).shipments
