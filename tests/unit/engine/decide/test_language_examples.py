"""Every example on the page of the language does what it stands there for: judged by the matcher, on facts."""

import re
from pathlib import Path

import pytest

from engine.decide.matching.matcher import Matcher
from rules.conditions import UNWRITTEN, Operator, comparisons, holds
from rules.effects import (
    STAGE_OF,
    Disposition,
    Exclusion,
    LevelOutcome,
    LineOutcome,
    NodeOutcome,
    OptionOutcome,
    OrderOutcome,
    PositionOutcome,
    PromiseFrom,
    PromiseOutcome,
    RejectionOutcome,
    ReturnOutcome,
)
from rules.loader import load_policies
from rules.policy import PolicySet
from rules.reserves import Allotment, Cap, Protection, Reserve
from rules.syntax import literals
from rules.syntax.condition_parser import COMBINATORS
from rules.syntax.policy_shapes import RuleShape
from rules.syntax.yaml_document import read
from rules.vocabulary import VOCABULARY, Kind, Stage
from rules.windows import ClockReading
from rules.wording.catalogue import ENGLISH, load_catalogue
from rules.wording.explain import explain
from tests.support.yaml12 import squiggles

PAGE = (Path(__file__).parents[4] / "docs" / "policy-language.md").read_text(encoding="utf-8")
CLEARANCE = """
policy: clearance
terms:
  end-of-line: {product.lifecycle: end_of_line}
rules:
  - id: push-from-overstocked-shops
    because: End-of-line stock in shops that have too much of it goes first
    when: {node.type: store, is: end-of-line, stock.days_of_cover: {more_than: 90}}
    then: {prefer: 4.00}
"""
"""The rule that the page explains, as it ships. A copy, because readers may change the numbers in policies/."""
TERMS = "terms: {heavy: {product.weight: {at_least: 15 kg}}, far: {route.distance: {more_than: 300 km}}}\n"


def section(title: str) -> str:
    return PAGE.split(f"\n## {title}\n")[1].split("\n## ")[0]


def cells(title: str, place: int) -> list[str]:
    """The examples in the column `place` of the section's tables."""
    rows = [line.strip("| ").split(" | ") for line in section(title).splitlines() if line.startswith("| `")]
    return [row[place].strip("`") for row in rows if len(row) > place and re.fullmatch(r"`[^`]+: ?[^`]+`", row[place])]


def yaml_of(title: str) -> str:
    return "".join(re.findall(r"^```yaml\n(.*?)^```", section(title), re.MULTILINE | re.DOTALL))


def policies(text: str) -> PolicySet:
    return load_policies({"p.yaml": text.encode()})


def rule_with(*, when: str = "", then: str = "prefer: 1", window: str = "") -> PolicySet:
    condition = f"    when:\n      {when}\n" if when else ""
    lines = f"{condition}    then:\n      {then}\n" + (f"    {window}\n" if window else "")
    return policies(f"policy: p\n{TERMS}rules:\n  - id: r\n    because: why\n{lines}")


