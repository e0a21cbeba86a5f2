"""Policy test files: defaults, what overrides what, and mistakes reported with their places."""

import pytest

from api.files.inventory_folder import load_inventory
from api.files.policy_tests.reader import read_policies_and_tests, read_policy_tests
from engine.decide.order_record import timestamp
from engine.decide.policy_tests.runner import PolicyTest, Rejection, run_policy_tests
from engine.errors import InputInvalid, Mistake
from rules.errors import PolicyInvalid
from tests.conftest import SMALL
from tests.support.facts import policies, policy_file
from tests.support.policy_test_files import FILE, differences, findings, one_test

LATE_MAY = 1_780_308_000
"""1 June 2026, 10:00 UTC."""


def read(text: str, *rules: str, **more) -> list[PolicyTest]:
    return read_policy_tests({FILE: text.encode()}, policies(*rules), **more)


def read_one(text: str, *rules: str, **more) -> PolicyTest:
    (test,) = read(text, *rules, **more)
    return test


def small(file: str, directory: str):
    """Opens tests/data/small, whatever is named."""
    assert (file, directory) == (FILE, "../small")
    return load_inventory(SMALL)


def test_what_a_test_leaves_out_has_defaults():
    test = read_one(one_test("order: {lines: {A: 2}}\nstock: {A: {store: 3}}\n"))
    order, network = test.order, test.snapshot.network
    assert (order.id, order.channel, order.delivery, order.country) == ("T-1", "web", "standard", "FR")
    assert network.local(test.now).isoformat() == "2026-06-02T10:00:00+02:00"
    assert network.local(test.now).weekday() == 1
    assert (order.placed_at, order.promise_by, order.tags) == (test.now, None, frozenset())
    assert [(line.id, line.sku, line.quantity, line.unit_price) for line in order.lines] == [("1", "A", 2, None)]
    product = test.snapshot.products["A"]
    assert (product.category, product.lifecycle, product.weight) == ("other", "core", 1_000)
    assert {name: node.type for name, node in network.nodes.items()} == {
        name: name for name in ("warehouse", "distributor", "supplier", "store")
    }
    assert [service.mode for service in network.services.values()] == ["truck", "rail", "van", "air", "bike", "pickup"]
    assert (test.file, test.line, test.name) == (FILE, 2, "a case")


def test_amounts_are_those_of_the_policy_language():
    test = read_one(
        one_test("""
            now: 2026-06-01 12:00
            order:
              promise_by: 36 h
              placed_at: 2026-06-01 11:30
              lines: {A: {quantity: 2, unit_price: 19.90 EUR}}
            products:
              A: {weight: 2.5 kg, tags: [fragile], attributes: {hazmat: true, size: 12.5, label: "7", of: [x]}}
            nodes: {near: {type: store, away: 42.5 km, handling: 1.25, preparation: 90 min, load: 7, services: [van]}}
            services: {van: {mode: van, base: 3.00, takes: 5 h, grams_per_tonne_km: 1.5, max_weight: 20 kg, drop: 1 g}}
            stock: {A: {near: {on_hand: 9, held: 2, daily_sales: 0.5}}}
        """)
    )
    assert test.now == LATE_MAY
    order, snapshot = test.order, test.snapshot
    assert (order.placed_at, order.promise_by) == (LATE_MAY - 1_800, LATE_MAY + 36 * 3_600)
    assert order.lines[0].unit_price == 19_900_000
    product, near, van = snapshot.products["A"], snapshot.network.nodes["near"], snapshot.network.services["van"]
    assert (product.weight, product.tags) == (2_500, {"fragile"})
    assert product.attributes == {"hazmat": True, "size": 12_500_000, "label": "7", "of": frozenset({"x"})}
    assert (near.type, near.handling, near.preparation, near.services) == ("store", 1_250_000, 90, ("van",))
    assert (van.base, van.emission, van.max_weight, van.drop) == (3_000_000, 1_500, 20_000, 1_000)
    assert snapshot.loads == {"near": 7}
    position = snapshot.positions["A"]["near"]
    assert (position.on_hand, position.held, position.pace) == (9, 2, 500)


def test_a_node_that_rejected_an_order_rests_as_the_policies_say_from_then_on():
    text = (
        "nodes: {{store: {{rejected: {{reason: other, ago: {}}}}}}}\n"
        "order: {{lines: {{A: 1}}}}\n"
        "stock: {{A: {{store: 1}}}}\n"
    )
    rule = "when: {rejection.reason: other}, then: {rest_after_rejection: 1 h}"
    rests = "expect: {unfilled: {A: {units: 1, reason: resting, by: test/r1}}, fired: [test/r1]}\n"
    works = "expect: {shipments: [{node: store}], not_fired: [test/r1], not_excluded: [{node: store}]}\n"
    assert differences(text.format("59 min") + rests, rule) == []
    assert differences(text.format("1 h") + works, rule) == []
    assert read_one(one_test(text.format("90 min"))).rejected == {"store": Rejection(reason="other", ago=90)}


