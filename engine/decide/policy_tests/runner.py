"""Runs policy tests: each is decided as a real order would be, and the decision is compared with what it expects."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import PurePosixPath

from engine.decide.decide import decide
from engine.decide.decision import Decision
from engine.decide.evaluation import Evaluation
from engine.decide.impact.rule_impact import deciding
from engine.decide.matching.judge import PolicyJudge
from engine.decide.matching.matcher import Matcher
from engine.decide.node_rest import rest_after
from engine.decide.policy_tests.comparison import Difference, Excluded, Made, differences
from engine.decide.policy_tests.expectation import Expectation
from engine.model.facts import Order, Resting, Snapshot
from rules.policy import PolicySet

TEST_SUFFIX = "_test.yaml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """A node rejected units of another order, for `reason`, so many minutes `ago`."""

    reason: str
    ago: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A test as its author wrote it, ready to be decided. `file` and `line` are its place. `rejected`, by node, may
    have begun a rest of the node: the policies under test say whether it did.
    """

    name: str
    file: str
    line: int
    order: Order
    snapshot: Snapshot
    now: int
    expected: Expectation
    rejected: Mapping[str, Rejected] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """A test, its decision, and how the decision differs from what the test expects. `changing` are the rules without
    which the decision would have been another; None if that was not asked for.
    """

    case: Case
    decision: Decision
    differences: tuple[Difference, ...]
    changing: tuple[str, ...] | None = None

    @property
    def passed(self) -> bool:
        return not self.differences


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
    tried: tuple[Tried, ...]

    @property
    def passed(self) -> bool:
        return all(item.passed for item in self.tried)

    @property
    def failed(self) -> tuple[Tried, ...]:
        return tuple(item for item in self.tried if not item.passed)

    def succeeds(self, *, strict: bool) -> bool:
        """Whether every test passed and, if `strict`, nothing is left untested."""
        return self.passed and not (strict and self.slack)

    @property
    def coverage(self) -> tuple[Coverage, ...]:
        """One for each rule, by id."""
        return tuple(_coverage(rule, self.tried) for rule in self.policies.rules)

    @property
    def slack(self) -> tuple[str, ...]:
        """What is left untested although all tests pass: rules, tests and files, one sentence each."""
        unfired = [f"no case fires {item.rule}" for item in self.coverage if not item.fired]
        silent = [
            f"{item.case.file}:{item.case.line}: the case '{item.case.name}' expects nothing"
            for item in self.tried
            if item.case.expected.says_nothing
        ]
        return (*unfired, *silent, *_idle_files(self))


def try_case(case: Case, matcher: Matcher, *, weigh: bool = False) -> Tried:
    """Decide the test's order; with `weigh`, decide it again without each rule that fired."""
    made = _made(case, matcher)
    return Tried(
        case=case,
        decision=made.decision,
        differences=tuple(differences(case.expected, made)),
        changing=_changing(case, matcher, made) if weigh else None,
    )


def try_cases(
    policies: PolicySet,
    cases: Sequence[Case],
    *,
    weigh: bool = False,
    progress: Callable[[Tried], None] = lambda _: None,
) -> Report:
    """Decide every test by the whole policy set; `progress` is called with each result."""
    matcher = Matcher(policies, guarded=True)
    tried = []
    try:
        for case in cases:
            tried.append(try_case(case, matcher, weigh=weigh))
            progress(tried[-1])
    finally:
        matcher.close()
    return Report(policies=policies, tried=tuple(tried))


def _made(case: Case, matcher: PolicyJudge) -> Made:
    snapshot = replace(case.snapshot, resting=dict(_resting(case, matcher)))
    decision = decide(case.order, snapshot, matcher, case.now)
    evaluation = Evaluation(order=case.order, snapshot=snapshot, matcher=matcher, now=case.now)
    return Made(
        decision=decision,
        priority=evaluation.order_outcome.priority,
        excluded=_excluded(case, decision),
        currency=case.snapshot.network.currency,
    )


def _resting(case: Case, matcher: PolicyJudge) -> Iterator[tuple[str, Resting]]:
    """The nodes that still rest, by the policies under test."""
    for node, rejection in case.rejected.items():
        then = case.now - rejection.ago * 60
        node_rest = rest_after(case.snapshot, matcher, then, node=node, reason=rejection.reason, decision="")
        if node_rest is not None and node_rest.until > case.now:
            yield node, node_rest


def _excluded(case: Case, decision: Decision) -> tuple[Excluded, ...]:
    """Each excluded option by itself."""
    skus = {line.id: line.sku for line in case.order.lines}
    return tuple(
        Excluded(
            node=option.node,
            service=option.service,
            sku=skus[item.line],
            by=item.rules,
            unless_needed=item.unless_needed,
        )
        for item in decision.exclusions
        for option in item.options
    )


def _changing(case: Case, matcher: Matcher, made: Made) -> tuple[str, ...]:
    decided = _decided(made)
    return deciding(made.decision, matcher, lambda without: _decided(_made(case, without)) != decided)


def _decided(made: Made) -> tuple[object, ...]:
    """What a rule can change about a decision: what ships from where, how long it is held, the order's priority."""
    shipments = tuple((item.node, item.service, item.lines) for item in made.decision.shipments)
    return (shipments, made.decision.hold_until, made.priority)


def _coverage(rule: str, tried: Sequence[Tried]) -> Coverage:
    fired = sum(rule in item.decision.fired for item in tried)
    asked_for = [item.changing for item in tried if item.changing is not None]
    changed = sum(rule in changing for changing in asked_for) if len(asked_for) == len(tried) else None
    return Coverage(rule=rule, fired=fired, quiet=len(tried) - fired, changed=changed)


def _idle_files(report: Report) -> list[str]:
    """Test files whose tests fire no rule of the policy beside them."""
    # a set has its policies and their files in the same order
    beside = {
        f"{PurePosixPath(file).with_suffix('')}{TEST_SUFFIX}": policy
        for file, policy in zip(report.policies.texts, report.policies.policies, strict=True)
    }
    fired: dict[str, set[str]] = {}
    for item in report.tried:
        fired.setdefault(item.case.file, set()).update(item.decision.fired)
    return [
        f"{file}: no case fires a rule of {beside[file].id}"
        for file, rules in fired.items()
        if file in beside and rules.isdisjoint(rule.id for rule in beside[file].rules)
    ]


def picked(cases: Sequence[Case], word: str) -> list[Case]:
    """The tests with `word` in their name or their file's; upper and lower case are the same."""
    return [case for case in cases if word.casefold() in f"{case.file} {case.name}".casefold()]
