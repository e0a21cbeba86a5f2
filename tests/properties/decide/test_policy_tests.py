"""A test that expects what was really decided passes; with any one expectation changed, it fails at that one."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.files.policy_tests.reader import read_policy_tests
from engine.decide.matching.matcher import Matcher
from engine.decide.policy_tests.comparison import DecidedTest, order_values, shipment_values, total_values, units_by_sku
from engine.decide.policy_tests.expectation import HOLD_AFTER_SHIPPING, ORDER_FACTS, SHIPMENT_FACTS, TOTAL_FACTS
from engine.decide.policy_tests.runner import PolicyTest, _decide_test, run_policy_test
from engine.decide.policy_tests.yaml_text import flow_style, with_unit
from engine.decide.reasons import REASON_CODES
from rules.policy import PolicySet
from tests.support.facts import policies
from tests.support.policy_test_files import FILE

pytestmark = pytest.mark.slow

RULES = (
    "when: {node.type: store}, then: {prefer: 3.00}",
    "when: {node.type: store, stock.on_hand: {more_than: 2}}, then: {keep: 1}",
    "when: {node.type: warehouse}, then: {protect: {channel: app, units: 1}}",
    "when: {service.mode: air}, then: {exclude: unless_needed}",
    "when: {node.type: supplier, order.channel: web}, then: {exclude: true}",
    "when: {order.units: {at_least: 3}}, then: {max_shipments: 2, hold: 90 min}",
    "when: {order.channel: app}, then: {priority: 80, carbon_price: 2.50, approve: true, hold: until_shipped + 5 h}",
    "when: {node.tags: {has: closing}}, then: {keep: 0}, overrides: [test/r2]",
    "when: {order.channel: web}, then: {avoid: 0.25}, overrides: [test/r1]",
    "when: {product.sku: B}, then: {keep_together: true}",
)
NODES = ("warehouse", "store", "supplier", "shop")
_units = st.integers(0, 4)
_stock = st.fixed_dictionaries({sku: st.dictionaries(st.sampled_from(NODES), _units) for sku in ("A", "B")})
_lines = st.dictionaries(st.sampled_from(("A", "B")), st.integers(1, 5), min_size=1)
_scenes = st.fixed_dictionaries(
    {
        "channel": st.sampled_from(("web", "app")),
        "promise": st.sampled_from(("", "12 h", "50 h")),
        "lines": _lines,
        "stock": _stock,
        "rules": st.lists(st.booleans(), min_size=len(RULES), max_size=len(RULES)),
    }
)
Claim = tuple[str, str, str]
"""An expectation's name, its text as decided, and a text that is not as decided."""


def read(scene: dict, policy_set: PolicySet, expect: dict[str, str]) -> PolicyTest:
    order = {"channel": scene["channel"], "lines": scene["lines"]}
    order |= {"promise_by": scene["promise"]} if scene["promise"] else {}
    expected = ", ".join(f"{name}: {text}" for name, text in expect.items())
    text = f"""
nodes: {{shop: {{type: store, tags: [closing]}}, warehouse: {{services: [parcel, air]}}}}
tests:
  - test: a case
    order: {flow_style(order)}
    stock: {flow_style(scene["stock"])}
    expect: {{{expected}}}
"""
    return read_policy_tests({FILE: text.encode()}, policy_set)[0]


def claims(made: DecidedTest, rules: list[str]) -> Iterator[Claim]:
    """Everything a test may expect of the decision, each with a different text."""
    decision = made.decision
    fired, silenced = set(decision.fired), set(decision.silenced)
    yield "status", decision.status, next(word for word in ("filled", "unfilled") if word != decision.status)
    yield from shipment_claims(made)
    yield from unfilled_claims(made)
    for name, those in (("fired", fired), ("silenced", silenced)):
        others = set(rules) - those
        if those and others:
            yield name, flow_style(sorted(those)), flow_style([*sorted(those), min(others)])
            yield f"not_{name}", flow_style(sorted(others)), flow_style([*sorted(others), min(those)])
    for way in made.excluded[:1]:
        stated = {"node": way.node, "service": way.service, "sku": way.sku, "by": list(way.by)}
        flag = ["false", "true"][way.unless_needed], ["true", "false"][way.unless_needed]
        was, was_not = (flow_style([{**stated, "unless_needed": word}]) for word in flag)
        yield "excluded", was, was_not
        yield "not_excluded", was_not, was
    kept = {sku: dict(zip(stock.nodes, stock.floor, strict=True)) for sku, stock in decision.stock.items()}
    for sku, nodes in kept.items():
        for node, units in nodes.items():
            yield "kept", flow_style(kept), flow_style({**kept, sku: {**nodes, node: units + 1}})
    yield from order_claims(made)
    totals = {name: value for name, value in total_values(decision).items() if value is not None}
    stated = {name: with_unit(TOTAL_FACTS[name].kind, value) for name, value in totals.items()}
    for name, value in totals.items():
        yield "totals", flow_style(stated), flow_style({**stated, name: with_unit(TOTAL_FACTS[name].kind, value + 1)})