NOON = {"now.date": literals.date("2026-11-27"), "now.weekday": "friday", "now.time": 720}
MEANT = {
    "order.channel: web": ({"order.channel": "web"}, {"order.channel": "app"}),
    "order.channel: [web, app]": ({"order.channel": "app"}, {"order.channel": "store"}),
    "order.channel: {not: marketplace}": ({"order.channel": "web"}, {"order.channel": "marketplace"}),
    "order.value: {at_least: 50.00 EUR}": ({"order.value": 50_000_000}, {"order.value": 49_990_000}),
    "product.weight: {more_than: 15 kg}": ({"product.weight": 15_001}, {"product.weight": 15_000}),
    "stock.available: {at_most: 3}": ({"stock.available": 3}, {"stock.available": 4}),
    "route.arrives: {less_than: 48 h}": ({"route.arrives": 2_879}, {"route.arrives": 2_880}),
    'now.time: {between: ["08:00", "18:00"]}': ({"now.time": 1_080}, {"now.time": 1_081}),
    'node.time: {less_than: "16:00"}': ({"node.time": 959}, {"node.time": 960}),
    "order.tags: {has: gift}": ({"order.tags": frozenset({"gift", "vip"})}, {"order.tags": frozenset({"vip"})}),
    "node.tags: {has_any: [outlet, closing]}": (
        {"node.tags": frozenset({"closing"})},
        {"node.tags": frozenset({"small"})},
    ),
    "product.tags: {has_all: [fragile, gift]}": (
        {"product.tags": frozenset({"fragile", "gift"})},
        {"product.tags": frozenset({"gift"})},
    ),
    "order.promise_by: {known: false}": ({}, {"order.promise_by": 1}),
    'order.postcode: {matches: "75*"}': ({"order.postcode": "75011"}, {"order.postcode": "69003"}),
    "order.outward_code: [KW15, KW16, KW17]": ({"order.outward_code": "KW17"}, {"order.outward_code": "KW1"}),
    "order.units: {at_least: 2, at_most: 5}": ({"order.units": 5}, {"order.units": 6}),
    "all: [{node.type: store}, {node.region: Bretagne}]": (
        {"node.type": "store", "node.region": "Bretagne"},
        {"node.type": "store"},
    ),
    "any: [{node.type: store}, {stock.on_hand: 0}]": ({"stock.on_hand": 0}, {"stock.on_hand": 1}),
    "none: [{node.type: store}, {service.mode: air}]": ({"service.mode": "van"}, {"service.mode": "air"}),
    "is: heavy": ({"product.weight": 15_000}, {"product.weight": 14_999}),
    "node.country: {same_as: order.country}": (
        {"node.country": "FR", "order.country": "FR"},
        {"node.country": "FR", "order.country": "BE"},
    ),
    "node.country: {not_same_as: order.country}": (
        {"node.country": "FR", "order.country": "BE"},
        {"node.country": "FR"},
    ),
    "order.delivery: [express, click_and_collect]": ({"order.delivery": "express"}, {"order.delivery": "standard"}),
    'order.placed_at: {at_least: "2026-11-27 18:00"}': (
        {"order.placed_at": literals.instant("2026-11-27 18:00")},
        {"order.placed_at": literals.instant("2026-11-27 17:59")},
    ),
    "order.lines: {more_than: 1}": ({"order.lines": 2}, {"order.lines": 1}),
    "order.value: {between: [50.00, 200.00 EUR]}": ({"order.value": 200_000_000}, {"order.value": 200_010_000}),
    "line.quantity: {at_least: 10}": ({"line.quantity": 10}, {"line.quantity": 9}),
    "product.lifecycle: {not: end_of_line}": ({}, {"product.lifecycle": "end_of_line"}),
    "product.weight: {at_most: 250 g}": ({"product.weight": 250}, {"product.weight": 251}),
    "node.type: [store, distributor]": ({"node.type": "distributor"}, {"node.type": "warehouse"}),
    "node.load: {at_least: 40}": ({"node.load": 40}, {"node.load": 39}),
    "stock.available: {less_than: 3}": ({"stock.available": 2}, {"stock.available": 3}),
    "stock.days_of_cover: {more_than: 90}": ({"stock.days_of_cover": 91}, {"stock.days_of_cover": 90}),
    "service.mode: [bike, pickup]": ({"service.mode": "bike"}, {"service.mode": "air"}),
    "service.carrier: colissimo": ({"service.carrier": "colissimo"}, {"service.carrier": "dhl"}),
    "service.on_time_rate: {less_than: 90%}": ({"service.on_time_rate": 8_999}, {"service.on_time_rate": 9_000}),
    "stock.incoming: {at_least: 20}": ({"stock.incoming": 20}, {"stock.incoming": 19}),
    "stock.next_arrival: {at_most: 3 d}": ({"stock.next_arrival": 4_320}, {"stock.next_arrival": 4_321}),
    "stock.rank: 1": ({"stock.rank": 1}, {"stock.rank": 2}),
    "route.rank_cost: {at_most: 3}": ({"route.rank_cost": 3}, {"route.rank_cost": 4}),
    "route.co2: {at_most: 0.5 kg}": ({"route.co2": 500_000}, {"route.co2": 500_001}),
    "shipment.weight: {more_than: 20 kg}": ({"shipment.weight": 20_001}, {"shipment.weight": 20_000}),
    "rejection.reason: [no_capacity, other]": ({"rejection.reason": "other"}, {"rejection.reason": "damaged"}),
    "promise.cause: not_picked": ({"promise.cause": "not_picked"}, {"promise.cause": "not_packed"}),
    "promise.late: true": ({"promise.late": True}, {"promise.late": False}),
    "return.grade: [as_new, opened]": ({"return.grade": "opened"}, {"return.grade": "worn"}),
    "return.days_since_delivery: {more_than: 30}": (
        {"return.days_since_delivery": 31},
        {"return.days_since_delivery": 30},
    ),
    "need.shortfall: {at_least: 1}": ({"need.shortfall": 1}, {"need.shortfall": 0}),
    "need.chance_of_sale: {less_than: 20%}": ({"need.chance_of_sale": 1_999}, {"need.chance_of_sale": 2_000}),
    "stock.in_transit: 0": ({"stock.in_transit": 0}, {"stock.in_transit": 1}),
    "now.date: {at_least: 2026-12-24}": (
        {"now.date": literals.date("2026-12-24")},
        {"now.date": literals.date("2026-12-23")},
    ),
    "product.attributes.hazmat: true": (
        {"product.attributes.hazmat": True},
        {"product.attributes.hazmat": False},
    ),
    "node.attributes.floor_area: {at_least: 250}": (
        {"node.attributes.floor_area": 250_000_000},
        {"node.attributes.floor_area": 249_000_000},
    ),
    "product.attributes.shelf: [A1, A2]": ({"product.attributes.shelf": "A2"}, {"product.attributes.shelf": "A3"}),
    "node.attributes.sells: {has: gift-wrap}": (
        {"node.attributes.sells": frozenset({"gift-wrap"})},
        {"node.attributes.sells": frozenset()},
    ),
}