def test_a_node_is_as_far_away_as_written_at_any_distance():
    for kilometres in (0, 1, 80, 299, 300, 1_234, 15_000):
        text = f"nodes: {{n: {{away: {kilometres} km}}}}\norder: {{lines: {{A: 1}}}}\nstock: {{A: {{n: 1}}}}\n"
        expect = f"expect: {{shipments: [{{node: n, distance: {kilometres} km}}]}}\n"
        assert differences(text + expect) == []


def test_a_test_overrides_what_its_file_says_and_keeps_everything_else():
    text = """
        products: {A: {category: toys, weight: 3 kg, attributes: {x: true, y: false}}}
        nodes: {shop: {type: store, tags: [small], load: 3}}
        services: {parcel: {base: 6.00}}
        stock: {usual: {A: {shop: 1}}}
        orders: {usual: {channel: app, lines: {A: 1}}}
        tests:
          - test: as it is
          - test: changed
            products: {A: {weight: 4 kg, attributes: {y: true}}}
            nodes: {shop: {tags: [closing]}}
            services: {parcel: {takes: 24 h}}
            order: {like: usual, lines: {A: 5}}
            stock: {like: usual, B: {shop: 2}}
    """
    plain, changed = read(text)
    assert plain.snapshot.products["A"].attributes == {"x": True, "y": False}
    product, shop = changed.snapshot.products["A"], changed.snapshot.network.nodes["shop"]
    assert (product.category, product.weight, product.attributes) == ("toys", 4_000, {"x": True, "y": True})
    assert (shop.type, shop.tags, changed.snapshot.loads) == ("store", {"closing"}, {"shop": 3})
    assert changed.snapshot.network.services["parcel"].base == 6_000_000
    assert changed.snapshot.network.services["parcel"].transit[0][1] == 24 * 60
    assert (changed.order.channel, changed.order.units) == ("app", 5)
    assert changed.snapshot.positions["A"]["shop"].on_hand == 1
    assert plain.snapshot.network.nodes["shop"].tags == {"small"}


def test_a_test_may_use_other_keys_for_where_a_node_is_and_how_long_a_service_takes():
    text = """
        nodes: {a: {away: 5 km}, b: {latitude: 45.5, longitude: 4.5}}
        services: {slow: {takes: 9 h}, far: {transit: [{up_to: 9 km, takes: 1 h}]}}
        stock: {usual: {A: {a: 1}}}
        tests:
          - test: changed
            nodes: {a: {latitude: 45.5, longitude: 4.5}, b: {away: 0 km}}
            services: {slow: {transit: [{up_to: 7 km, takes: 2 h}], countries: [FR]}, far: {takes: 3 h}}
            order: {destination: {latitude: 48.8566, longitude: 2.3522}, lines: {A: 1}}
    """
    test = read_one(text)
    nodes, services = test.snapshot.network.nodes, test.snapshot.network.services
    assert (nodes["a"].place.latitude, nodes["b"].place) == (45_500_000, test.order.place)
    assert (services["slow"].transit, services["slow"].countries) == (((7_000, 120),), {"FR"})
    assert [minutes for _, minutes in services["far"].transit] == [180]


def test_fixtures_are_shared_by_name():
    text = """
        stock:
          little: {A: {store: 1}}
          much: {like: little, B: {store: 90}}
        orders:
          one: {lines: {A: 1}}
          two: {like: one, channel: app}
        tests:
          - {test: first, order: one, stock: little}
          - {test: second, order: two, stock: much}
          - {test: third, order: {like: two, lines: {B: 1}}, stock: much}
    """
    first, second, third = read(text)
    assert [item.order.channel for item in (first, second, third)] == ["web", "app", "app"]
    assert [item.order.skus for item in (first, second, third)] == [["A"], ["A"], ["B"]]
    assert third.snapshot.positions["B"]["store"].on_hand == 90


