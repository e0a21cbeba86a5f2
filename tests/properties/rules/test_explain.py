"""Laws of what is said of rules: nothing is lost, and what reads the same means the same."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.conditions import SEVERAL, All, AnyOf, Compare, Condition, Not, Operator, Term, comparisons, holds
from rules.effects import Effect, Exclusion, Protection, Reserve
from rules.loader import load_policies
from rules.syntax.condition_parser import fits
from rules.syntax.effect_parser import MAX_HOLD, MAX_REST
from rules.vocabulary import VOCABULARY, Fact, Kind, Stage
from rules.wording.bilingual import LANGUAGES
from rules.wording.comparison_phrases import clause
from rules.wording.effect_phrases import consequence
from rules.wording.explain import _SUBJECTS, condition_text, explain
from tests.properties.rules import condition_trees

pytestmark = pytest.mark.slow

both_languages = pytest.mark.parametrize("language", LANGUAGES)
LEAVES = st.sampled_from(condition_trees.FACTS).flatmap(condition_trees.compared)


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
@given(data=st.data(), condition=condition_trees.conditions(Stage.OPTION))
def test_another_operand_operator_or_fact_reads_differently(language, data, condition):
    leaves = list(comparisons(condition))
    assume(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(condition_trees.compared(leaves[index].fact) | LEAVES)
    assume(other != leaves[index])
    assert condition_text(with_leaf(condition, index, other), language) != condition_text(condition, language)


def every_comparison(fact: Fact) -> Iterator[Compare]:
    """All that may be asked of a fact, with one operand and with two."""
    for operator in Operator:
        if operator is Operator.KNOWN:
            tuples = [(True,), (False,)]
        elif fact.kind is Kind.ANY or not fits(fact.kind, operator):
            tuples = []
        else:
            values = (
                condition_trees.PATTERNS
                if operator is Operator.MATCHES
                else condition_trees.OPERANDS[fact.kind] or fact.choices
            )
            pairs = list(itertools.permutations(values, 2))
            tuples = [(value,) for value in values] + pairs if operator in SEVERAL else [(value,) for value in values]
            tuples = [pair for pair in pairs if pair[0] <= pair[1]] if operator is Operator.BETWEEN else tuples
        for operands in tuples:
            yield Compare(fact=fact, operator=operator, operands=operands)


@both_languages
def test_no_two_comparisons_read_the_same_and_none_reads_like_another_denied(language):
    said: dict[str, tuple[Compare, bool]] = {}
    for fact in condition_trees.FACTS:
        for compared in every_comparison(fact):
            known = compared.operator is Operator.KNOWN  # denied, it is the other of the two
            for denied in (False,) if known else (False, True):
                text = clause(compared, language, denied=denied)
                assert said.setdefault(text, (compared, denied)) == (compared, denied)
    assert len(said) > 10_000


@both_languages
@given(condition=condition_trees.conditions(Stage.OPTION))
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


def every_small_condition() -> Iterator[Condition]:
    """And, or, not and terms of comparisons, and of those."""
    leaves: list[Condition] = [*FEW[:3], Not(part=FEW[0])]
    some = [*leaves, *joined(leaves, 2), *joined(leaves[:3], 3), All(parts=()), AnyOf(parts=())]
    some += [Not(part=part) for part in some[4:]] + [Term(name=name, condition=FEW[0]) for name in ("a", "or")]
    yield from some
    yield from joined(some, 2)


def joined(parts: list[Condition], count: int) -> Iterator[Condition]:
    for chosen in itertools.product(parts, repeat=count):
        yield All(parts=chosen)
        yield AnyOf(parts=chosen)


CASES = [
    {"order.channel": channel, "node.id": node, "order.units": units}
    for channel in (None, "a", "or")
    for node in (None, "a")
    for units in (1, 2)
]


@both_languages
def test_what_reads_the_same_means_the_same(language):
    meanings: dict[str, list[bool]] = {}
    for condition in every_small_condition():
        held = [holds(condition, facts) for facts in CASES]
        assert meanings.setdefault(condition_text(condition, language), held) == held
    assert len(meanings) > 1_000


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
    st.builds(Effect, name=st.just("rest_after_rejection"), value=st.integers(1, MAX_REST)),
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