def effect_for(example: str) -> str:
    """An effect that sees the facts of the example."""
    if example.startswith("shipment."):
        return "avoid: 1"
    if example.startswith(("return.", "need.", "stock.in_transit")):
        return "disposition: restock"
    if example.startswith("promise."):
        return "reroute_if_late: true"
    return "rest_after_rejection: 2h" if example.startswith("rejection.") else "prefer: 1"


CONDITIONS = [*cells("Conditions", 0), *cells("Facts", 2), *cells("Facts", 0)]


@pytest.mark.parametrize("example", CONDITIONS)
def test_a_condition_holds_where_it_says_and_nowhere_else(example):
    met, unmet = MEANT[example]
    policy_set = rule_with(when=example, then=effect_for(example))
    (effect,) = policy_set.rules["p/r"].effects
    stage = effect.stage
    matcher = Matcher(policy_set)
    for facts, expected in ((met, ("p/r",)), (unmet, ())):
        assert matcher.judge(stage, facts).fired == expected
        assert holds(policy_set.rules["p/r"].condition, facts) is bool(expected)


def test_every_example_has_its_case_and_every_case_its_example():
    assert set(CONDITIONS) == set(MEANT)


def test_every_kind_of_fact_is_compared_in_an_example():
    shown = [rule_with(when=example, then=effect_for(example)) for example in CONDITIONS]
    shown += [rule_with(window=example) for example in cells("Windows", 0)] + [policies(yaml_of("Terms"))]
    conditions = (rule.condition for policy_set in shown for rule in policy_set.rules.values())
    compared = {item.fact.kind for condition in conditions for item in comparisons(condition)}
    assert compared >= {fact.kind for fact in VOCABULARY.values()} | {Kind.NUMBER}


WINDOWS = {
    "from: 2026-11-20": ("2026-11-20 00:00", "2026-11-19 23:59"),
    "from: 2026-11-27 08:00": ("2026-11-27 08:00", "2026-11-27 07:59"),
    "until: 2026-12-24": ("2026-12-24 23:59", "2026-12-25 00:00"),
    "until: 2026-12-24 18:00": ("2026-12-24 17:59", "2026-12-24 18:00"),
    "weekdays: [saturday, sunday]": ("2026-11-28 12:00", "2026-11-27 12:00"),
    'hours: ["08:00", "18:00"]': ("2026-11-27 08:00", "2026-11-27 18:00"),
    'hours: ["22:00", "06:00"]': ("2026-11-27 23:00", "2026-11-27 06:00"),
}


