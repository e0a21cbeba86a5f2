"""Laws of what is said of rules: nothing is lost, and what reads the same means the same."""

import itertools

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.acting import MAX_HOLD
from rules.comparing import clause
from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term, comparisons, holds
from rules.consequences import consequence
from rules.effects import Effect, Exclusion, Protection, Reserve
from rules.explaining import _SUBJECTS, condition_text, explain
from rules.meanings import LANGUAGES
from rules.schema import load_policies
from rules.vocabulary import VOCABULARY, Stage
from tests.properties import trees

both_languages = pytest.mark.parametrize("language", LANGUAGES)
LEAVES = st.sampled_from(trees.FACTS).flatmap(trees.compared)


def with_leaf(condition: Condition, index: int, leaf: Compare) -> Condition:
    """The same tree with its comparison number `index` another."""
    numbers = itertools.count()

    def changed(node: Condition) -> Condition:
        match node:
            case Compare():
                return leaf if next(numbers) == index else node
            case All(parts=parts):
                return All(parts=tuple(map(changed, parts)))
            case AnyOf(parts=parts):
                return AnyOf(parts=tuple(map(changed, parts)))
            case Not(part=part):
                return Not(part=changed(part))
            case Term(name=name, condition=inner):
                return Term(name=name, condition=changed(inner))

    return changed(condition)


@both_languages
@given(data=st.data(), condition=trees.conditions(Stage.OPTION))
def test_another_operand_operator_or_fact_reads_differently(language, data, condition):
    leaves = list(comparisons(condition))
    assume(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(trees.compared(leaves[index].fact) | LEAVES)
    assume(other != leaves[index])
    assert condition_text(with_leaf(condition, index, other), language) != condition_text(condition, language)


@both_languages
@given(one=LEAVES, other=LEAVES, denied=st.booleans())
def test_two_comparisons_never_read_the_same(language, one, other, denied):
    assume(one != other)
    assert clause(one, language) != clause(other, language)
    assert clause(one, language, denied=True) != clause(other, language, denied=True)
    if Operator.KNOWN not in (one.operator, other.operator):  # "not known" is how "known" is denied
        assert clause(one, language, denied=denied) != clause(other, language, denied=not denied)


@both_languages
@given(condition=trees.conditions(Stage.OPTION))
def test_every_comparison_is_said_whole(language, condition):
    text = condition_text(condition, language)
    for compared in comparisons(condition):
        said = (clause(compared, language, denied=denied) for denied in (False, True))
        assert any(_verb(one, language) in text for one in said)


def _verb(said: str, language: str) -> str:
    """The clause without its subject, which the clause before it may have had."""
    return next((said.removeprefix(start) for start in _SUBJECTS[language] if said.startswith(start)), said)


FEW = [
    Compare(fact=VOCABULARY["order.channel"], operator=Operator.EQUALS, operands=("a",)),
    Compare(fact=VOCABULARY["order.channel"], operator=Operator.EQUALS, operands=("a", "or")),
    Compare(fact=VOCABULARY["node.id"], operator=Operator.EQUALS, operands=("a",)),
    Compare(fact=VOCABULARY["order.units"], operator=Operator.AT_LEAST, operands=(2,)),
]


def _nested(inner):
    parts = st.lists(inner, max_size=3).map(tuple)
    return (
        st.builds(All, parts=parts)
        | st.builds(AnyOf, parts=parts)
        | st.builds(Not, part=inner)
        | st.builds(Term, name=st.sampled_from("ab"), condition=inner)
    )


SMALL = st.recursive(st.sampled_from(FEW), _nested, max_leaves=4)
CASES = [
    {"order.channel": channel, "node.id": node, "order.units": units}
    for channel in (None, "a", "or")
    for node in (None, "a")
    for units in (1, 2)
]


@both_languages
@given(conditions=st.lists(SMALL, min_size=30, max_size=30))
def test_what_reads_the_same_means_the_same(language, conditions):
    meanings: dict[str, list[bool]] = {}
    for condition in conditions:
        held = [holds(condition, facts) for facts in CASES]
        assert meanings.setdefault(condition_text(condition, language), held) == held


MONEY = st.integers(0, 100_000 * 10**6)
RESERVES = st.builds(Reserve, units=st.integers(1, 100)) | st.builds(Reserve, share=st.integers(1, 10_000))
EFFECTS = st.one_of(
    st.builds(Effect, name=st.sampled_from(["prefer", "avoid", "split_penalty", "carbon_price"]), value=MONEY),
    st.builds(Effect, name=st.just("tier"), value=st.integers(1, 9)),
    st.builds(Effect, name=st.just("exclude"), value=st.sampled_from([Exclusion.YES, Exclusion.UNLESS_NEEDED])),
    st.builds(Effect, name=st.just("keep"), value=RESERVES),
    st.builds(
        Effect,
        name=st.just("protect"),
        value=st.builds(Protection, channel=st.sampled_from(["web", "a b", "or", "5"]), reserve=RESERVES),
    ),
    st.builds(Effect, name=st.sampled_from(["max_shipments", "daily_orders"]), value=st.integers(1, 100)),
    st.builds(Effect, name=st.sampled_from(["keep_together", "ship_complete"]), value=st.just(True)),  # noqa: FBT003  # its only value
    st.builds(Effect, name=st.just("hold"), value=st.integers(1, MAX_HOLD)),
    st.builds(Effect, name=st.just("priority"), value=st.integers(0, 100)),
)


@both_languages
@given(one=EFFECTS, other=EFFECTS)
def test_two_effects_never_read_the_same(language, one, other):
    assume(one != other)
    assert consequence(one, language) != consequence(other, language)


WINDOWS = st.fixed_dictionaries(
    {},
    optional={
        "from": st.sampled_from(["2026-11-01", "2026-11-01 08:00", "2026-11-02"]),
        "until": st.sampled_from(["2026-12-01", "2026-12-01 08:00", "2026-12-02"]),
        "weekdays": st.lists(st.sampled_from(["monday", "sunday"]), min_size=1, max_size=2, unique=True),
        "hours": st.sampled_from([["08:00", "18:00"], ["18:00", "08:00"], ["08:00", "24:00"]]),
    },
)


@both_languages
@given(one=WINDOWS, other=WINDOWS)
def test_two_windows_never_read_the_same(language, one, other):
    assume(one != other)
    assert explain(_in(one), language) != explain(_in(other), language)


def _in(window):
    lines = "".join(f"    {key}: {value!r}\n" for key, value in window.items())
    text = f"policy: p\nrules:\n  - id: r\n    because: x\n    then: {{prefer: 1}}\n{lines}"
    return load_policies({"p.yaml": text.encode()}).rules["p/r"]
