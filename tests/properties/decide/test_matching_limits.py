"""Matching at the limits of durable-rules: many rules, wide rules, many evaluations."""

import contextlib
import random
import subprocess
import sys
from collections.abc import Iterator

import durable_rules_engine
import pytest

from engine.decide.matching.matcher import Matcher
from engine.decide.matching.rete import Question, Rete
from engine.decide.matching.signatures import Coding
from engine.decide.matching.truth_tables import MOST_COMPARISONS
from rules.conditions import All, AnyOf, Compare, Not, Operator
from rules.policy import PolicySet
from rules.vocabulary import Kind, Stage, attribute
from tests.properties.decide.peers_agree import PREFER, assert_agrees, prefers
from tests.properties.rules.condition_trees import policy_set, rule_of
from tests.support.conditions import compare

pytestmark = pytest.mark.slow


@contextlib.contextmanager
def rete_of(policies: PolicySet) -> Iterator[Rete]:
    """The policies' option rules in durable-rules."""
    rules = policies.relevant_at(Stage.OPTION)
    coding = Coding(rule.condition for rule in rules.values())
    formulas = {name: coding.formula(rule.condition) for name, rule in rules.items()}
    with contextlib.closing(Rete("test", formulas)) as rete:
        yield rete


def shards(policies: PolicySet) -> int:
    with rete_of(policies) as rete:
        return rete.shards


def too_large(policies: PolicySet) -> frozenset[str]:
    with rete_of(policies) as rete:
        return rete.too_large


POSTCODES = [f"{number:05}" for number in range(1_000, 1_700)]
LARGE = {
    "700 rules for a postcode each": (
        [compare("order.postcode", Operator.EQUALS, code) for code in POSTCODES],
        [{"order.postcode": code} for code in (*POSTCODES[::100], "99999", None)],
    ),
    "a rule for all but every other postcode": (
        [
            Not(part=compare("order.postcode", Operator.EQUALS, *POSTCODES[::2])),
            *[compare("order.postcode", Operator.EQUALS, code) for code in POSTCODES],
        ],
        [{"order.postcode": code} for code in (*POSTCODES[:5], "99999", None)],
    ),
    "ten rules for 70 scattered postcodes each": (
        [
            *[compare("order.postcode", Operator.EQUALS, code) for code in POSTCODES],
            *[compare("order.postcode", Operator.EQUALS, *POSTCODES[start::10]) for start in range(10)],
        ],
        [{"order.postcode": code} for code in (*POSTCODES[::99], "99999", None)],
    ),
    "100 cuts on one number, from below and from above": (
        [
            compare("stock.on_hand", operator, cut)
            for cut in range(0, 300, 3)
            for operator in (Operator.AT_LEAST, Operator.MORE_THAN, Operator.AT_MOST, Operator.LESS_THAN)
        ],
        [{"stock.on_hand": count} for count in (-1, 0, 1, 2, 3, 4, 149, 150, 151, 297, 298, 10**15, None)],
    ),
    "300 tags, alone, any of three, all of two": (
        [
            *[compare("node.tags", Operator.HAS, f"t{number}") for number in range(300)],
            *[
                compare("node.tags", Operator.HAS_ANY, *(f"t{number + step}" for step in range(3)))
                for number in range(50)
            ],
            *[compare("node.tags", Operator.HAS_ALL, f"t{number}", f"t{number + 1}") for number in range(50)],
        ],
        [{"node.tags": frozenset(tags)} for tags in ((), ("t1",), ("t1", "t2"), [f"t{n}" for n in range(300)])],
    ),
    "200 globs": (
        [compare("node.id", Operator.MATCHES, f"st-{number}*") for number in range(200)],
        [{"node.id": name} for name in ("st-1", "st-19x", "st-199", "wh-1", None)],
    ),
    "300 rules that all hold at once": (
        [compare("stock.on_hand", Operator.AT_LEAST, number % 40) for number in range(300)],
        [{"stock.on_hand": count} for count in (0, 20, 100)],
    ),
    "240 rules that share an alternative": (
        [
            AnyOf(
                parts=(
                    compare("service.mode", Operator.EQUALS, "bike"),
                    compare("node.id", Operator.EQUALS, f"n{number}"),
                )
            )
            for number in range(240)
        ],
        [{"service.mode": mode, "node.id": "n7"} for mode in ("bike", "van", None)],
    ),
    "1,000 first tests of 250 rules": (
        [
            AnyOf(
                parts=tuple(
                    compare(path, Operator.EQUALS, f"w{number}")
                    for path in ("node.id", "node.region", "order.postcode", "product.brand")
                )
            )
            for number in range(250)
        ],
        [{"node.id": "w1", "node.region": "w2", "order.postcode": "w249"}, {"product.brand": "w100"}, {}],
    ),
    "rules of ten facts each": (
        [
            All(
                parts=tuple(
                    compare(path, Operator.BETWEEN, number % step, number % step + 50)
                    for step, path in enumerate(
                        (
                            "stock.on_hand",
                            "stock.held",
                            "stock.available",
                            "stock.days_of_cover",
                            "node.load",
                            "line.quantity",
                            "order.units",
                            "order.lines",
                            "route.distance",
                            "route.cost",
                        ),
                        start=3,
                    )
                )
            )
            for number in range(150)
        ],
        [
            dict.fromkeys(
                (
                    "stock.on_hand",
                    "stock.held",
                    "stock.available",
                    "stock.days_of_cover",
                    "node.load",
                    "line.quantity",
                    "order.units",
                    "order.lines",
                    "route.distance",
                    "route.cost",
                ),
                count,
            )
            for count in (0, 5, 12, 30, 55, 62, 63)
        ],
    ),
}


