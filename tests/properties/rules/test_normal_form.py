"""A condition's form says what the condition says, and its wording is read back as the same form."""

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from rules.conditions import All, AnyOf, Compare, Condition, Not, Term, compares, holds, known_value
from rules.diff.normal_form import Atom, Every, Form, form
from rules.loader import load_policies
from rules.vocabulary import Facts, Stage
from rules.wording.source_text import condition_text
from tests.properties.rules import condition_trees

FACTS = {(fact.path, fact.kind.name): fact for fact in condition_trees.FACTS}


def form_holds(found: Form, facts: Facts) -> bool:
    if isinstance(found, Atom):
        fact = FACTS[found.path, found.kind]
        compared = Compare(fact=fact, operator=found.operator, operands=(found.operand,))
        return compares(compared, known_value(fact, facts)) is found.wanted
    told = [form_holds(part, facts) for part in found.parts]
    return all(told) if isinstance(found, Every) else any(told)


@given(condition=condition_trees.conditions(Stage.OPTION), facts=condition_trees.facts(Stage.OPTION))
def test_a_form_holds_where_its_condition_holds(condition, facts):
    assert form_holds(form(condition), facts) is holds(condition, facts)


@given(condition=condition_trees.conditions(Stage.OPTION), seed=st.integers(0, 1_000))
def test_order_nesting_terms_and_double_negation_make_no_difference(condition, seed):
    assert form(rewritten(condition, random.Random(seed))) == form(condition)


def rewritten(condition: Condition, dice: random.Random) -> Condition:
    """The same, written otherwise."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            found = [rewritten(part, dice) for part in parts]
            dice.shuffle(found)
            sort = type(condition)
            half = len(found) // 2
            again = sort(parts=(*found[:half], sort(parts=tuple(found[half:]))))
        case Not(part=part):
            again = Not(part=rewritten(part, dice))
        case Term(condition=inner):
            again = rewritten(inner, dice)
        case _:
            again = condition
    turned = [
        lambda: Not(part=Not(part=again)),
        lambda: Term(name="another", condition=again),
        lambda: All(parts=(again,)),
        lambda: AnyOf(parts=(again, again)),
        lambda: again,
    ]
    return dice.choice(turned)()


@given(condition=condition_trees.conditions(Stage.OPTION))
def test_the_wording_of_a_condition_is_read_back_as_the_same_condition(condition):
    text = condition_text(condition)
    assume("[]" not in text)  # nothing at all can't be written
    file = f"policy: p\nrules:\n  - {{id: r, because: x, when: {{{text}}}, then: {{tier: 1}}}}\n"
    (rule,) = load_policies({"p.yaml": file.encode()}).rules.values()
    assert form(rule.condition) == form(condition)