def order_claims(made: DecidedTest) -> Iterator[Claim]:
    values = order_values(made)
    for name in ("hold", "priority"):
        kind = ORDER_FACTS[name].kind
        yield name, with_unit(kind, values[name]), with_unit(kind, int(values[name]) + 1)
    yield ("approve", "true", "false") if values["approve"] else ("approve", "false", "true")
    after_shipping = values[HOLD_AFTER_SHIPPING.path]
    if after_shipping is not None and after_shipping > 0:
        yield "hold", f"until_shipped + {after_shipping} m", f"until_shipped + {after_shipping + 1} m"


def shipment_claims(made: DecidedTest) -> Iterator[Claim]:
    stated = []
    for shipment in made.decision.shipments:
        values = shipment_values(shipment, made.decision.decided_at)
        words = {
            name: with_unit(SHIPMENT_FACTS[name].kind, value) for name, value in values.items() if value is not None
        }
        more = {"rules": list(shipment.rules)} if shipment.rules else {}
        stated.append({**words, "lines": units_by_sku(shipment), **more})
    yield "shipments", flow_style(stated), flow_style([*stated, {}])
    for index, shipment in enumerate(made.decision.shipments):
        values = shipment_values(shipment, made.decision.decided_at)
        changes = [
            {name: with_unit(SHIPMENT_FACTS[name].kind, int(values[name]) + 1)}
            for name in ("units", "backorder", "cost", "co2")
        ]
        changes += [
            {name: with_unit(SHIPMENT_FACTS[name].kind, int(values[name]) + 60)} for name in ("distance", "arrives")
        ]
        changes += [{"node": "distributor"}, {"service": "rail"}, {"lines": {}}]
        changes += [] if values["late"] is None else [{"late": "false" if values["late"] else "true"}]
        for change in changes:
            yield (
                "shipments",
                flow_style(stated),
                flow_style([*stated[:index], {**stated[index], **change}, *stated[index + 1 :]]),
            )
        yield "shipments", flow_style(stated), flow_style([*stated[:index], *stated[index + 1 :]])


def unfilled_claims(made: DecidedTest) -> Iterator[Claim]:
    parts = {
        part.sku: {
            "units": part.quantity,
            "reason": [reason.code for reason in part.reasons],
            "by": sorted({rule for reason in part.reasons for rule in reason.rules}),
        }
        for part in made.decision.unfilled
    }
    sku = made.decision.order.lines[0].sku
    yield "unfilled", flow_style(parts), flow_style({} if sku in parts else {**parts, sku: 1})
    for name, part in parts.items():
        yield "unfilled", flow_style(parts), flow_style({**parts, name: {**part, "units": part["units"] + 1}})
        wrong = [*part["reason"], next(code for code in REASON_CODES if code not in part["reason"])]
        yield "unfilled", flow_style(parts), flow_style({**parts, name: {**part, "reason": wrong}})


@given(scene=_scenes, data=st.data())
def test_what_was_decided_passes_as_a_test_and_fails_with_any_one_of_it_changed(scene, data):
    # the rules keep their numbers, so that those that override name the same ones
    never = "when: {order.channel: social}, then: {tier: 5}"
    policy_set = policies(*(rule if on else never for rule, on in zip(RULES, scene["rules"], strict=True)))
    matcher = Matcher(policy_set)
    try:
        made = _decide_test(read(scene, policy_set, {}), matcher)
        claimed = list(claims(made, list(policy_set.rules)))
        truth = {name: text for name, text, _ in claimed}
        assert run_policy_test(read(scene, policy_set, truth), matcher).differences == ()

        name, _, untrue = data.draw(st.sampled_from(claimed))
        differences = run_policy_test(read(scene, policy_set, {**truth, name: untrue}), matcher).differences
        assert [item.what.split(".")[0] for item in differences] == [name]
    finally:
        matcher.close()
