"""Properties of explanations: they leave nothing out, and what reads the same means the same."""

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from rules.conditions import All, AnyOf, Compare, Condition, Not, Operator, Term, comparisons, holds
from rules.effects import MAX_HOLD, Effect, Exclusion, UntilShipped
from rules.loader import load_policies
from rules.reserves import Allotment, Cap, Protection, Reserve
from rules.syntax.effect_parser import MAX_REST
from rules.vocabulary import VOCABULARY, Stage
from rules.wording.catalogue import Catalogue, load_catalogues
from rules.wording.comparison_phrases import clause
from rules.wording.effect_phrases import effect_clause
from rules.wording.explain import condition_text, explain
from tests.properties.rules import condition_trees
from tests.support.examples import of_many

pytestmark = pytest.mark.slow

in_every_language = pytest.mark.parametrize("catalogue", load_catalogues(), ids=lambda catalogue: catalogue.language)
LEAVES = st.sampled_from(condition_trees.FACTS).flatmap(condition_trees.compared)


def with_leaf(condition: Condition, index: int, leaf: Compare) -> Condition:
    """The same tree with another comparison in place of number `index`."""
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


@in_every_language
@given(data=st.data(), condition=condition_trees.conditions(Stage.OPTION))
def test_another_operand_operator_or_fact_reads_differently(catalogue, data, condition):
    leaves = list(comparisons(condition))
    assume(leaves)
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(condition_trees.compared(leaves[index].fact) | LEAVES)
    assume(other != leaves[index])
    assert condition_text(with_leaf(condition, index, other), catalogue) != condition_text(condition, catalogue)


@in_every_language
def test_no_two_comparisons_read_the_same_and_none_reads_like_another_denied(catalogue):
    meanings: dict[str, tuple[Compare, bool]] = {}
    for fact in condition_trees.FACTS:
        for compared in condition_trees.every_comparison(fact):
            # "not known" negated is "known", which is the other comparison
            for negated in (False,) if compared.operator is Operator.KNOWN else (False, True):
                text = clause(compared, catalogue, negated=negated)
                assert meanings.setdefault(text, (compared, negated)) == (compared, negated)
    assert len(meanings) > 10_000


@in_every_language
@given(condition=condition_trees.conditions(Stage.OPTION))
def test_every_comparison_is_in_the_text_in_full(catalogue, condition):
    text = condition_text(condition, catalogue)
    for compared in comparisons(condition):
        clauses = (clause(compared, catalogue, negated=negated) for negated in (False, True))
        assert any(_without_subject(item, catalogue) in text for item in clauses)


def _without_subject(text: str, catalogue: Catalogue) -> str:
    """The clause without its subject, which is left out if the clause before has it."""
    return next((text.removeprefix(start) for start in catalogue.grammar.subjects if text.startswith(start)), text)


COMPARISONS = [
    Compare(fact=VOCABULARY["order.channel"], operator=Operator.EQUALS, operands=("a",)),
    Compare(fact=VOCABULARY["order.channel"], operator=Operator.EQUALS, operands=("a", "or")),
    Compare(fact=VOCABULARY["node.id"], operator=Operator.EQUALS, operands=("a",)),
    Compare(fact=VOCABULARY["order.units"], operator=Operator.AT_LEAST, operands=(2,)),
]


def every_small_condition() -> Iterator[Condition]:
    """All combinations by and, or, not and terms of a few comparisons, to a depth of two; in the suite one in five of
    those of two parts.
    """
    leaves: list[Condition] = [*COMPARISONS[:3], Not(part=COMPARISONS[0])]
    some = [*leaves, *joined(leaves, 2), *joined(leaves[:3], 3), All(parts=()), AnyOf(parts=())]
    some += [Not(part=part) for part in some[4:]] + [Term(name=name, condition=COMPARISONS[0]) for name in ("a", "or")]
    yield from some
    yield from itertools.islice(joined(some, 2), None, None, of_many(5, 1))


def joined(parts: list[Condition], count: int) -> Iterator[Condition]:
    for chosen in itertools.product(parts, repeat=count):
        yield All(parts=chosen)
        yield AnyOf(parts=chosen)


ALL_FACTS = [
    {"order.channel": channel, "node.id": node, "order.units": units}
    for channel in (None, "a", "or")
    for node in (None, "a")
    for units in (1, 2)
]


@in_every_language
def test_what_reads_the_same_means_the_same(catalogue):
    meanings: dict[str, list[bool]] = {}
    for condition in every_small_condition():
        held = [holds(condition, facts) for facts in ALL_FACTS]
        assert meanings.setdefault(condition_text(condition, catalogue), held) == held
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
    st.builds(
        Effect,
        name=st.just("allocate"),
        value=st.builds(
            Allotment,
            channel=st.sampled_from(["web", "a b"]),
            units=st.integers(1, 100),
            per=st.sampled_from(["day", "week", "window"]),
        )
        | st.builds(
            Allotment,
            channel=st.sampled_from(["web", "a b"]),
            share=st.integers(1, 10_000),
            least=st.integers(0, 3),
            most=st.none() | st.integers(3, 6),
            per=st.sampled_from(["day", "week", "window"]),
        ),
    ),
    st.builds(
        Effect,
        name=st.just("cap"),
        value=st.builds(Cap, channel=st.sampled_from(["web", "a b"]), units=st.integers(0, 100)),
    ),
    st.builds(Effect, name=st.sampled_from(["max_shipments", "daily_orders"]), value=st.integers(1, 100)),
    st.builds(
        Effect,
        name=st.sampled_from(["keep_together", "ship_complete", "approve", "reroute_if_late"]),
        value=st.just(True),  # noqa: FBT003  # its only value
    ),
    st.builds(
        Effect,
        name=st.just("hold"),
        value=st.integers(1, MAX_HOLD) | st.builds(UntilShipped, extra=st.integers(0, MAX_HOLD)),
    ),
    st.builds(Effect, name=st.just("rest_after_rejection"), value=st.integers(1, MAX_REST)),
    st.builds(Effect, name=st.just("priority"), value=st.integers(0, 100)),
)


@in_every_language
@given(one=EFFECTS, other=EFFECTS)
def test_two_effects_never_read_the_same(catalogue, one, other):
    assume(one != other)
    assert effect_clause(one, catalogue) != effect_clause(other, catalogue)


WINDOWS = st.fixed_dictionaries(
    {},
    optional={
        "from": st.sampled_from(["2026-11-01", "2026-11-01 08:00", "2026-11-02"]),
        "until": st.sampled_from(["2026-12-01", "2026-12-01 08:00", "2026-12-02"]),
        "weekdays": st.lists(st.sampled_from(["monday", "sunday"]), min_size=1, max_size=2, unique=True),
        "hours": st.sampled_from([["08:00", "18:00"], ["18:00", "08:00"], ["08:00", "24:00"]]),
    },
)


@in_every_language
@given(one=WINDOWS, other=WINDOWS)
def test_two_windows_never_read_the_same(catalogue, one, other):
    assume(one != other)
    assert explain(_in(one), catalogue) != explain(_in(other), catalogue)


def _in(window):
    lines = "".join(f"    {key}: {value!r}\n" for key, value in window.items())
    text = f"policy: p\nrules:\n  - id: r\n    because: x\n    then: {{prefer: 1}}\n{lines}"
    return load_policies({"p.yaml": text.encode()}).rules["p/r"]
