"""What is published of a policy set, and whether its own tests let it be."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from engine.decide.policy_tests.runner import Report
from engine.policies.emergency import MOST_DAYS, Emergency, ending_soon, failed
from rules.diff.compare import Changes
from rules.errors import Finding
from rules.policy import PolicySet, Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A version that is stored; `new` if it was not before. `changes` are the differences from the active version, None
    if there is none or it can't be read. `tests_passed` is how many tests it passed; all of them, but for an
    `emergency`.
    """

    policies: PolicySet
    new: bool
    warnings: tuple[Finding, ...]
    changes: Changes | None
    tests_passed: int
    emergency: Emergency | None = None

    @property
    def version(self) -> str:
        return self.policies.version

    @property
    def rules(self) -> Mapping[str, Rule]:
        return self.policies.rules


def verify_passed(report: Report, added: Collection[str], now: int) -> None:
    """Raise TestsFailed, which knows the rules that were `added` and those of an emergency, unless all tests passed."""
    if report.passed:
        return
    in_all = frozenset(added).intersection(*(result.fired for result in report.failed))
    ends = ", ".join(ending_soon(report, now))
    because = (
        f"If they fail because of what ends within {MOST_DAYS} days ({ends}): in an emergency it can be published all"
        " the same, with a note (--emergency --note WHY)"
    )
    raise failed(report.failed, of=report, new=sorted(in_all), because=because if ends else "")


def count_passed(report: Report | None) -> int:
    return len(report.results) - len(report.failed) if report else 0