def test_a_file_starts_from_the_network_that_it_names():
    text = """
        network: ../small
        now: 2026-11-27 10:00
        nodes: {paris: {tags: [closing], attributes: {franchise: true}}}
        products: {LAMP: {attributes: {hazmat: false}}}
        stock: {usual: {SHIRT: {lille: 9}}}
        tests:
          - {test: a, order: {destination: {near: lille}, lines: {SHIRT: 1, COAT: 2, LAMP: 1}}}
    """
    test = read_one(text, open_network=small)
    snapshot, network = test.snapshot, test.snapshot.network
    assert test.now == 1_795_770_000  # on the clock of Paris
    assert set(network.nodes) == {"lyon", "paris", "lille"}
    assert (network.nodes["paris"].tags, network.nodes["paris"].attributes["franchise"]) == ({"closing"}, True)
    assert network.nodes["paris"].attributes["brands"] == {"acme", "zenith"}
    assert test.order.place == network.nodes["lille"].place
    assert {sku: {node: item.on_hand for node, item in nodes.items()} for sku, nodes in snapshot.positions.items()} == {
        "SHIRT": {"lille": 9},
        "COAT": {"paris": 5, "lille": 3},
        "LAMP": {"lyon": 6},
    }
    assert snapshot.positions["COAT"]["lille"].pace == 125
    assert snapshot.products["LAMP"].attributes == {"hazmat": False, "shelf_life": 12_500_000}


def test_an_order_with_collect_at_is_click_and_collect():
    test = read_one(one_test("order: {collect_at: store, lines: {A: 1}}\nstock: {A: {store: 1}}\n"))
    assert (test.order.delivery, test.order.collect_at, test.order.place) == ("click_and_collect", "store", None)


def test_a_line_may_be_collected_and_the_others_go_to_the_usual_destination():
    lines = "{A: 1, B: {quantity: 2, collect_at: store}}"
    order = read_one(one_test(f"order: {{lines: {lines}}}\nstock: {{A: {{store: 1}}, B: {{store: 2}}}}\n")).order
    assert [order.collected_at(line) for line in order.lines] == [None, "store"]
    assert order.place is not None


def test_an_attribute_is_of_the_kind_that_the_rules_compare():
    text = one_test("order: {lines: {A: 1}}\nproducts: {A: {attributes: {grade: 5}}}\n")
    word = read_one(text, "when: {product.attributes.grade: {matches: '5*'}}, then: {keep: 1}")
    assert word.snapshot.products["A"].attributes == {"grade": "5"}
    number = read_one(text, "when: {product.attributes.grade: {at_least: 5}}, then: {keep: 1}")
    assert number.snapshot.products["A"].attributes == {"grade": 5_000_000}


ORDER = "order: {lines: {A: 1}}\nstock: {A: {store: 1}}\n"


def test_mistakes_of_all_tests_and_files_are_reported_at_once():
    text = "tests:\n  - {test: a, order: {lines: {}}}\n  - {test: b, oder: x}\n"
    policy = b"policy: test\nrules: [{id: r, because: x, then: {tire: 1}}]\n"
    with pytest.raises(PolicyInvalid) as caught:
        read_policies_and_tests({"test.yaml": policy}, {"a_test.yaml": text.encode(), "b_test.yaml": b"tests: 3\n"})
    assert [(item.file, item.line, item.code) for item in caught.value.findings] == [
        ("a_test.yaml", 2, "wrong-type"),
        ("a_test.yaml", 3, "missing-key"),
        ("a_test.yaml", 3, "unknown-key"),
        ("b_test.yaml", 1, "wrong-type"),
        ("test.yaml", 2, "unknown-effect"),
    ]


def test_a_network_that_cannot_be_opened_is_reported_where_it_is_named():
    def nothing(file: str, directory: str):
        raise InputInvalid([Mistake(where=directory, field="", message=f"there is no such directory beside {file}")])

    with pytest.raises(PolicyInvalid) as caught:
        read_one("network: ../nowhere\ntests: [{test: a}]\n", open_network=nothing)
    assert str(caught.value) == f"{FILE}:1:1  bad-network  ../nowhere: there is no such directory beside {FILE}"


def test_a_network_allows_only_the_attributes_it_declares():
    text = "network: ../small\n" + one_test("order: {lines: {SHIRT: 1}}\nnodes: {lyon: {attributes: {francise: true}}}")
    with pytest.raises(PolicyInvalid, match=r"unknown-attribute .* \(did you mean 'node.attributes.franchise'\?\)"):
        read_one(text, open_network=small)


def test_of_an_upload_only_the_test_files_are_read():
    files = {**policy_file(), FILE: one_test(ORDER).encode()}
    assert [item.name for item in read_policy_tests(files)] == ["a case"]


def test_without_policies_rule_ids_are_not_checked():
    text = one_test(ORDER + "expect: {fired: [any/rule]}")
    assert read_policy_tests({FILE: text.encode()})[0].expected.fired == ("any/rule",)


def test_a_fixture_that_no_test_uses_is_checked_all_the_same():
    text = "stock: {spare: {A: {stor: 1}}}\norders: {spare: {lines: {A: x}}}\n" + one_test(ORDER)
    assert [item.split(" ")[1] for item in findings(text)] == ["unknown-node", "wrong-type"]