def now(text: str) -> dict[str, object]:
    reading = ClockReading(literals.instant(text) // 60, literals.instant(text) // 60)
    return {"now.clock": reading, "node.clock": reading}


@pytest.mark.parametrize("example", cells("Windows", 0))
def test_a_window_opens_and_closes_when_it_says(example):
    matcher = Matcher(rule_with(window=example))
    inside, outside = WINDOWS[example]
    assert matcher.judge(Stage.OPTION, now(inside)).fired == ("p/r",)
    assert matcher.judge(Stage.OPTION, now(outside)).fired == ()


EFFECTS = {
    "exclude: true": OptionOutcome(exclude=Exclusion.YES),
    "exclude: unless_needed": OptionOutcome(exclude=Exclusion.UNLESS_NEEDED),
    "prefer: 4.00": OptionOutcome(adjustment=-4_000_000),
    "avoid: 2.50": OptionOutcome(adjustment=2_500_000),
    "tier: 1": OptionOutcome(tier=1),
    "keep: 3": PositionOutcome(keep=Reserve(units=3)),
    "keep: 10%": PositionOutcome(keep=Reserve(share=1_000)),
    "oversell: 10": PositionOutcome(oversell=10),
    "protect: {channel: web, units: 5}": PositionOutcome(
        protect=(Protection(channel="web", reserve=Reserve(units=5)),)
    ),
    "protect: {channel: web, share: 20%}": PositionOutcome(
        protect=(Protection(channel="web", reserve=Reserve(share=2_000)),)
    ),
    "allocate: {channel: web, units: 5, per: day}": PositionOutcome(
        allocate=(Allotment(channel="web", units=5, per="day"),)
    ),
    "allocate: {channel: web, share: 20%, min: 2, max: 20, per: week}": PositionOutcome(
        allocate=(Allotment(channel="web", share=2_000, least=2, most=20, per="week"),)
    ),
    "cap: {channel: marketplace, units: 10}": PositionOutcome(cap=(Cap(channel="marketplace", units=10),)),
    "multiple_of: 6": PositionOutcome(multiple_of=6),
    "min_shelf_life: 10 days": PositionOutcome(min_shelf_life=10),
    "promise_from: confirmed": PositionOutcome(promise_from=PromiseFrom.CONFIRMED),
    "slack: 2 days": PositionOutcome(slack=2 * 1_440),
    "haircut: 10%": PositionOutcome(haircut=1_000),
    "backorder: true": LineOutcome(backorder=True),
    "preorder_from: 2026-12-12": LineOutcome(preorder_from=literals.date("2026-12-12")),
    "keep_together: true": LineOutcome(keep_together=True),
    "max_shipments: 2": OrderOutcome(max_shipments=2),
    "max_shipments: {at_most: 1, unless_needed: true}": OrderOutcome(shipments_unless_needed=1),
    "fewest_shipments: true": OrderOutcome(fewest_shipments=True),
    "split_penalty: 3.00": OrderOutcome(split_penalty=3_000_000),
    "ship_complete: true": OrderOutcome(ship_complete=True),
    "carbon_price: 0.25": OrderOutcome(carbon_price=250_000),
    "carbon_price: 120 EUR/t": OrderOutcome(carbon_price=120_000),
    "lookahead: on": OrderOutcome(lookahead=10_000),
    "lookahead: 80%": OrderOutcome(lookahead=8_000),
    "hold: 30m": OrderOutcome(hold=30),
    "hold: until_shipped": OrderOutcome(hold_after_shipping=0),
    "hold: until_shipped + 4 h": OrderOutcome(hold_after_shipping=240),
    "priority: 80": OrderOutcome(priority=80),
    "approve: true": OrderOutcome(approve=True),
    "daily_units: 200": NodeOutcome(daily_units=200),
    "daily_weight: 800 kg": NodeOutcome(daily_weight=800_000),
    "daily_orders: 40": NodeOutcome(daily_orders=40),
    "hourly_orders: 6": NodeOutcome(hourly_orders=6),
    "disposition: restock": ReturnOutcome(disposition=Disposition.RESTOCK),
    "as_sku: CHAIR-1-OUTLET": ReturnOutcome(as_sku="CHAIR-1-OUTLET"),
    "rest_after_rejection: 2h": RejectionOutcome(node_rest=120),
    "reroute_if_late: true": PromiseOutcome(reroute_if_late=True),
    "keep: {cover: 2 days}": PositionOutcome(keep=Reserve(cover=2)),
    "protect: {channel: web, cover: 3 days}": PositionOutcome(
        protect=(Protection(channel="web", reserve=Reserve(cover=3)),)
    ),
    "allocate: {channel: web, cover: 3 days, max: 20, per: week}": PositionOutcome(
        allocate=(Allotment(channel="web", cover=3, most=20, per="week"),)
    ),
    "alert_below: 10": LevelOutcome(alert=Reserve(units=10)),
    "alert_below: {cover: 5 days}": LevelOutcome(alert=Reserve(cover=5)),
    "min: 4": LevelOutcome(minimum=4),
    "max: 40": LevelOutcome(maximum=40),
    "target_cover: 14 days": LevelOutcome(target_cover=14),
    "uplift: 150%": LevelOutcome(uplift=15_000),
    "transfer: false": LevelOutcome(transfer=False),
}


@pytest.mark.parametrize("example", cells("Effects", 0))
def test_an_effect_has_its_outcome_at_its_stage_and_at_no_other(example):
    matcher = Matcher(rule_with(then=example))
    stage = STAGE_OF[example.partition(":")[0]]
    judged = {other: matcher.judge(other, NOON) for other in Stage}
    assert judged[stage].outcome == EFFECTS[example]
    assert [other for other in Stage if judged[other].fired] == [stage]


def test_the_language_page_leaves_no_operator_effect_fact_or_key_out():
    shown = " ".join(CONDITIONS)
    operators = [operator.value for operator in Operator if operator not in UNWRITTEN]
    assert [word for word in (*operators, "not", *COMBINATORS) if f"{word}: " not in shown] == []
    assert {example.partition(":")[0] for example in cells("Effects", 0)} == set(STAGE_OF)
    assert set(re.findall(r"`([a-z]+\.[a-z0-9_]+)`", section("Facts"))) == set(VOCABULARY)
    keys = {field.data_key or name for name, field in RuleShape().fields.items()}
    assert [key for key in sorted(keys) if f"\n    {key}:" not in PAGE and f"- {key}:" not in PAGE] == [
        "hours",
        "weekdays",
    ]  # which have their rows under Windows


def test_the_terms_of_the_language_page_stand_for_their_conditions():
    matcher = Matcher(policies(yaml_of("Terms")))
    heavy, far = {"product.weight": 15_000, "line.quantity": 1}, {"route.distance": 301_000}
    assert matcher.judge(Stage.OPTION, heavy | far).fired == ("bulky/bulky-from-near",)
    assert matcher.judge(Stage.OPTION, heavy).fired == matcher.judge(Stage.OPTION, far).fired == ()
    assert matcher.judge(Stage.LINE, heavy).fired == ("bulky/heavy-in-one-piece",)
    assert matcher.judge(Stage.LINE, {"product.weight": 1, "line.quantity": 10}).fired


def test_the_rule_that_is_off_on_the_language_page_does_nothing_until_the_line_is_taken_away():
    text = yaml_of("A rule that is switched off")
    fired = [
        Matcher(policies(its)).judge(Stage.OPTION, {"node.type": "store"} | now("2026-11-27 09:00")).fired
        for its in (text, text.replace("    disabled: true\n", ""))
    ]
    assert fired == [(), ("peak/keep-shops-free",)]


def test_the_override_of_the_language_page_silences_where_it_fires_and_nowhere_else():
    matcher = Matcher(policies(yaml_of("Overrides")))
    shop, outlet = ({"node.type": "store", "node.tags": frozenset(tags)} for tags in ((), ("outlet",)))
    assert matcher.judge(Stage.POSITION, shop).outcome == PositionOutcome(keep=Reserve(units=3))
    judged = matcher.judge(Stage.POSITION, outlet)
    assert (judged.fired, judged.silenced) == (("shelf/none-stay-in-outlets",), ("shelf/three-stay",))
    assert judged.outcome == PositionOutcome()


@pytest.mark.parametrize("title", ["A file", "Terms", "Overrides"])
def test_an_editor_underlines_nothing_in_the_files_of_the_language_page(title):
    assert squiggles(read("p.yaml", yaml_of(title).encode()).root) == []


def test_what_the_language_page_shows_explained_is_the_explanation():
    name = "clearance/push-from-overstocked-shops"
    as_documented = load_policies({"clearance.yaml": CLEARANCE.encode()})
    shown = re.search(rf"^{name}\n((?:    .*\n)+)", section("Explained in words"), re.MULTILINE)
    assert shown
    assert " ".join(shown[1].split()) == explain(as_documented.rules[name], load_catalogue(ENGLISH))
