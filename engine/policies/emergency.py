"""In an emergency, a rule that ends within days is published although it makes tests of other policies fail.

A strike is on: a rule excludes a carrier until Friday. It has no beginning, so it acts in tests of before, too, and
many of them fail, which are right for the days after. Whoever publishes it need not change them, if all that stands
between the set and its tests are rules that end soon, and the tests of the policies of these rules pass.
"""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """What a set is published with all the same: `rules` that end soon, and how many tests fail because of them."""

    rules: tuple[str, ...]
    failing_tests: int


def emergency_of(report: Report, run_tests: RunTests, *, note: str, now: int) -> Emergency:
    """That of a set of which tests fail; `now` in UTC seconds. Raises InputInvalid if there is no note that says why,
    and TestsFailed if the tests fail for other reasons than rules that end soon, or if these have no tests that pass.
    """
    if not note.strip():
        raise InputInvalid([Mistake(field="note", message="publishing in an emergency needs a note that says why")])
    rules = ending_soon(report, now)
    if not rules:
        raise failed(
            report.failed,
            of=report,
            because=f"None of them fails because of a rule that ends within {MOST_DAYS} days: give the rule of the"
            " emergency an `until`",
        )
    named = ", ".join(rules)
    own_files = {file for file, policy in tests_beside(report.policies).items() if _has_any(policy.rules, rules)}
    own = [result for result in report.results if result.test.file in own_files]
    if own_failed := [result for result in own if not result.passed]:
        raise failed(own_failed, of=report, because=f"Also in an emergency, the tests beside {named} must pass")
    untested = [rule for rule in rules if not any(rule in result.fired for result in own)]
    if untested:
        raise failed(
            report.failed,
            of=report,
            because=f"In an emergency, each rule that makes tests fail needs one in the test file beside its own, in"
            f" which it acts: {', '.join(untested)}",
        )
    without = run_tests(_without(report.policies, rules))
    if others := [result for result in without.failed if result.test.file not in own_files]:
        raise failed(others, of=report, because=f"These fail without {named}, too, so they must pass")
    return Emergency(rules=rules, failing_tests=len(report.failed))


def ending_soon(report: Report, now: int) -> tuple[str, ...]:
    """The rules that act in tests that fail, and end within MOST_DAYS."""
    fired = frozenset[str]().union(*(result.fired for result in report.failed))
    return tuple(rule for rule in _ending_soon(report.policies, now) if rule in fired)


def failed(results: Sequence[TestResult], *, of: Report, new: Sequence[str] = (), because: str = "") -> TestsFailed:
    """What is raised of tests that fail."""
    return TestsFailed(
        [f"{result.test.file}:{result.test.line}  {result.test.name}" for result in results],
        of=len(of.results),
        new=new,
        because=because,
    )


def _has_any(rules: Sequence[Rule], names: Sequence[str]) -> bool:
    return any(rule.id in names for rule in rules)


def _ending_soon(policies: PolicySet, now: int) -> list[str]:
    """The rules whose last day, on the clock that they go by, is at most MOST_DAYS after today's in UTC."""
    latest = datetime.fromtimestamp(now, UTC).toordinal() + MOST_DAYS
    return [
        rule.id
        for rule in policies.rules.values()
        if any((window.end - 1) // DAY <= latest for _, window in _windows(rule.condition) if window.end is not None)
    ]


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
