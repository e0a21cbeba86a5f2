"""A normal form, whatever its leaves are, holds where its condition holds."""

import functools

from hypothesis import given
from hypothesis import strategies as st

from rules.conditions import Compare, Term, holds
from rules.normal_form import AllOf, Literal, NormalForm, literal, normal_form, tag_by_tag
from rules.vocabulary import Facts, Stage
from tests.properties.rules import condition_trees

CONDITIONS = condition_trees.conditions(Stage.OPTION)
FACTS = condition_trees.facts(Stage.OPTION)


def form_holds(form: NormalForm[Literal], facts: Facts) -> bool:
    if isinstance(form, Literal):
        return holds(form.comparison, facts) is form.true
    answers = [form_holds(part, facts) for part in form.parts]
    return all(answers) if isinstance(form, AllOf) else any(answers)


@given(condition=CONDITIONS, facts=FACTS, true=st.booleans())
def test_the_form_of_a_condition_or_of_its_negation_holds_where_that_does(condition, facts, true):
    assert form_holds(normal_form(condition, literal, true=true), facts) is (holds(condition, facts) is true)


@given(condition=CONDITIONS, facts=FACTS)
def test_tags_taken_one_by_one_make_no_difference(condition, facts):
    form = normal_form(condition, functools.partial(tag_by_tag, leaf=literal))
    assert form_holds(form, facts) is holds(condition, facts)


@given(condition=CONDITIONS, facts=FACTS)
def test_terms_kept_as_leaves_make_no_difference(condition, facts):
    def leaf(condition: Compare | Term, *, true: bool) -> bool:
        return holds(condition, facts) is true

    def form_is_true(form: NormalForm[bool]) -> bool:
        if isinstance(form, bool):
            return form
        answers = map(form_is_true, form.parts)
        return all(answers) if isinstance(form, AllOf) else any(answers)

    assert form_is_true(normal_form(condition, leaf, leaf)) is holds(condition, facts)
