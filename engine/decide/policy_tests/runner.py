"""Runs policy tests: each is decided as a real order would be, and the decision is compared with what it expects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath
from typing import TypeAlias

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.evaluation.allotment_periods import period_names
from engine.decide.evaluation.evaluation import Evaluation
from engine.decide.evaluation.judgements import judged_positions
from engine.decide.impact.rule_impact import deciding
from engine.decide.levels.stock_levels import Level, StockLevels, levels_of
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.matcher import Matcher
from engine.decide.node_rest import rest_after
from engine.decide.policy_tests.comparison import DecidedTest, Difference, ExcludedOption, differences
from engine.decide.policy_tests.expectation import Expectation
from engine.decide.policy_tests.returns import ReturnTest, changing_rules, placement_of, return_differences
from engine.model.facts import NodeRest, Order, Snapshot
from engine.returns.placement.placement import Placement
from rules.policy import Policy, PolicySet, Rule
from rules.vocabulary import Stage
from rules.wording.source_text import effect_text

_KEEPING = ("keep", "protect", "allocate")
"""The effects that keep units at a place."""
TEST_SUFFIX = "_test.yaml"
Taken: TypeAlias = Mapping[str, Mapping[str, Mapping[str, int]]]
"""Units that were taken in the period of an allotment, by SKU, node and channel."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """A node rejected units of another order, for `reason`, so many minutes `ago`."""

    reason: str
    ago: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyTest:
    """A test as its author wrote it, ready to be decided. `file` and `line` are its place. `rejected`, by node, may
    have begun a rest of the node: the policies under test say whether it did. `taken` counts in whatever periods they
    give the channels allotments for.
    """

    name: str
    file: str
    line: int
    order: Order
    snapshot: Snapshot
    now: int
    expected: Expectation
    rejected: Mapping[str, Rejection] = field(default_factory=dict)
    taken: Taken = field(default_factory=dict)


Case: TypeAlias = PolicyTest | ReturnTest


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """A test, its decision (of a returned unit: where it goes), and how that differs from what the test expects.
    `changing` are the rules without which it would have been another; None if that was not asked for.
    """

    test: Case
    decided: Decision | Placement
    differences: tuple[Difference, ...]
    changing: tuple[str, ...] | None = None
    level_rules: frozenset[str] = frozenset()
    """Those that say how much stock there should be, of the test's articles."""

    @property
    def passed(self) -> bool:
        return not self.differences

    @property
    def fired(self) -> frozenset[str]:
        """The rules that acted somewhere, on the levels of the test's articles, too."""
        return frozenset(self.decided.fired) | self.level_rules

    @property
    def silenced(self) -> tuple[str, ...]:
        """The rules that an override switched off somewhere."""
        return tuple(self.decided.silenced)


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Of one rule: the number of tests in which it fired, in which it did not, and in which it changed the decision
    (None if that was not asked for).
    """

    rule: str
    fired: int
    quiet: int
    changed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The results of all tests of a policy set, in the order of files and lines."""

    policies: PolicySet
    results: tuple[TestResult, ...]

    @property
    def passed(self) -> bool:
        return all(item.passed for item in self.results)

    @property
    def failed(self) -> tuple[TestResult, ...]:
        return tuple(item for item in self.results if not item.passed)

    def succeeds(self, *, strict: bool) -> bool:
        """Whether every test passed and, if `strict`, nothing is left untested."""
        return self.passed and not (strict and self.untested)

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """One for each rule, by id."""
        return tuple(_coverage(rule, self.results) for rule in self.policies.rules.values())

    @property
    def untested(self) -> tuple[str, ...]:
        """What is left untested although all tests pass: rules, tests and files, one sentence each."""
        unfired = [f"no case fires {item.rule}" for item in self.coverage if not item.fired]
        silent = [
            f"{item.test.file}:{item.test.line}: the case '{item.test.name}' expects nothing"
            for item in self.results
            if item.test.expected.says_nothing
        ]
        return (*unfired, *silent, *_idle_files(self))


def run_policy_test(test: Case, matcher: Matcher, *, find_changing: bool = False) -> TestResult:
    """Decide the test's order, or place its returned unit; with `find_changing`, do so again without each rule that
    acted, to find the rules that change what is decided.
    """
    if isinstance(test, ReturnTest):
        placement = placement_of(test, matcher)
        return TestResult(
            test=test,
            decided=placement,
            differences=tuple(return_differences(test.expected, placement)),
            changing=changing_rules(test, matcher, placement) if find_changing else None,
        )
    decided = _decide_test(test, matcher)
    return TestResult(
        test=test,
        decided=decided.decision,
        differences=tuple(differences(test.expected, decided)),
        changing=_changing(test, matcher, decided) if find_changing else None,
        level_rules=decided.level_rules,
    )


def run_policy_tests(
    policies: PolicySet,
    tests: Sequence[Case],
    *,
    find_changing: bool = False,
    progress: Callable[[TestResult], None] = lambda _: None,
) -> Report:
    """Decide every test by the whole policy set; `progress` is called with each result."""
    matcher = Matcher(policies, guarded=True)
    results = []
    try:
        for test in tests:
            results.append(run_policy_test(test, matcher, find_changing=find_changing))
            progress(results[-1])
    finally:
        matcher.close()
    return Report(policies=policies, results=tuple(results))


