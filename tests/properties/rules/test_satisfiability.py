"""The answers of the satisfiability check are true, for random conditions and pairs of conditions."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import HealthCheck, example, given
from hypothesis import strategies as st

from rules.conditions import All, AnyOf, Compare, Not, Operator, glob, holds
from rules.lint import glob_automaton
from rules.lint.satisfiability import Search, implies, literal_form, satisfiable, witness
from rules.vocabulary import VOCABULARY, Kind, Stage, attribute
from tests.properties.decide import networks
from tests.properties.rules import condition_trees
from tests.support.conditions import compare
from tests.support.examples import examples

pytestmark = pytest.mark.slow

MANY = examples(100, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
OPTION = Stage.OPTION
SINGLE = condition_trees.conditions(OPTION, pairs=False)
"""Conditions that are decided exactly: none compares a fact with another."""


@MANY
@given(condition=SINGLE, facts=st.lists(networks.facts(OPTION), min_size=1, max_size=5))
def test_a_condition_holds_for_its_witness_or_for_no_facts(condition, facts):
    domains = Search().solve([literal_form(condition)])
    if domains is None:
        assert not any(holds(condition, example) for example in facts)
    else:
        example = witness(domains)
        assert holds(condition, example)
        assert networks.possible(example) == example


@MANY
@given(condition=SINGLE, facts=networks.facts(OPTION))
def test_a_negated_condition_holds_for_its_witness_or_for_no_facts(condition, facts):
    domains = Search().solve([literal_form(condition, true=False)])
    if domains is None:
        assert holds(condition, facts)
    else:
        assert not holds(condition, witness(domains))


@MANY
@given(
    one=SINGLE,
    other=SINGLE,
    widened=st.booleans(),
    facts=st.lists(networks.facts(OPTION), min_size=1, max_size=5),
)
def test_a_condition_that_implies_another_never_holds_without_it(one, other, widened, facts):
    if widened:
        other = AnyOf(parts=(other, one))
        assert implies(one, other)
    if implies(one, other):
        assert all(holds(other, example) for example in facts if holds(one, example))
    else:
        domains = Search().solve([literal_form(one), literal_form(other, true=False)])
        assert holds(one, witness(domains))
        assert not holds(other, witness(domains))


@MANY
@given(condition=SINGLE)
def test_a_condition_and_its_negation_never_hold_together(condition):
    assert satisfiable(literal_form(All(parts=(condition, Not(part=condition))))) is False
    assert satisfiable(literal_form(AnyOf(parts=(condition, Not(part=condition))))) is True


@MANY
@given(
    one=condition_trees.conditions(OPTION),
    other=condition_trees.conditions(OPTION),
    facts=st.lists(networks.facts(OPTION), min_size=1, max_size=5),
)
def test_of_comparisons_of_two_facts_nothing_is_claimed_that_is_not_so(one, other, facts):
    if satisfiable(literal_form(one)) is False:
        assert not any(holds(one, example) for example in facts)
    if implies(one, other):
        assert all(holds(other, example) for example in facts if holds(one, example))


def paired(operator, fact="order.country", other="node.country"):
    return Compare(fact=VOCABULARY[fact], operator=operator, operands=(), other=VOCABULARY[other])


def test_two_facts_are_not_the_same_and_different_whichever_stands_first():
    both = All(parts=(paired(Operator.SAME_AS), paired(Operator.NOT_SAME_AS, "node.country", "order.country")))
    assert satisfiable(literal_form(both)) is False
    neither = AnyOf(parts=(paired(Operator.SAME_AS), paired(Operator.NOT_SAME_AS)))
    assert satisfiable(literal_form(neither, true=False)) is True  # one of the two is not known


def test_facts_that_must_be_the_same_are_so_in_the_witness():
    condition = All(parts=(compare("order.country", Operator.EQUALS, "FR"), paired(Operator.SAME_AS)))
    domains = Search().solve([literal_form(condition)])
    assert witness(domains) == {"order.country": "FR", "node.country": "FR"}
    alone = witness(Search().solve([literal_form(paired(Operator.SAME_AS))]))
    assert holds(paired(Operator.SAME_AS), alone)


FEW_FACTS = [
    *(fact for fact in VOCABULARY.values() if fact.path in ("order.units", "order.postcode", "order.tags", "now.time")),
    *(fact for fact in VOCABULARY.values() if fact.path in ("node.type", "route.late", "stock.available")),
    attribute("node.attributes.x", Kind.NUMBER),
    attribute("node.attributes.x", Kind.WORD),
]


def values_near(paths: Iterable[str]):
    """For each path, a value of every class that the conditions distinguish."""
    texts = sorted({*condition_trees.WORDS, *condition_trees.OTHER_WORDS})
    numbers = sorted(
        {
            near
            for number in condition_trees.NUMBERS + condition_trees.MINUTES
            for near in (number - 1, number, number + 1)
        }
    )
    tags = [frozenset(some) for size in range(6) for some in itertools.combinations(condition_trees.TAGS, size)]
    choices = {"node.type": VOCABULARY["node.type"].choices, "route.late": (True, False)}
    values = {
        "order.units": [number for number in numbers if number >= 0],
        "order.postcode": sorted({*texts, *(text.upper() for text in texts)}),
        "order.tags": tags,
        "now.time": [number for number in numbers if 0 <= number < 1_440],
        "stock.available": [number for number in numbers if number >= 0],
        "node.attributes.x": [
            *texts,
            *(near for n in condition_trees.NUMBERS for near in (n - 1, n, n + 1)),
            True,
            frozenset(),
        ],
        **choices,
    }
    return [[(path, value) for value in (None, *values[path])] for path in paths]


@examples(130, suppress_health_check=[HealthCheck.too_slow])
@given(
    data=st.data(),
    paths=st.lists(st.sampled_from(FEW_FACTS), min_size=1, max_size=2),
)
def test_comparisons_on_one_or_two_facts_are_decided_exactly(data, paths):
    """Compared with trying every value."""
    parts = []
    for fact in paths * 3:
        compared = data.draw(condition_trees.compared(fact).filter(lambda item: item.operator is not Operator.MATCHES))
        parts.append(Not(part=compared) if data.draw(st.booleans()) else compared)
    condition = All(parts=tuple(parts))
    combinations = itertools.product(*values_near({fact.path for fact in paths}))
    assert satisfiable(literal_form(condition)) is any(holds(condition, dict(facts)) for facts in combinations)


@examples(300)
@given(
    required=st.lists(st.lists(st.text("ab*?", max_size=4), min_size=1, max_size=2), max_size=2),
    forbidden=st.lists(st.text("ab*?", max_size=4), max_size=2),
    words=st.lists(st.text("ab*?", max_size=2), max_size=2),
)
@example(required=[["a*"], ["*b"]], forbidden=["a?b", "ab"], words=[])
def test_a_word_that_matches_globs_is_found_if_there_is_one(required, forbidden, words):
    def meets(word: str) -> bool:
        fits = [any(glob(text).fullmatch(word) for text in group) for group in required]
        return all(fits) and not any(glob(text).fullmatch(word) for text in forbidden) and word not in words

    word = glob_automaton.find_word(frozenset(map(frozenset, required)), frozenset(forbidden), frozenset(words))
    short = ("".join(letters) for size in range(5) for letters in itertools.product("ab*?c", repeat=size))
    if word is None:
        assert not any(map(meets, short))
    else:
        assert meets(word)


def test_a_question_that_would_take_too_long_is_not_answered():
    """Seven pigeons in six holes, no two in one hole: impossible, but the search would take very long to prove it."""
    holes = VOCABULARY["order.tags"]
    sits = {
        (pigeon, hole): Compare(fact=holes, operator=Operator.HAS, operands=(f"{pigeon}{hole}",))
        for pigeon in range(7)
        for hole in range(6)
    }
    somewhere = [AnyOf(parts=tuple(sits[pigeon, hole] for hole in range(6))) for pigeon in range(7)]
    alone = [
        Not(part=All(parts=(sits[one, hole], sits[other, hole])))
        for hole in range(6)
        for one, other in itertools.combinations(range(7), 2)
    ]
    assert satisfiable(literal_form(All(parts=(*somewhere, *alone)))) is None


def test_globs_beyond_the_limit_are_not_decided():
    word = compare("order.postcode", Operator.MATCHES, "a" * glob_automaton.MOST_LETTERS + "*")
    other = compare("order.postcode", Operator.MATCHES, "b*")
    assert satisfiable(literal_form(All(parts=(word, other)))) is None
