"""What each condition means, operator by operator."""

import time

import pytest

from rules.conditions import (
    ALWAYS,
    PAIRED,
    All,
    AnyOf,
    Compare,
    Not,
    Operator,
    Term,
    comparisons,
    glob,
    holds,
    mentioned_facts,
    size_and_depth,
)
from rules.vocabulary import VOCABULARY, Kind, attribute
from tests.support.conditions import compare

SIZE = "node.attributes.size"
CASES = [
    # operator, fact, operands, (value, whether it holds) ...
    (Operator.EQUALS, "order.channel", ("web",), [("web", True), ("app", False), ("Web", False), (None, False)]),
    (Operator.EQUALS, "order.channel", ("web", "app"), [("web", True), ("app", True), ("store", False), (None, False)]),
    (Operator.EQUALS, "route.late", (False,), [(False, True), (True, False), (None, False)]),
    (Operator.EQUALS, "order.units", (0,), [(0, True), (1, False), (None, False)]),
    (Operator.AT_LEAST, "order.units", (5,), [(4, False), (5, True), (6, True), (None, False)]),
    (Operator.MORE_THAN, "order.units", (5,), [(5, False), (6, True), (None, False)]),
    (Operator.AT_MOST, "order.units", (5,), [(5, True), (6, False), (None, False)]),
    (Operator.LESS_THAN, "order.units", (5,), [(4, True), (5, False), (None, False)]),
    (Operator.BETWEEN, "order.units", (2, 5), [(1, False), (2, True), (5, True), (6, False), (None, False)]),
    (Operator.HAS, "order.tags", ("gift",), [({"gift", "x"}, True), ({"x"}, False), (set(), False), (None, False)]),
    (Operator.HAS_ANY, "order.tags", ("a", "b"), [({"a"}, True), ({"b", "c"}, True), ({"c"}, False), (None, False)]),
    (Operator.HAS_ALL, "order.tags", ("a", "b"), [({"a"}, False), ({"a", "b", "c"}, True), (None, False)]),
    (Operator.MATCHES, "node.id", ("st-*", "wh-?"), [("st-", True), ("wh-1", True), ("wh-10", False), (None, False)]),
    (Operator.KNOWN, "order.segment", (True,), [("pro", True), ("", True), (None, False)]),
    (Operator.KNOWN, "order.segment", (False,), [("pro", False), (None, True)]),
]
EXACT = [
    (operator, path, operands, frozenset(value) if isinstance(value, set) else value, expected)
    for operator, path, operands, values in CASES
    for value, expected in values
]


@pytest.mark.parametrize(("operator", "path", "operands", "value", "expected"), EXACT)
def test_a_comparison_means_what_its_name_says_and_not_is_its_negation(operator, path, operands, value, expected):
    comparison = compare(path, operator, *operands)
    assert holds(comparison, {path: value}) is expected
    assert holds(Not(part=comparison), {path: value}) is not expected


def test_every_operator_has_its_cases():
    assert {operator for operator, *_ in CASES} == set(Operator) - PAIRED - {Operator.WITHIN}, (
        "of which windows have tests"
    )


@pytest.mark.parametrize(
    ("country", "other", "same", "not_same"),
    [("FR", "FR", True, False), ("FR", "BE", False, True), ("FR", None, False, False), (None, None, False, False)],
)
def test_two_facts_are_the_same_or_not_only_if_both_are_known(country, other, same, not_same):
    facts = {"order.country": country, "node.country": other}
    for operator, expected in ((Operator.SAME_AS, same), (Operator.NOT_SAME_AS, not_same)):
        comparison = Compare(
            fact=VOCABULARY["node.country"], operator=operator, operands=(), other=VOCABULARY["order.country"]
        )
        assert holds(comparison, facts) is expected
        assert holds(Not(part=comparison), facts) is not expected
        assert mentioned_facts(comparison, {}).keys() == facts.keys()


def test_a_flag_is_no_number_to_a_comparison_of_two_attributes():
    one, other = (attribute(f"{group}.attributes.x", Kind.ANY) for group in ("node", "product"))
    same = Compare(fact=one, operator=Operator.SAME_AS, operands=(), other=other)
    assert holds(same, {one.path: True, other.path: True})
    assert not holds(same, {one.path: True, other.path: 1})


def test_a_missing_fact_is_as_unknown_as_none():
    late = compare("route.late", Operator.EQUALS, *[True])
    assert not holds(late, {})
    assert holds(Not(part=late), {})
    assert holds(compare("route.late", Operator.KNOWN, *[False]), {})


WEB, GIFT = compare("order.channel", Operator.EQUALS, "web"), compare("order.tags", Operator.HAS, "gift")