def _decide_test(test: PolicyTest, matcher: PolicyJudge) -> DecidedTest:
    tallies = period_names(matcher.policies, test.snapshot.network, test.now)
    taken = {
        sku: {
            tally: {node: units[tally.channel] for node, units in by_node.items() if tally.channel in units}
            for tally in tallies
        }
        for sku, by_node in test.taken.items()
    }
    snapshot = replace(test.snapshot, resting=dict(_resting(test, matcher)), taken=taken)
    decision = decide(test.order, snapshot, matcher, test.now)
    evaluation = Evaluation(order=test.order, snapshot=snapshot, matcher=matcher, now=test.now)
    levels = [(sku, levels_of(sku, evaluation.columns, matcher)) for sku in sorted(set(test.order.skus))]
    return DecidedTest(
        decision=decision,
        priority=evaluation.order_outcome.priority,
        excluded=_excluded(test, decision),
        currency=test.snapshot.network.currency,
        kept_by=_kept_by(test, evaluation),
        levels={key: level for of_sku in levels for key, level in _levels_at(of_sku, evaluation)},
        level_rules=frozenset(rule for _, item in levels for rule in item.rules),
    )


def _levels_at(of_sku: tuple[str, StockLevels], evaluation: Evaluation) -> Iterator[tuple[tuple[str, str], Level]]:
    sku, levels = of_sku
    for row, node in enumerate(evaluation.columns.stock_of(sku).node.tolist()):
        yield (sku, evaluation.ways.node_ids[node]), levels.at(row)


def _kept_by(test: PolicyTest, evaluation: Evaluation) -> Mapping[tuple[str, str], Mapping[str, str]]:
    """By SKU and node that the test expects something of, the effects that keep units there, by rule."""
    rules = evaluation.matcher.policies.rules
    kept_by: dict[tuple[str, str], dict[str, str]] = {}
    for index, line in enumerate(test.order.lines):
        for position in judged_positions(evaluation, index) if line.sku in test.expected.kept else ():
            effects = kept_by.setdefault((line.sku, position.node), {})
            for rule in evaluation.matcher.with_effect(position.judgement, *_KEEPING):
                kept = [effect_text(effect) for effect in rules[rule].effects if effect.name in _KEEPING]
                effects[rule] = ", ".join(kept)
    return kept_by


def _resting(test: PolicyTest, matcher: PolicyJudge) -> Iterator[tuple[str, NodeRest]]:
    """The nodes that still rest, by the policies under test."""
    for node, rejection in test.rejected.items():
        then = test.now - rejection.ago * 60
        node_rest = rest_after(test.snapshot, matcher, then, node=node, reason=rejection.reason, decision="")
        if node_rest is not None and node_rest.until > test.now:
            yield node, node_rest


def _excluded(test: PolicyTest, decision: Decision) -> tuple[ExcludedOption, ...]:
    """Each excluded option by itself."""
    return tuple(
        ExcludedOption(node=node, service=service, sku=line.sku, by=item.rules, unless_needed=item.unless_needed)
        for line in test.order.lines
        for item in decision.exclusions
        if line.id in item.lines
        for node, service in sorted((node, service) for service, nodes in item.nodes.items() for node in nodes)
    )


def _changing(test: PolicyTest, matcher: Matcher, decided: DecidedTest) -> tuple[str, ...]:
    changeable = _changeable(decided)
    return deciding(
        {*decided.decision.fired, *decided.decision.silenced, *decided.level_rules},
        matcher,
        lambda without: _changeable(_decide_test(test, without)) != changeable,
    )


def _changeable(decided: DecidedTest) -> tuple[object, ...]:
    """What a rule can change about a decision: what ships from where, and when, what waits, how long it is held,
    whether a person must approve it, the order's priority; and how much stock there should be.
    """
    decision = decided.decision
    shipments = tuple((item.node, item.service, item.lines, item.ready_at) for item in decision.chosen)
    waiting = decision.waiting_units(may_wait=False)
    return (shipments, waiting, decision.hold_until, decision.awaiting_approval, decided.priority, decided.levels)


def _coverage(rule: Rule, results: Sequence[TestResult]) -> Coverage:
    judged = [item for item in results if _is_judged(rule, item.test)]
    fired = sum(rule.id in item.fired for item in judged)
    asked_for = all(item.changing is not None for item in results)
    changed = sum(rule.id in (item.changing or ()) for item in judged) if asked_for else None
    return Coverage(rule=rule.id, fired=fired, quiet=len(judged) - fired, changed=changed)


def _is_judged(rule: Rule, test: Case) -> bool:
    """Whether the test judges the rule: rules about returned units are judged for these alone, others for orders. A
    rule without an effect of its own overrides rules of either kind.
    """
    stages = {effect.stage for effect in rule.effects}
    return not stages or any((stage is Stage.RETURN) is isinstance(test, ReturnTest) for stage in stages)


def tests_beside(policies: PolicySet) -> dict[str, Policy]:
    """By the name of the test file beside its own, each policy: that of service.yaml is service_test.yaml."""
    files = policies.files
    return {f"{PurePosixPath(files[policy.id]).with_suffix('')}{TEST_SUFFIX}": policy for policy in policies.policies}


def _idle_files(report: Report) -> list[str]:
    """Test files whose tests fire no rule of the policy beside them."""
    beside = tests_beside(report.policies)
    fired: dict[str, set[str]] = {}
    for item in report.results:
        fired.setdefault(item.test.file, set()).update(item.fired)
    return [
        f"{file}: no case fires a rule of {beside[file].id}"
        for file, rules in fired.items()
        if file in beside and rules.isdisjoint(rule.id for rule in beside[file].rules)
    ]


def select_tests(tests: Sequence[Case], word: str) -> list[Case]:
    """The tests with `word` in their name or their file's; upper and lower case are the same."""
    return [test for test in tests if word.casefold() in f"{test.file} {test.name}".casefold()]
