"""One comparison as a clause: what is quoted, which number decides the plural, how attributes read."""

import pytest

from rules.conditions import Compare, Operator
from rules.vocabulary import VOCABULARY, Kind, Value, attribute
from rules.wording.catalogue import load_catalogue
from rules.wording.comparison_phrases import clause, quoted

ENGLISH, FRENCH = load_catalogue("en"), load_catalogue("fr")


def compare(path: str, operator: Operator, *operands: Value, kind: Kind = Kind.ANY) -> Compare:
    return Compare(fact=VOCABULARY.get(path) or attribute(path, kind), operator=operator, operands=operands)


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("web", "web"),
        ("Île-de-France", "Île-de-France"),
        ("or", '"or"'),
        ("ou", '"ou"'),
        ("a b", '"a b"'),
        ("-a", '"-a"'),
        ("", '""'),
    ],
)
def test_a_word_is_quoted_where_it_could_be_taken_for_a_word_of_the_sentence(word, expected):
    assert (quoted(word, ENGLISH), quoted(word, FRENCH)) == (expected, expected)


def test_the_last_of_several_numbers_decides_between_singular_and_plural():
    assert clause(compare("order.units", Operator.EQUALS, 2, 1), ENGLISH) == "the order has 2 or 1 unit"
    assert clause(compare("order.units", Operator.BETWEEN, 1, 2), ENGLISH) == "the order has between 1 and 2 units"
    assert clause(compare("order.units", Operator.EQUALS, 0), FRENCH) == "la commande compte 0 unité"


def test_a_denied_comparison_says_that_it_does_not_hold():
    weighs = compare("order.weight", Operator.AT_MOST, 2_000)
    assert clause(weighs, ENGLISH, negated=True) == "the order does not weigh at most 2 kg"
    assert clause(weighs, FRENCH, negated=True) == "la commande ne pèse pas au plus 2 kg"


@pytest.mark.parametrize(("operand", "negated"), [(True, True), (False, False)])
def test_known_denied_is_not_known(operand, negated):
    promise = compare("order.promise_by", Operator.KNOWN, operand)
    assert clause(promise, ENGLISH, negated=negated) == "the order's promise is not known"


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (Kind.ANY, "the place's attribute size is known"),
        (Kind.NUMBER, "the place's attribute size is known as a number"),
        (Kind.TAGS, "the place's attribute size is known as tags"),
    ],
)
def test_an_attribute_is_known_as_what_the_rule_takes_it_for(kind, expected):
    assert clause(compare("node.attributes.size", Operator.KNOWN, True, kind=kind), ENGLISH) == expected  # noqa: FBT003  # the operand


def test_an_attribute_has_tags_and_is_anything_else():
    tags = compare("product.attributes.x", Operator.HAS, "new", kind=Kind.TAGS)
    word = compare("product.attributes.x", Operator.EQUALS, "5", kind=Kind.WORD)
    number = compare("product.attributes.x", Operator.EQUALS, 5_000_000, kind=Kind.NUMBER)
    assert clause(tags, ENGLISH) == "the article's attribute x has the tag new"
    assert clause(word, ENGLISH) == 'the article\'s attribute x is "5"'
    assert clause(number, ENGLISH) == "the article's attribute x is 5"


def test_braces_in_the_name_of_an_attribute_are_no_placeholder():
    odd = compare("node.attributes.{value}", Operator.EQUALS, 1_000_000, kind=Kind.NUMBER)
    assert clause(odd, ENGLISH) == 'the place\'s attribute "{value}" is 1'
