"""In an emergency, a rule that ends within days is published although it makes tests of other policies fail.

A strike is on: a rule excludes a carrier until Friday. It has no beginning, so it acts in tests of before, too, and
many of them fail, which are right for the days after. Whoever publishes it need not change them, if all that stands
between the set and its tests are rules that end soon, and the tests of the policies of these rules pass.
"""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from engine.decide.policy_tests.runner import Report, TestResult, tests_beside
from engine.errors import InputInvalid, Mistake, TestsFailed
from engine.policies.review import RunTests
from rules.conditions import All, Compare, Condition, Operator
from rules.policy import PolicySet, Rule
from rules.windows import DAY, Window

MOST_DAYS = 7
"""A rule of an emergency ends at most so many days after today."""
_MOST_COMBINED = 5
"""Of so many rules that end soon, each set of them may be the emergency."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What a set is published with all the same: `rules` that end soon, and how many tests fail because of them."""

    rules: tuple[str, ...]
    failing_tests: int


def emergency_of(report: Report, run_tests: RunTests, *, note: str, now: int) -> Emergency:
    """That of a set of which tests fail: the fewest rules that end soon, without which all others pass. `now` in UTC
    seconds. Raises InputInvalid if there is no note that says why, and TestsFailed if the tests fail for other reasons,
    or if these rules have no tests that pass.
    """
    if not note.strip():
        raise InputInvalid([Mistake(field="note", message="publishing in an emergency needs a note that says why")])
    candidates = ending_soon(report, now)
    if not candidates:
        raise failed(
            report.failed,
            of=report,
            because=f"None of them fails because of a rule that ends within {MOST_DAYS} days: give the rule of the"
            " emergency an `until`",
        )
    rules, others = _fewest_failing(candidates, report, run_tests)
    if others:
        raise failed(others, of=report, because=f"These fail without {', '.join(rules)}, too, so they must pass")
    _verify_tested(rules, report)
    return Emergency(rules=rules, failing_tests=len(report.failed))


def ending_soon(report: Report, now: int) -> tuple[str, ...]:
    """The rules that act in tests that fail, and end within MOST_DAYS: their last day, on the clock that they go by, is
    at most so many after today's in UTC, and not over.
    """
    fired = frozenset[str]().union(*(result.fired for result in report.failed))
    today = datetime.fromtimestamp(now, UTC).toordinal()
    return tuple(
        rule.id
        for rule in report.policies.rules.values()
        if rule.id in fired
        and any(
            today - 1 <= (window.end - 1) // DAY <= today + MOST_DAYS
            for _, window in _windows(rule.condition)
            if window.end is not None
        )
    )


def _fewest_failing(
    candidates: Sequence[str], report: Report, run_tests: RunTests
) -> tuple[tuple[str, ...], list[TestResult]]:
    """The rules without which the fewest other tests fail, and these; no more are tried once none does."""
    tried = []
    for rules in _sets_of(candidates):
        others = _failing_without(rules, report, run_tests)
        tried.append((rules, others))
        if not others:
            break
    return min(tried, key=lambda one: len(one[1]))


def _sets_of(candidates: Sequence[str]) -> Iterator[tuple[str, ...]]:
    """What may be the rules of the emergency, the fewest first; of many candidates, each by itself, and all of them."""
    sizes = range(1, len(candidates) + 1) if len(candidates) <= _MOST_COMBINED else (1, len(candidates))
    return itertools.chain.from_iterable(itertools.combinations(candidates, size) for size in sizes)


def _failing_without(rules: Sequence[str], report: Report, run_tests: RunTests) -> list[TestResult]:
    """What fails without these rules, but for their own tests: those beside them that pass by what these rules do."""
    own = {_place(result) for result in _beside(rules, report) if result.passed and result.fired.intersection(rules)}
    return [result for result in run_tests(_without(report.policies, rules)).failed if _place(result) not in own]


def _verify_tested(rules: Sequence[str], report: Report) -> None:
    """Raise TestsFailed unless each of the rules acts in a test beside it, and all tests there pass."""
    beside = _beside(rules, report)
    if own_failed := [result for result in beside if not result.passed]:
        because = f"Also in an emergency, the tests beside {', '.join(rules)} must pass"
        raise failed(own_failed, of=report, because=because)
    untested = [rule for rule in rules if not any(rule in result.fired for result in beside)]
    if untested:
        raise failed(
            report.failed,
            of=report,
            because=f"In an emergency, each rule that makes tests fail needs one in the test file beside its own, in"
            f" which it acts: {', '.join(untested)}",
        )


def _beside(rules: Sequence[str], report: Report) -> list[TestResult]:
    """The tests in the files beside those of the rules."""
    files = {
        file for file, policy in tests_beside(report.policies).items() if any(rule.id in rules for rule in policy.rules)
    }
    return [result for result in report.results if result.test.file in files]


def _place(result: TestResult) -> tuple[str, int]:
    return result.test.file, result.test.line


def failed(results: Sequence[TestResult], *, of: Report, new: Sequence[str] = (), because: str = "") -> TestsFailed:
    """What is raised of tests that fail."""
    return TestsFailed(
        [f"{result.test.file}:{result.test.line}  {result.test.name}" for result in results],
        of=len(of.results),
        new=new,
        because=because,
    )


def _windows(condition: Condition) -> Iterator[tuple[Compare, Window]]:
    """Those that must be open for the condition to hold."""
    match condition:
        case Compare(operator=Operator.WITHIN, operands=(Window() as window,)):
            yield condition, window
        case All(parts=parts):
            for part in parts:
                yield from _windows(part)


def _without(policies: PolicySet, rules: Sequence[str]) -> PolicySet:
    """The set in which these rules never act. They stay in it, since tests may name them."""
    return replace(
        policies,
        policies=tuple(
            replace(policy, rules=tuple(_closed(rule) if rule.id in rules else rule for rule in policy.rules))
            for policy in policies.policies
        ),
    )


def _closed(rule: Rule) -> Rule:
    comparison, _ = next(_windows(rule.condition))
    never = replace(comparison, operands=(Window(end=0),))
    return replace(rule, condition=All(parts=(rule.condition, never)))