@pytest.mark.parametrize("web", [True, False])
@pytest.mark.parametrize("gift", [True, False])
def test_all_any_and_none_are_and_or_and_nor(web, gift):
    facts = {"order.channel": "web" if web else "app", "order.tags": frozenset({"gift"} if gift else ())}
    assert holds(All(parts=(WEB, GIFT)), facts) is (web and gift)
    assert holds(AnyOf(parts=(WEB, GIFT)), facts) is (web or gift)
    assert holds(Not(part=AnyOf(parts=(WEB, GIFT))), facts) is not (web or gift)


def test_all_of_nothing_holds_and_any_of_nothing_does_not():
    assert holds(ALWAYS, {})
    assert not holds(AnyOf(parts=()), {})


def test_a_term_means_its_condition():
    assert holds(Term(name="online", condition=WEB), {"order.channel": "web"})
    assert not holds(Term(name="online", condition=WEB), {})


@pytest.mark.parametrize(
    ("kind", "operator", "operand", "fitting", "others"),
    [
        (Kind.FLAG, Operator.EQUALS, True, True, [1, 1_000_000, "true", frozenset({"true"})]),
        (Kind.NUMBER, Operator.EQUALS, 1, 1, [True, "1", frozenset()]),
        (Kind.NUMBER, Operator.AT_LEAST, 0, 7, [True, "7", frozenset({"7"})]),
        (Kind.WORD, Operator.MATCHES, "*", "big", [True, 7, frozenset({"big"})]),
        (Kind.TAGS, Operator.HAS, "big", frozenset({"big"}), [True, 7, "big"]),
    ],
)
def test_an_attribute_of_another_type_than_the_rule_expects_is_unknown(kind, operator, operand, fitting, others):
    comparison = Compare(fact=attribute(SIZE, kind), operator=operator, operands=(operand,))
    assert holds(comparison, {SIZE: fitting})
    for value in others:
        assert not holds(comparison, {SIZE: value})
        assert holds(Not(part=comparison), {SIZE: value})


@pytest.mark.parametrize("value", [True, False, 0, "", frozenset()])
def test_known_holds_for_an_attribute_of_any_type(value):
    is_known = Compare(fact=attribute(SIZE, Kind.ANY), operator=Operator.KNOWN, operands=(True,))
    assert holds(is_known, {SIZE: value})


@pytest.mark.parametrize(
    ("pattern", "fits", "differs"),
    [
        ("75*", ["75", "75001"], ["7", "075", "A75"]),
        ("*75", ["75", "0075"], ["750"]),
        ("7*5", ["75", "7005"], ["7", "705x"]),
        ("75?01", ["75001", "75x01"], ["7501", "750001"]),
        ("*a*b*a*", ["aba", "xaxbxax", "abbaa"], ["ab", "aab"]),
        ("**", ["", "x"], []),
        ("*?", ["x", "xyz"], [""]),
        ("a.c", ["a.c"], ["abc"]),
        ("[a-z]+(x|y)$^", ["[a-z]+(x|y)$^"], ["ax"]),
        ("\\?", ["\\x"], ["?", "x"]),
        ("*\n*", ["a\nb"], ["ab"]),
        ("é*", ["été"], ["e"]),
        ("*ab", ["aab", "abab"], ["aba"]),
        ("a*a", ["aa", "aba"], ["a"]),
    ],
)
def test_only_star_and_question_mark_are_special_in_a_glob(pattern, fits, differs):
    assert [text for text in fits if not glob(pattern).fullmatch(text)] == []
    assert [text for text in differs if glob(pattern).fullmatch(text)] == []


@pytest.mark.parametrize(
    "pattern", ["*a" * 50 + "*b", "*" * 1_000 + "b", "*a?" * 30 + "b", "?*" * 100 + "b", "*aaaa" * 20 + "b"]
)
def test_no_glob_is_slow(pattern):
    started = time.process_time()
    assert not glob(pattern).fullmatch("a" * 5_000)
    assert time.process_time() - started < 1


def test_comparisons_come_from_left_to_right_terms_included():
    units = compare("order.units", Operator.EQUALS, 1)
    tree = All(parts=(WEB, Not(part=AnyOf(parts=(GIFT, Term(name="t", condition=units)))), WEB))
    assert list(comparisons(tree)) == [WEB, GIFT, units, WEB]


def test_the_size_of_a_condition_counts_its_terms_as_often_as_they_are_used():
    term = Term(name="t", condition=WEB)
    assert size_and_depth(All(parts=(WEB, Not(part=term), term)), {"t": (10, 4)}) == (21, 6)
    assert size_and_depth(ALWAYS, {}) == (0, 1)
