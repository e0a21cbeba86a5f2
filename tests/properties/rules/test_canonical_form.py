"""A canonical form means what its condition means, and the text of a condition is read back as the same form."""

import random

from hypothesis import assume, given
from hypothesis import strategies as st

from rules.conditions import All, AnyOf, Condition, Not, Term, holds
from rules.diff.canonical_form import AllOfSet, CanonicalForm, canonical_form
from rules.loader import load_policies
from rules.normal_form import Literal
from rules.vocabulary import Facts, Stage
from rules.wording.source_text import condition_text
from tests.properties.rules import condition_trees


def form_holds(form: CanonicalForm, facts: Facts) -> bool:
    if isinstance(form, Literal):
        return holds(form.comparison, facts) is form.true
    answers = [form_holds(part, facts) for part in form.parts]
    return all(answers) if isinstance(form, AllOfSet) else any(answers)


@given(condition=condition_trees.conditions(Stage.OPTION), facts=condition_trees.facts(Stage.OPTION))
def test_a_canonical_form_holds_where_its_condition_holds(condition, facts):
    assert form_holds(canonical_form(condition), facts) is holds(condition, facts)


@given(condition=condition_trees.conditions(Stage.OPTION), seed=st.integers(0, 1_000))
def test_order_nesting_terms_and_double_negation_make_no_difference(condition, seed):
    assert canonical_form(rewritten(condition, random.Random(seed))) == canonical_form(condition)


def rewritten(condition: Condition, dice: random.Random) -> Condition:
    """The same condition, written in another way."""
    match condition:
        case All(parts=parts) | AnyOf(parts=parts):
            shuffled = [rewritten(part, dice) for part in parts]
            dice.shuffle(shuffled)
            group = type(condition)
            half = len(shuffled) // 2
            again = group(parts=(*shuffled[:half], group(parts=tuple(shuffled[half:]))))
        case Not(part=part):
            again = Not(part=rewritten(part, dice))
        case Term(condition=inner):
            again = rewritten(inner, dice)
        case _:
            again = condition
    variants = [
        lambda: Not(part=Not(part=again)),
        lambda: Term(name="another", condition=again),
        lambda: All(parts=(again,)),
        lambda: AnyOf(parts=(again, again)),
        lambda: again,
    ]
    return dice.choice(variants)()


@given(condition=condition_trees.conditions(Stage.OPTION))
def test_the_wording_of_a_condition_is_read_back_as_the_same_condition(condition):
    text = condition_text(condition)
    assume("[]" not in text)  # nothing at all can't be written
    file = f"policy: p\nrules:\n  - {{id: r, because: x, when: {{{text}}}, then: {{tier: 1}}}}\n"
    (rule,) = load_policies({"p.yaml": file.encode()}).rules.values()
    assert canonical_form(rule.condition) == canonical_form(condition)
