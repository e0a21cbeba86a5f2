"""Extra attributes have no declared kind in a policy file: the parser takes it from the comparison."""

import pytest

from rules.conditions import Operator, comparisons
from rules.vocabulary import Kind
from tests.support import invalid_policies
from tests.support.invalid_policies import rule


@pytest.mark.parametrize(
    ("written", "operands"),
    [("true", (True,)), ('"true"', ("true",)), ("12.5", (12_500_000,)), ('"12"', ("12",)), ("[big, 7]", ("big", "7"))],
)
def test_an_attribute_has_the_kind_of_the_value_it_is_compared_with(written, operands):
    condition = rule(invalid_policies.when(f"node.attributes.x: {written}")).condition
    (compared,) = comparisons(condition)
    assert (compared.operator, compared.operands) == (Operator.EQUALS, operands)


@pytest.mark.parametrize(
    "words", ["{known: true}", "{known: true, at_least: 5}", "{not: {has: a}}", "{matches: 'a*'}", "{between: [1, 2]}"]
)
def test_an_attribute_takes_every_operator_that_implies_its_kind(words):
    assert list(comparisons(rule(invalid_policies.when(f"node.attributes.x: {words}")).condition))


@pytest.mark.parametrize(
    ("written", "kinds"),
    [
        ("node.attributes.home: {same_as: order.country}", [Kind.WORD, Kind.WORD]),
        ("order.delivery: {same_as: node.attributes.only}", [Kind.CHOICE, Kind.WORD]),
        ("node.attributes.home: {not_same_as: product.attributes.home}", [Kind.ANY, Kind.ANY]),
        ("node.attributes.only: {not: {same_as: order.delivery}}", [Kind.WORD, Kind.CHOICE]),
        ("route.late: {same_as: node.attributes.slow}", [Kind.FLAG, Kind.FLAG]),
    ],
)
def test_an_attribute_beside_another_fact_has_the_kind_of_that_fact(written, kinds):
    (compared,) = comparisons(rule(invalid_policies.when(written)).condition)
    assert [fact.kind for fact in compared.facts] == kinds