HOURS = "{monday: [09:00-12:00], tuesday: [09:00-12:00]}"
CALENDARS = {
    "": 48,
    "nodes: {store: {hours: " + HOURS + ", preparation: 3 h}}": 6 * 24 + 48,
    "nodes: {store: {hours: " + HOURS + ", closed: [2026-06-08], preparation: 3 h}}": 7 * 24 + 48,
    "nodes: {store: {cut_offs: {parcel: '09:30'}}}": 14 + 48,
    "nodes: {store: {cut_offs: {parcel: '09:30'}, time_zone: America/New_York}}": 48,
    "services: {parcel: {closed: [2026-06-02]}}": 14 + 48,
    "services: {parcel: {runs: [thursday]}}": 9 * 24 + 14,
    "services: {parcel: {daily_distance: 5 km}}": 48,
}


@pytest.mark.parametrize(("calendar", "hours"), CALENDARS.items())
def test_places_keep_hours_and_services_their_days_in_tests_too(calendar, hours):
    text = f"order: {{lines: {{A: 1}}}}\nstock: {{A: {{store: 1}}}}\n{calendar}\nexpect: {{totals: {{arrives: 1 min}}}}"
    assert [got for _, _, got in differences(text)] == [f"{hours} h"]


@pytest.mark.parametrize(
    ("zone", "now", "instant"),
    [
        ("", "2026-10-25 02:30", "2026-10-25T00:30:00Z"),
        ("", "2026-10-25 02:30 +01:00", "2026-10-25T01:30:00Z"),
        ("", "2026-10-25 02:30 +02:00", "2026-10-25T00:30:00Z"),
        ("time_zone: America/New_York", "2026-06-01 10:00", "2026-06-01T14:00:00Z"),
        ("time_zone: America/New_York", "2026-06-01 10:00 -05:30", "2026-06-01T15:30:00Z"),
    ],
)
def test_the_decision_is_at_an_instant_of_the_clock_that_the_file_names(zone, now, instant):
    stock = "stock: {usual: {A: {store: 1}}}"
    test = f"  - {{test: x, now: {now}, order: {{lines: {{A: 1}}}}, expect: {{unfilled: {{}}}}}}"
    (test,) = read(f"{zone}\n{stock}\ntests:\n{test}\n")
    assert timestamp(test.now) == instant


def test_a_window_can_be_tested_in_the_night_in_which_the_clocks_change():
    """It opens the first time that its beginning is shown, and closes the last time that its end is."""
    cases = {
        "2026-10-25 02:10": "{}",
        "2026-10-25 02:30": "{A: 1}",
        "2026-10-25 02:50": "{A: 1}",
        "2026-10-25 02:30 +01:00": "{A: 1}",
        "2026-10-25 02:50 +01:00": "{}",
    }
    tests = "".join(
        f"  - {{test: '{now}', now: {now}, order: {{lines: {{A: 1}}}}, expect: {{unfilled: {expected}}}}}\n"
        for now, expected in cases.items()
    )
    loaded = policies("hours: ['02:15', '02:45'], then: {exclude: true}")
    report = run_policy_tests(loaded, read(f"stock: {{usual: {{A: {{store: 3}}}}}}\ntests:\n{tests}"))
    assert [result.test.name for result in report.failed] == []
    assert len(report.results) == len(cases)


LOOKAHEAD_CASE = """
            order: {lines: {SHIRT: 1}}
            stock: {SHIRT: {store: {on_hand: 3, lookahead: 90.00 EUR}, warehouse: {on_hand: 3, lookahead: 0}}}
            expect: {shipments: [{node: warehouse}]}
"""


@pytest.mark.parametrize(("rule", "passes"), [("then: {lookahead: on}", True), ("then: {lookahead: 1%}", False)])
def test_a_test_says_what_a_unit_is_expected_to_be_worth_elsewhere(rule, passes):
    rules = ["when: {node.id: store}, then: {prefer: 20.00}", rule]
    report = run_policy_tests(policies(*rules), read(one_test(LOOKAHEAD_CASE), *rules))
    assert [result.passed for result in report.results] == [passes]
    (test,) = read(one_test(LOOKAHEAD_CASE), *rules)
    assert test.snapshot.lookahead.prices["SHIRT"]["store"].price == 90_000_000
    assert "warehouse" not in test.snapshot.lookahead.prices["SHIRT"]


def test_a_look_ahead_price_is_an_amount_that_rules_could_have_too():
    (finding,) = findings(one_test("order: {lines: {A: 1}}\nstock: {A: {store: {on_hand: 3, lookahead: 100001}}}\n"))
    assert "lookahead" in str(finding)
