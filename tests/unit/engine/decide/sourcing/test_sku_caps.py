"""What nodes may ship of a SKU together under caps of which one is on some of another's nodes."""

from engine.decide.sourcing.problem import SkuCap
from engine.decide.sourcing.sku_caps import most_within

SUPPLY = {"a": 5, "b": 2, "c": 3}


def cap(nodes: str, most: int) -> SkuCap:
    return SkuCap(sku="A", nodes=frozenset(nodes), most=most)


def test_nodes_without_a_cap_ship_all_that_they_have():
    assert most_within([], SUPPLY) == 10
    assert most_within([cap("a", 1)], SUPPLY) == 1 + 2 + 3


def test_what_the_lower_cap_leaves_counts_towards_the_higher():
    assert most_within([cap("ab", 4), cap("a", 1)], SUPPLY) == 3 + 3
    assert most_within([cap("ab", 2), cap("a", 1)], SUPPLY) == 2 + 3
    assert most_within([cap("abc", 4), cap("ab", 9)], SUPPLY) == 4
