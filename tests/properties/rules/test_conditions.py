"""Laws that all conditions obey."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rules.conditions import AnyOf, Compare, Not, Operator, glob, holds
from rules.vocabulary import VOCABULARY, Kind, Stage
from tests.properties.rules import condition_trees

NUMBERS = [fact for fact in VOCABULARY.values() if fact.kind in (Kind.COUNT, Kind.MONEY, Kind.DATE, Kind.DURATION)]
TAGGED = [fact for fact in VOCABULARY.values() if fact.kind is Kind.TAGS]


def compare(fact, operator, *operands) -> Compare:
    return Compare(fact=fact, operator=operator, operands=operands)


@given(condition=condition_trees.conditions(Stage.OPTION), facts=condition_trees.facts(Stage.OPTION))
def test_not_is_exact_negation(condition, facts):
    assert holds(Not(part=condition), facts) is not holds(condition, facts)
    assert holds(Not(part=Not(part=condition)), facts) is holds(condition, facts)


@given(
    parts=st.lists(condition_trees.conditions(Stage.OPTION), max_size=4).map(tuple),
    facts=condition_trees.facts(Stage.OPTION),
)
def test_none_means_that_no_part_holds(parts, facts):
    assert holds(Not(part=AnyOf(parts=parts)), facts) is not any(holds(part, facts) for part in parts)


@given(condition=condition_trees.conditions(Stage.OPTION), facts=condition_trees.facts(Stage.OPTION))
def test_a_fact_that_is_none_is_like_a_missing_fact(condition, facts):
    assert holds(condition, facts) is holds(
        condition, {path: value for path, value in facts.items() if value is not None}
    )


@given(data=st.data(), fact=st.sampled_from(NUMBERS))
def test_the_comparisons_of_numbers_agree_with_each_other(data, fact):
    low, high = sorted(data.draw(st.tuples(condition_trees.operands(fact), condition_trees.operands(fact))))
    facts = {fact.path: data.draw(condition_trees.values(fact).filter(lambda value: value is not None))}

    def compares(operator, *operands):
        return holds(compare(fact, operator, *operands), facts)

    assert compares(Operator.BETWEEN, low, high) is (
        compares(Operator.AT_LEAST, low) and compares(Operator.AT_MOST, high)
    )
    assert compares(Operator.MORE_THAN, low) is not compares(Operator.AT_MOST, low)
    assert compares(Operator.LESS_THAN, low) is not compares(Operator.AT_LEAST, low)
    assert compares(Operator.EQUALS, low) is compares(Operator.BETWEEN, low, low)


@given(
    data=st.data(),
    fact=st.sampled_from(TAGGED),
    tags=st.lists(st.sampled_from(condition_trees.TAGS), min_size=1, max_size=3),
)
def test_has_any_and_has_all_agree_with_has_for_each_tag(data, fact, tags):
    facts = {fact.path: data.draw(condition_trees.values(fact))}
    one_by_one = [holds(compare(fact, Operator.HAS, tag), facts) for tag in tags]
    assert holds(compare(fact, Operator.HAS_ANY, *tags), facts) is any(one_by_one)
    assert holds(compare(fact, Operator.HAS_ALL, *tags), facts) is all(one_by_one)


@given(pattern=st.text("ab*?.\\", max_size=8), text=st.text("abc.\\", max_size=10))
def test_a_glob_agrees_with_a_simple_matcher(pattern, text):
    def fits(pattern: str, text: str) -> bool:
        if not pattern:
            return not text
        if pattern[0] == "*":
            return any(fits(pattern[1:], text[start:]) for start in range(len(text) + 1))
        return bool(text) and pattern[0] in ("?", text[0]) and fits(pattern[1:], text[1:])

    assert (glob(pattern).fullmatch(text) is not None) is fits(pattern, text)


@pytest.mark.slow
@given(text=st.text(max_size=20))
def test_a_text_without_star_and_question_mark_matches_itself_alone(text):
    pattern = re.sub(r"[*?]", "", text)
    assert glob(pattern).fullmatch(pattern)
    assert not glob(pattern).fullmatch(pattern + "x")