@pytest.mark.parametrize("name", LARGE)
def test_many_rules_are_spread_over_rulesets_and_still_agree(name):
    conditions, facts = LARGE[name]
    policies = prefers(conditions)
    assert shards(policies) > 1
    assert_agrees(policies, [(Stage.OPTION, case_facts) for case_facts in facts])


def alternatives(count: int) -> All:
    """`count` times one or the other, on facts that don't exclude each other: 2 ** count ways to hold."""
    pairs = [
        AnyOf(
            parts=tuple(
                Compare(
                    fact=attribute(f"node.attributes.{side}{number}", Kind.FLAG),
                    operator=Operator.EQUALS,
                    operands=(True,),
                )
                for side in "xy"
            )
        )
        for number in range(count)
    ]
    return All(parts=tuple(pairs))


def test_a_rule_too_large_for_any_ruleset_is_judged_by_the_reference():
    policies = prefers([alternatives(12), alternatives(3), compare("node.id", Operator.EQUALS, "a")])
    assert too_large(policies) == {"p/r0000"}
    every = {f"node.attributes.{side}{number}": side == "x" for side in "xy" for number in range(12)}
    cases = [every, every | {"node.attributes.x7": False}, {"node.id": "a"}, {}]
    assert_agrees(policies, [(Stage.OPTION, facts) for facts in cases])


def test_a_rule_of_more_comparisons_than_a_truth_table_has_is_judged_as_well():
    tags = [f"t{number}" for number in range(MOST_COMPARISONS + 1)]
    policies = prefers([compare("node.tags", Operator.HAS_ANY, *tags), compare("node.tags", Operator.HAS, "t1")])
    cases = [frozenset(tags[1:3]), frozenset(tags[3:4]), frozenset(tags), frozenset({"other"}), None]
    assert_agrees(policies, [(Stage.OPTION, {"node.tags": case}) for case in cases])


def test_only_what_was_asked_about_is_answered():
    policies = prefers([compare("node.id", Operator.EQUALS, "a"), compare("stock.on_hand", Operator.AT_LEAST, 3)])
    with rete_of(policies) as rete:
        codes = {0: 2, 1: 3}
        rules = [["p/r0000", "p/r0001"], ["p/r0001"], []]
        assert rete.fired([Question(codes, asked) for asked in rules]) == [{*rules[0]}, {*rules[1]}, set()]


