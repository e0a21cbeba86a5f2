"""Every mistake in a test file is reported with its place, and with what was probably meant."""

import pytest

from tests.support.policy_test_files import findings, one_test

ORDER = "order: {lines: {A: 1}}\nstock: {A: {store: 1}}\n"
MAPPING = """\
5:13 wrong-type a mapping is expected here, of name, type, latitude, longitude, country, region, tags, attributes, \
group, handling, handling_per_unit, preparation, services, time_zone, hours, closed, cut_offs, \
daily_orders, hourly_orders, daily_units, daily_weight, milestones, away, load, load_this_hour, rejected"""
UNKNOWN = """\
5:33 unknown-attribute the rules mention no 'product.attributes.hazmatt' \
(did you mean 'product.attributes.hazmat'?)"""
HAZMAT = "when: {product.attributes.hazmat: true}, then: {keep: 1}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- tests\n", ["1:1 wrong-type a test file is a mapping with its tests under 'tests'"]),
        ("now: 2026-06-02\n", ["1:1 missing-key 'tests' is missing"]),
        ("tests: []\n", ["1:1 wrong-type tests: nothing stands here; write at least one, or leave the key out"]),
        (
            "test: x\ntests: [{test: a, order: {lines: {A: 1}}, stock: {A: {}}}]\n",
            ["1:1 unknown-key unknown key 'test' (did you mean 'tests'?)"],
        ),
        ("tests: [{order: {lines: {A: 1}}, stock: {A: {}}}]\n", ["1:9 missing-key 'test' is missing"]),
        ("tests: [{test: a}]\n", ["1:9 missing-key 'order' is missing, and no order goes by the name 'usual'"]),
        (one_test(ORDER + "expects: {}"), ["5:5 unknown-key unknown key 'expects' (did you mean 'expect'?)"]),
        (
            one_test("order: {lines: {B: 1}}\nstock: {A: {}}"),
            ["3:21 unknown-sku unknown SKU 'B'; give it under products or stock"],
        ),
        (
            one_test(
                "order: {lines: {A: 900000}}\nstock: {A: {}}\nproducts: {A: {weight: 99 t}}\n"
                "services: {parcel: {per_kg: 900000.00}}"
            ),
            [
                "3:21 out-of-range 900000 units of 'A' could cost or emit more than can be counted; order fewer",
            ],
        ),
        (
            one_test("order: {lines: {SHIRTS: 1}}\nstock: {SHIRT: {}}"),
            ["3:21 unknown-sku unknown SKU 'SHIRTS'; give it under products or stock (did you mean 'SHIRT'?)"],
        ),
        (
            one_test("order: {lines: [{sku: B, quantity: 1}]}\nstock: {A: {}}"),
            ["3:21 unknown-sku unknown SKU 'B'; give it under products or stock"],
        ),
        (
            one_test("order: {lines: {A: 0}}\nstock: {A: {}}"),
            ["3:21 wrong-type quantity: '0' is no quantity; write a whole number from 1"],
        ),
        (
            one_test("order: {lines: {A: {quantity: 1, price: 3}}}\nstock: {A: {}}"),
            ["3:38 unknown-key unknown key 'price' (did you mean 'unit_price'?)"],
        ),
        (
            one_test("order: {chanel: web, lines: {A: 1}}\nstock: {A: {}}"),
            ["3:13 unknown-key unknown key 'chanel' (did you mean 'channel'?)"],
        ),
        (
            one_test("order: {lines: {A: 1}, promise_by: soon}\nstock: {A: {}}"),
            ["3:28 wrong-type promise_by: 'soon' is no amount; write for example 48 h"],
        ),
        (
            one_test("order: {lines: {A: 1}, delivery: fast}\nstock: {A: {}}"),
            ["3:28 wrong-type delivery: Must be one of: standard, express, click_and_collect."],
        ),
        (
            one_test("order: {lines: {A: 1}, collect_at: stor}\nstock: {A: {}}"),
            ["3:28 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (
            one_test("order: {lines: {A: 1}, destination: {near: stor}}\nstock: {A: {}}"),
            ["3:42 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (
            one_test("order: {lines: {A: 1}, destination: {latitude: 95, longitude: 1}}\nstock: {A: {}}"),
            ["3:42 wrong-type latitude: 95 is not between -90 and 90 degrees"],
        ),
        (one_test("order: usuel\nstock: {A: {}}"), ["3:5 unknown-order nothing goes by the name 'usuel' under orders"]),
        (
            "orders: {usual: {lines: {A: 1}}}\n" + one_test("order: usuel\nstock: {A: {}}"),
            ["4:5 unknown-order nothing goes by the name 'usuel' under orders (did you mean 'usual'?)"],
        ),
        (
            "orders: {a: {like: b}, b: {like: a}}\n" + one_test("order: a"),
            ["1:28 cyclic-like 'a' is like itself: a -> b -> a"],
        ),
        (one_test("order: [A]\nstock: {A: {}}"), ["3:5 wrong-type write a name from orders, or a mapping"]),
        (one_test("order: {like: [a], lines: {A: 1}}\nstock: {A: {}}"), ["3:13 wrong-type write a name from orders"]),
        (
            one_test("order: {lines: {A: 1}, promise_by: 400 d}\nstock: {A: {}}"),
            ["3:28 wrong-type promise_by: '400 d' is more than a year"],
        ),
        (
            one_test("order: {lines: {A: 1}, destination: {near: store, latitude: 1}}\nstock: {A: {}}"),
            ["3:42 wrong-type write near, or latitude and longitude; not both"],
        ),
        (
            one_test(ORDER + "nodes: {store: [closing]}"),
            [MAPPING],
        ),
        (
            one_test(ORDER + "products: {A: {attributes: {size: {cm: 5}}}}"),
            ["5:33 bad-value product.attributes.size: a single value is expected"],
        ),
        (
            one_test(ORDER + "expect: {unfilled: {A: {reason: {no: stock}}}}"),
            ["5:29 wrong-type a word or a list of words is expected here"],
        ),
        (one_test(ORDER + "now: tomorrow"), ["5:5 bad-value now: 'tomorrow' is no date; write for example 2026-11-01"]),
        (
            one_test(ORDER + "now: 1812-06-24"),
            ["5:5 bad-value now: '1812-06-24' does not lie between the years 1970 and 9998"],
        ),
        (
            one_test("order: {lines: {A: 1}}\nstock: {A: {stor: 1}}"),
            ["4:17 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (one_test("order: {lines: {A: 1}}\nstock: {A: {store: -1}}"), ["4:17 wrong-type on_hand: '-1' is below 0"]),
        (
            one_test("order: {lines: {A: 1}}\nstock: {A: 5}"),
            ["4:13 wrong-type write A: {store: 3}, or A: {} if nobody has any"],
        ),
        (one_test("order: {lines: {A: 1}}\nstock: {A: {store: {held: 1}}}"), ["4:17 missing-key 'on_hand' is missing"]),
        (
            one_test(ORDER + "nodes: {shop: {typ: store}}"),
            ["5:20 unknown-key unknown key 'typ' (did you mean 'type'?)"],
        ),
        (
            one_test(ORDER + "nodes: {shop: {services: [bikes]}}"),
            ["5:20 unknown-service unknown service 'bikes' (did you mean 'bike'?)"],
        ),
        (
            one_test(ORDER + "nodes: {shop: {away: 5 km, latitude: 1, longitude: 2}}"),
            ["5:20 wrong-type away: write away, or latitude and longitude; not both"],
        ),
        (
            one_test(ORDER + "nodes: {shop: {latitude: 1}}"),
            ["5:20 wrong-type latitude: write both latitude and longitude"],
        ),
        (
            one_test(ORDER + "services: {slow: {mode: boat}}"),
            ["5:23 wrong-type mode: Must be one of: van, truck, rail, bike, air, pickup."],
        ),
        (
            one_test(ORDER + "services: {slow: {takes: 24}}"),
            ["5:23 wrong-type takes: '24': a unit is missing; use m, min, h, d, for example 48 h"],
        ),
        (
            one_test(ORDER + "services: {slow: {takes: 24 h, transit: [{up_to: 1 km, takes: 1 h}]}}"),
            ["5:23 wrong-type takes: write takes or transit; not both"],
        ),
        (one_test(ORDER + "services: {slow: {transit: [{up_to: 1 km}]}}"), ["5:33 missing-key 'takes' is missing"]),
        (
            one_test(ORDER + "products: {A: {weight: 200}}"),
            ["5:20 wrong-type weight: '200': a unit is missing; use g, kg, t, for example 2.5 kg"],
        ),
        (
            one_test(ORDER + "products: {A: {attributes: {hazmat: yes}}}"),
            ["5:33 bad-value product.attributes.hazmat: 'yes' is not true or false"],
        ),
        (
            one_test(ORDER + "products: {A: {attributes: {hazmatt: true}}}"),
            [UNKNOWN],
        ),
        (
            one_test(ORDER + "expect: {fired: [test/r11]}"),
            ["5:22 unknown-rule unknown rule 'test/r11' (did you mean 'test/r1'?)"],
        ),
        (
            one_test(ORDER + "expect: {fired: []}"),
            ["5:14 wrong-type fired: nothing stands here; write at least one, or leave the key out"],
        ),
        (
            one_test(ORDER + "expect: {status: half}"),
            ["5:14 wrong-type status: Must be one of: filled, partial, unfilled, scheduled."],
        ),
        (
            one_test(ORDER + "expect: {shipments: [{nod: store}]}"),
            ["5:27 unknown-key unknown key 'nod' (did you mean 'node'?)"],
        ),
        (
            one_test(ORDER + "expect: {shipments: [{node: stor}]}"),
            ["5:27 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (
            one_test(ORDER + "expect: {shipments: [{service: parcels}]}"),
            ["5:27 unknown-service unknown service 'parcels' (did you mean 'parcel'?)"],
        ),
        (one_test(ORDER + "expect: {shipments: [{lines: {B: 1}}]}"), ["5:35 unknown-sku the order has no SKU 'B'"]),
        (
            one_test(ORDER + "expect: {shipments: [{cost: 4 EURO}]}"),
            ["5:27 wrong-unit cost: '4 EURO': 'EURO' is no currency code; write for example 4.00 EUR"],
        ),
        (
            one_test(ORDER + "expect: {shipments: [{units: {atleast: 1}}]}"),
            ["5:35 unknown-operator unknown operator 'atleast' (did you mean 'at_least'?)"],
        ),
        (
            one_test(ORDER + "expect: {unfilled: {A: {units: 1, reason: nostock}}}"),
            ["5:39 unknown-reason unknown reason 'nostock' (did you mean 'no_stock'?)"],
        ),
        (
            one_test(ORDER + "expect: {unfilled: {A: {units: 1, why: no_stock}}}"),
            ["5:39 unknown-key unknown key 'why'"],
        ),
        (
            one_test(ORDER + "expect: {excluded: [{}]}"),
            ["5:25 wrong-type nothing stands here; write at least one, or leave the key out"],
        ),
        (
            one_test(ORDER + "expect: {excluded: [{by: test/r9, sku: B}]}"),
            [
                "5:26 unknown-rule unknown rule 'test/r9' (did you mean 'test/r1'?)",
                "5:39 unknown-sku the order has no SKU 'B'",
            ],
        ),
        (
            one_test(ORDER + "nodes: {store: {rejected: {reason: no_capcity, ago: 5}}}"),
            [
                (
                    "5:32 wrong-type reason: 'no_capcity' is no reason to reject; "
                    "use not_in_stock, no_capacity, damaged, other"
                ),
                "5:52 wrong-type ago: '5': a unit is missing; use m, min, h, d, for example 48 h",
            ],
        ),
        (one_test(ORDER + "nodes: {store: {rejected: {ago: 1 h}}}"), ["5:21 missing-key 'reason' is missing"]),
        (
            one_test(ORDER + "expect: {totals: {costs: 1}}"),
            ["5:23 unknown-key unknown key 'costs' (did you mean 'cost'?)"],
        ),
        (
            one_test(ORDER + "expect: {hold: until_shipped + 24}"),
            ["5:14 wrong-unit hold until_shipped: '24': a unit is missing; use m, min, h, d, for example 48 h"],
        ),
        (
            one_test(ORDER + "expect: {hold: 24}"),
            ["5:14 wrong-unit hold: '24': a unit is missing; use m, min, h, d, for example 48 h"],
        ),
        (
            one_test(ORDER + "expect: {kept: {A: {stor: 1}}}"),
            ["5:25 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (
            one_test("order: {lines: {A: {quantity: 1, collect_at: stor}}}\nstock: {A: {store: 1}}\n"),
            ["3:38 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (
            one_test("order: {lines: {A: 1}, deliver_on: 2026-06-01}\nstock: {A: {store: 1}}\n"),
            ["3:28 out-of-range 2026-06-01 is over; it is 2026-06-02 in Europe/Paris"],
        ),
        (
            "tests:" + 2 * "\n  - {test: a, order: {lines: {A: 1}}, stock: {A: {}}}",
            ["3:6 duplicate-test 'a' stands here a second time"],
        ),
        (
            one_test(ORDER) + "tests: []\n",
            ["5:1 duplicate-key 'tests' stands here a second time; the first is on line 1"],
        ),
        (
            "network: ../small\n" + one_test(ORDER),
            ["1:1 no-network no directory can be opened here; write nodes, products and stock into this file"],
        ),
    ],
)
def test_a_mistake_is_reported_with_its_place_and_what_to_do(text, expected):
    assert sorted(findings(text, HAZMAT)) == sorted(expected)
