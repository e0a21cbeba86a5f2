"""Cases about returned units: read, placed by the policies, and compared with what they expect."""

import pytest

from api.files.policy_tests.reader import read_policies_and_tests, read_policy_tests
from engine.decide.policy_tests.returns import ReturnTest
from engine.decide.policy_tests.runner import run_policy_tests
from tests.support.facts import EURO, policies, policy_file
from tests.support.policy_test_files import FILE, differences, findings, one_test

STOCK = """\
stock: {A: {store: {on_hand: 60, daily_sales: 1}, near: {on_hand: 0, daily_sales: 1}}, B: {near: 3}}
nodes: {near: {type: store}}
"""
RETURN = f"return: {{sku: A, node: store, grade: as_new}}\n{STOCK}"
RULES = (
    "when: {return.grade: worn}, then: {as_sku: B}",
    "when: {return.reason: damaged}, then: {disposition: destroy}, overrides: [test/r1]",
    "when: {node.id: near, order.channel: web, return.node: {known: true}}, then: {exclude: true}",
)


def read_one(text, *rules):
    (test,) = read_policy_tests({FILE: text.encode()}, policies(*rules))
    return test


def test_a_case_gives_a_unit_and_places_and_margins_have_defaults():
    test = read_one(one_test(RETURN + "products: {B: {unit_margin: 3.50}}"), *RULES)
    assert isinstance(test, ReturnTest)
    assert (test.unit.sku, test.unit.node, test.unit.grade, test.unit.reason, test.unit.order) == (
        "A",
        "store",
        "as_new",
        None,
        {},
    )
    assert {sku: item.margin for sku, item in test.snapshot.products.items()} == {"A": 10 * EURO, "B": 3_500_000}
    (lane,) = test.snapshot.network.transfer_lanes
    assert lane.per_unit == 2 * EURO
    assert lane.goal.nodes == {"warehouse", "distributor", "supplier", "store", "near"}


def test_an_order_beside_it_gives_its_facts():
    test = read_one(one_test(RETURN + "order: {channel: app, lines: {A: 2}}"))
    assert (test.unit.order["order.channel"], test.unit.order["order.units"]) == ("app", 2)


@pytest.mark.parametrize(
    ("case", "expect"),
    [
        ("grade: as_new", "disposition: restock, place: near, as_sku: A"),
        ("grade: opened", "disposition: none"),
        ("grade: worn", "disposition: restock, place: store, as_sku: B, fired: [test/r1], not_fired: [test/r2]"),
        (
            "grade: worn, reason: damaged",
            "disposition: destroy, place: store, fired: [test/r2], silenced: [test/r1], not_silenced: [test/r2]",
        ),
    ],
)
def test_what_is_so_may_be_expected(case, expect):
    text = f"return: {{sku: A, node: store, {case}}}\n{STOCK}expect: {{{expect}}}"
    assert differences(text, *RULES) == []


def test_the_facts_of_the_order_decide_where_it_goes():
    text = f"{RETURN}order: {{lines: {{A: 1}}}}\nexpect: {{place: store, fired: [test/r3]}}"
    assert differences(text, *RULES) == []


def test_what_differs_is_said():
    text = f"{RETURN}expect: {{disposition: donate, place: store, as_sku: B, fired: [test/r1], silenced: [test/r2]}}"
    assert differences(text, *RULES) == [
        ("disposition", "donate", "restock"),
        ("as_sku", "B", "A"),
        ("place", "store", "near"),
        ("fired", "test/r1", "test/r1 did not fire"),
        ("silenced", "test/r2", "test/r2 did not fire"),
    ]


def test_rules_are_covered_by_cases_of_their_own_kind():
    files = {
        FILE: one_test(f"{RETURN}expect: {{place: near}}").encode()
        + b"  - {test: worn, return: {sku: A, node: store, grade: worn}, stock: {A: {store: 3}, B: {store: 1}}}\n"
        + b"  - {test: an order, order: {lines: {A: 1}}, stock: {A: {store: 3}}}\n"
    }
    rules = [RULES[0], "then: {prefer: 1.00}", "when: {node.id: near, return.node: {known: true}}, then: {tier: 1}"]
    report = run_policy_tests(*read_policies_and_tests(policy_file(*rules), files), find_changing=True)
    assert [(item.rule, item.fired, item.quiet, item.changed) for item in report.coverage] == [
        ("test/r1", 1, 1, 1),
        ("test/r2", 1, 0, 0),
        ("test/r3", 1, 1, 0),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("return: {sku: A}\nstock: {A: {}}", ["3:5 missing-key 'node' is missing"]),
        ("return: store\nstock: {A: {}}", ["3:5 wrong-type write {sku: COAT, node: store, grade: as_new}"]),
        (
            "return: {sku: AA, node: stor, grade: as_newer, reason: wrong}\nstock: {A: {}}",
            [
                "3:14 unknown-sku unknown sku 'AA' (did you mean 'A'?)",
                "3:23 unknown-node unknown node 'stor' (did you mean 'store'?)",
                "3:35 bad-value unknown grade 'as_newer' (did you mean 'as_new'?)",
                "3:52 bad-value unknown reason 'wrong' (did you mean 'wrong_size'?)",
            ],
        ),
        (
            "return: {sku: A, node: store, days_since_delivery: soon}\nstock: {A: {}}",
            ["3:35 wrong-type days_since_delivery: 'soon' is no amount; write for example 12"],
        ),
        (
            "return: {sku: A, node: store}\nstock: {A: {}}\nexpect: {place: stor}",
            ["5:14 unknown-node unknown node 'stor' (did you mean 'store'?)"],
        ),
        (
            "return: {sku: A, node: store}\nstock: {A: {}}\nexpect: {disposition: sell}",
            [
                (
                    "5:14 wrong-type disposition: 'sell' is none of restock, refurbish, liquidate, donate, destroy, "
                    "return_to_supplier, return_to_customer, keep, none"
                )
            ],
        ),
        (
            "return: {sku: A, node: store}\nstock: {A: {}}\nexpect: {status: filled}",
            ["5:14 unknown-key 'status' is not expected of a returned unit"],
        ),
        (
            "order: {lines: {A: 1}}\nstock: {A: {}}\nexpect: {place: store}",
            ["5:14 unknown-key 'place' is not expected of an order"],
        ),
    ],
)
def test_mistakes_are_reported_with_their_places(text, expected):
    assert findings(one_test(text)) == expected
