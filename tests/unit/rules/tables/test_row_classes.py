"""Which rows may apply together is exact for rows that compare each fact by itself."""

import pytest

from rules.loader import load_policies
from rules.tables.row_classes import members, rows_beside


def beside(*conditions: str) -> list[list[int]]:
    """For each row of one condition, the rows that may apply together with it."""
    rules = "".join(
        f"  - {{id: r{n}, because: x, when: {{{its}}}, then: {{keep: 1}}}}\n" for n, its in enumerate(conditions)
    )
    (policy,) = load_policies({"p.yaml": f"policy: p\nrules:\n{rules}".encode()}).policies
    return [list(members(rows)) for rows in rows_beside(policy.rules)]


@pytest.mark.parametrize(
    ("one", "other", "together"),
    [
        ("node.type: store", "node.type: warehouse", False),
        ("node.type: store", "node.type: [warehouse, store]", True),
        ("node.type: store", "node.type: {not: store}", False),
        ("node.type: warehouse", "node.type: {not: store}", True),
        ("product.sku: a", "product.sku: {not: [a, b]}", False),
        ("product.sku: c", "product.sku: {not: [a, b]}", True),
        ("product.sku: a", "product.sku: {matches: b*}", True),
        ("product.sku: a", "product.sku: {known: false}", False),
        ("stock.on_hand: {at_most: 4}", "stock.on_hand: {more_than: 4}", False),
        ("stock.on_hand: {at_most: 4}", "stock.on_hand: {at_least: 4}", True),
        ("stock.on_hand: {between: [2, 4]}", "stock.on_hand: [1, 5]", False),
        ("stock.on_hand: {between: [2, 4]}", "stock.on_hand: [1, 3]", True),
        ("stock.on_hand: {less_than: 3}", "stock.on_hand: {not: {less_than: 3}}", False),
        ("product.attributes.x: true", "product.attributes.x: false", False),
        ("product.tags: {has: a}", "product.tags: {has: b}", True),
        ("node.country: {same_as: order.country}", "node.country: FR", True),
        ("node.type: store, stock.on_hand: 1", "node.type: store, stock.on_hand: 2", False),
        ("node.type: store", "stock.on_hand: 2", True),
    ],
)
def test_two_rows_may_apply_together_exactly_if_some_facts_meet_both(one, other, together):
    assert beside(one, other) == ([[0, 1], [0, 1]] if together else [[0], [1]])


def test_rows_of_many_ranges_are_told_apart_as_well():
    conditions = [f"stock.on_hand: {{between: [{10 * n}, {10 * n + 9}]}}" for n in range(100)]
    assert beside(*conditions, "stock.on_hand: {at_least: 955}")[:96] == [
        *([n] for n in range(95)),
        [95, 100],
    ]


def test_a_row_that_asks_what_no_fact_can_be_applies_with_none():
    assert beside("stock.on_hand: {at_least: 0}", "stock.on_hand: {less_than: 0}") == [[0], []]
