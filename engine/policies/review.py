"""Reviews a policy set before it may decide: its mistakes, whether it fits the network, and its tests."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from engine.decide.network_fit import Fit, fit
from engine.decide.policy_tests.runner import Report
from engine.errors import Mistake
from engine.model.facts import Network
from rules.errors import Finding, PolicyInvalid
from rules.lint.check import check
from rules.policy import PolicySet

SHORT = 12
"""How many letters of a version people are shown."""

RunTests: TypeAlias = Callable[[PolicySet], Report]
"""Runs the tests of a policy set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """The findings of a review. `policies` is the set itself, None if there are errors; `report` is of its tests, None
    if it has none or they were not run.
    """

    policies: PolicySet | None
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    report: Report | None = None


def review_policies(
    files: Mapping[str, bytes], *, check_fit: Callable[[PolicySet], Fit], run_tests: RunTests | None
) -> Review:
    """`check_fit` checks a set that has no errors of its own against the network. Mistakes in the files of its tests
    are errors as well; a test that fails is not: it is in the report.
    """
    checked = check(files)
    policies = checked.policies
    if policies is None:
        return Review(policies=None, errors=checked.errors, warnings=checked.warnings)
    network_fit = check_fit(policies)
    warnings = tuple(sorted([*checked.warnings, *network_fit.warnings]))
    if network_fit.errors:
        return Review(policies=None, errors=network_fit.errors, warnings=warnings)
    try:
        report = run_tests(policies) if run_tests else None
    except PolicyInvalid as error:
        return Review(policies=None, errors=tuple(error.findings), warnings=warnings)
    return Review(policies=policies, errors=(), warnings=warnings, report=report)


def network_mistakes(policies: PolicySet, network: Network) -> Iterator[Mistake]:
    """What of `network` does not fit these policies, which decide: reasons not to load it."""
    for finding in fit(policies, network, {}).errors:
        message = f"does not fit this network; publish and activate policies without it first: {finding}"
        yield Mistake(where=f"policy version {policies.version[:SHORT]}", field="", message=message)