def test_rules_that_read_the_same_facts_share_rulesets(monkeypatch):
    nodes = [compare("node.id", Operator.EQUALS, f"n{number}") for number in range(50)]
    stocks = [compare("stock.on_hand", Operator.AT_LEAST, number) for number in range(50)]
    policies = prefers([condition for pair in zip(nodes, stocks, strict=True) for condition in pair])
    asserted = []
    assert_fact = durable_rules_engine.assert_fact

    def counted(handle, fact):
        asserted.append(handle)
        return assert_fact(handle, fact)

    monkeypatch.setattr(durable_rules_engine, "assert_fact", counted)
    with rete_of(policies) as rete:
        assert rete.shards == 2
        of_nodes = [f"p/r{number:04}" for number in range(0, 100, 2)]
        rete.fired([Question({0: 2, 1: 3}, of_nodes)] * 3)
    assert len(asserted) == 3, "one ruleset a question"


def test_thousands_of_random_rules_and_facts_agree():
    dice = random.Random(20261127)
    words = [f"w{number}" for number in range(60)]
    paths = ["node.id", "node.region", "product.brand", "product.category"]
    counts = ["stock.on_hand", "stock.available", "node.load", "line.quantity"]

    def leaf():
        if dice.random() < 0.5:
            leaf = compare(dice.choice(paths), Operator.EQUALS, *dice.sample(words, dice.randint(1, 5)))
        else:
            operator = dice.choice([Operator.AT_LEAST, Operator.LESS_THAN, Operator.EQUALS])
            leaf = compare(dice.choice(counts), operator, dice.randrange(40))
        return Not(part=leaf) if dice.random() < 0.3 else leaf

    def tree():
        joined = dice.choice([All, AnyOf])
        return joined(parts=tuple(leaf() if dice.random() < 0.7 else All(parts=(leaf(), leaf())) for _ in range(3)))

    def facts():
        case_facts = {path: dice.choice([*words, "other", None]) for path in paths}
        return case_facts | {path: dice.choice([*range(41), None]) for path in counts}

    policies = prefers([tree() for _ in range(400)])
    assert_agrees(policies, [(Stage.OPTION, facts()) for _ in range(150)])


def test_a_long_chain_of_overrides_is_followed():
    held = compare("node.id", Operator.EQUALS, "a")
    rules = [rule_of("p/r0", held, PREFER)]
    rules += [rule_of(f"p/r{number}", held, PREFER, overrides=(f"p/r{number - 1}",)) for number in range(1, 2_000)]
    matcher = Matcher(policy_set(rules))
    judgement = matcher.judge(Stage.OPTION, {"node.id": "a"})
    matcher.close()
    assert set(judgement.fired) == {f"p/r{number}" for number in range(1, 2_000, 2)}


STRESS = """
import itertools, resource
from engine.decide.matching.signatures import Atom
from rules.normal_form import AllOf, OneOf
from engine.decide.matching.rete import Question, Rete

def one(index, *codes):
    return Atom(index=index, codes=sum(1 << code for code in codes))

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

formulas = {f"r{n}": AllOf(parts=(one(0, n % 5), one(1, *range(n % 3, 4)), one(2, n % 2))) for n in range(12)}
formulas["either"] = OneOf(parts=(one(0, 1), one(1, 2), one(3, 0, 2, 4)))
formulas["never"] = one(0, 99)
rete = Rete("stress", formulas)
signatures = itertools.product(range(5), range(4), range(2), range(5))
questions = [Question(dict(enumerate(signature)), list(formulas)) for signature in signatures]
expected = rete.fired(questions)
warm = None
for turn in range(100):
    assert rete.fired(questions) == expected
    if turn == 20:
        warm = peak()
assert peak() - warm < 8_192, (warm, peak())
for turn in range(40):
    again = Rete("stress", formulas)
    assert again.fired([questions[turn]]) == [expected[turn]]
    again.close()
rete.close()
print(sum(map(len, expected)))
"""


def test_twenty_thousand_evaluations_neither_crash_the_process_nor_fill_its_memory():
    done = subprocess.run([sys.executable, "-c", STRESS], capture_output=True, text=True, check=False, timeout=120)
    assert (done.returncode, done.stderr) == (0, "")
    assert int(done.stdout) > 0
