"""What learning takes over from a table when it learns some SKUs anew, beside the others."""

from engine.lookahead.learning import prices_beside
from tests.support.expected_orders import basket, expected
from tests.support.facts import product
from tests.support.lookahead import table


def test_prices_of_other_skus_are_taken_over_for_their_smallest_units_and_places_that_there_are():
    orders = expected([basket("north", "X", "Y", "Z")], dict.fromkeys("XYZ", (1, 1)), unit={"north": (1, 5)})
    before = table({("X", "A"): 7_000, ("Y", "A"): 9, ("Y", "gone"): 9, ("Z", "A"): 5, ("not ordered", "A"): 3})
    products = {"X": product("X", decimals=3), "Y": product("Y"), "Z": product("Z")}
    beside = prices_beside(before, orders, products, learnt_anew={"Z"})
    assert {sku: {node: item.price for node, item in nodes.items()} for sku, nodes in beside.items()} == {
        "X": {0: 7},
        "Y": {0: 9},
    }
