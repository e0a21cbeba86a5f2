"""Conditions and effects written back as authors write them."""

import pytest

from rules.effects import STAGE_OF
from rules.wording.source_text import condition_text, effect_text
from tests.support.wording_examples import rule


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        ("order.channel: [web, 'a b', 'yes']", 'order.channel: [web, "a b", "yes"]'),
        ("order.value: {at_least: 50}", "order.value: {at_least: 50.00}"),
        ("product.weight: {more_than: 2500 g}", "product.weight: {more_than: 2.5 kg}"),
        ("route.distance: {between: [0.5 km, 1 km]}", "route.distance: {between: [500 m, 1 km]}"),
        ("route.co2: {at_most: 1.25 kg}", "route.co2: {at_most: 1250 g}"),
        ("route.arrives: {not: {less_than: 2 d}}", "none: [{route.arrives: {less_than: 48 h}}]"),
        ("route.arrives: {less_than: 2 d}", "route.arrives: {less_than: 48 h}"),
        ("route.arrives: 90 min", "route.arrives: 90 min"),
        ("now.date: 2026-11-01", "now.date: 2026-11-01"),
        ("now.time: '08:00'", 'now.time: "08:00"'),
        ("order.placed_at: {less_than: 2026-11-27 18:00}", 'order.placed_at: {less_than: "2026-11-27 18:00"}'),
        ("node.attributes.size: {at_least: 2.50}", "node.attributes.size: {at_least: 2.5}"),
        ("order.promise_by: {known: false}", "order.promise_by: {known: false}"),
        (
            "none: [{node.type: store}, {service.mode: air}]",
            "none: [{node.type: store}, {service.mode: air}]",
        ),
        (
            "is: heavy",
            "any: [{product.weight: {at_least: 15 kg}}, {order.weight: {more_than: 40 kg}}]",
        ),
    ],
)
def test_a_condition_is_written_on_one_line(when, expected):
    assert condition_text(rule(when).condition) == expected


EFFECTS = [
    ("exclude: true", "exclude: true"),
    ("exclude: unless_needed", "exclude: unless_needed"),
    ("prefer: 4", "prefer: 4.00"),
    ("avoid: 2.505", "avoid: 2.505"),
    ("tier: 1", "tier: 1"),
    ("keep: 3", "keep: 3"),
    ("oversell: 10", "oversell: 10"),
    ("keep: 2.50%", "keep: 2.5%"),
    ("allocate: {channel: web, units: 5, per: day}", "allocate: {channel: web, units: 5, per: day}"),
    ("allocate: {per: week, share: 20%, channel: app}", "allocate: {channel: app, share: 20%, per: week}"),
    (
        "allocate: {channel: web, share: 20%, min: 2, max: 8, per: day}",
        "allocate: {channel: web, share: 20%, min: 2, max: 8, per: day}",
    ),
    ("allocate: {channel: web, share: 0%, max: 0, per: day}", "allocate: {channel: web, share: 0%, max: 0, per: day}"),
    ("cap: {units: 10, channel: a b}", 'cap: {channel: "a b", units: 10}'),
    ("protect: {channel: web, units: 5}", "protect: {channel: web, units: 5}"),
    ("protect: {channel: 'a b', share: 20%}", 'protect: {channel: "a b", share: 20%}'),
    ("multiple_of: 6", "multiple_of: 6"),
    ("min_shelf_life: 10 d", "min_shelf_life: 10 days"),
    ("min_shelf_life: 1", "min_shelf_life: 1 day"),
    ("promise_from: in_transit", "promise_from: in_transit"),
    ("slack: 2 days", "slack: 48 h"),
    ("haircut: 10%", "haircut: 10%"),
    ("backorder: true", "backorder: true"),
    ("preorder_from: 2026-12-12", "preorder_from: 2026-12-12"),
    ("keep_together: true", "keep_together: true"),
    ("max_shipments: 2", "max_shipments: 2"),
    ("fewest_shipments: true", "fewest_shipments: true"),
    ("max_shipments: {at_most: 1, unless_needed: true}", "max_shipments: {at_most: 1, unless_needed: true}"),
    ("split_penalty: 3", "split_penalty: 3.00"),
    ("ship_complete: true", "ship_complete: true"),
    ("carbon_price: 0.25", "carbon_price: 0.25"),
    ("lookahead: on", "lookahead: on"),
    ("lookahead: 100%", "lookahead: on"),
    ("lookahead: 80.00%", "lookahead: 80%"),
    ("hold: 3 d", "hold: 72 h"),
    ("hold: until_shipped", "hold: until_shipped"),
    ("hold: until_shipped+240m", "hold: until_shipped + 4 h"),
    ("priority: 80", "priority: 80"),
    ("approve: true", "approve: true"),
    ("daily_orders: 40", "daily_orders: 40"),
    ("hourly_orders: 6", "hourly_orders: 6"),
    ("daily_units: 200", "daily_units: 200"),
    ("daily_weight: 800 kg", "daily_weight: 800 kg"),
    ("disposition: return_to_supplier", "disposition: return_to_supplier"),
    ("as_sku: 'C 1-OUTLET'", 'as_sku: "C 1-OUTLET"'),
    ("rest_after_rejection: 90 min", "rest_after_rejection: 90 min"),
    ("reroute_if_late: true", "reroute_if_late: true"),
    ("keep: {cover: 2 d}", "keep: {cover: 2 days}"),
    ("protect: {cover: 1, channel: web}", "protect: {channel: web, cover: 1 day}"),
    (
        "allocate: {channel: web, cover: 3 days, max: 8, per: week}",
        "allocate: {channel: web, cover: 3 days, max: 8, per: week}",
    ),
    ("alert_below: 10", "alert_below: 10"),
    ("alert_below: {cover: 5}", "alert_below: {cover: 5 days}"),
    ("min: 4", "min: 4"),
    ("max: 40", "max: 40"),
    ("target_cover: 14d", "target_cover: 14 days"),
    ("uplift: 150%", "uplift: 150%"),
    ("uplift: 87.50%", "uplift: 87.5%"),
    ("transfer: false", "transfer: false"),
]


@pytest.mark.parametrize(("then", "expected"), EFFECTS)
def test_an_effect_is_written_on_one_line(then, expected):
    (effect,) = rule(then=then).effects
    assert effect_text(effect) == expected


def test_every_effect_is_among_the_examples():
    assert {then.partition(":")[0] for then, _ in EFFECTS} == set(STAGE_OF)
