"""What is to be said of policies before they decide: their mistakes, whether they fit the network, their tests."""

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
"""Letters of a version that people are shown."""

Trial: TypeAlias = Callable[[PolicySet], Report]
"""What tries the cases of a policy set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What is to be said of a policy set: its findings, the set itself if none of them is an error, and what became of
    its tests, if it has any.
    """

    policies: PolicySet | None
    errors: tuple[Finding, ...]
    warnings: tuple[Finding, ...]
    report: Report | None = None


def reviewed(files: Mapping[str, bytes], *, fitting: Callable[[PolicySet], Fit], trial: Trial | None) -> Review:
    """`fitting` holds a set without mistakes against the network; mistakes in its tests are errors, too."""
    checked = check(files)
    found = checked.policies
    if found is None:
        return Review(policies=None, errors=checked.errors, warnings=checked.warnings)
    fits = fitting(found)
    warnings = tuple(sorted([*checked.warnings, *fits.warnings]))
    if fits.errors:
        return Review(policies=None, errors=fits.errors, warnings=warnings)
    try:
        report = trial(found) if trial else None
    except PolicyInvalid as error:
        return Review(policies=None, errors=tuple(error.findings), warnings=warnings)
    return Review(policies=found, errors=(), warnings=warnings, report=report)


def misfits(found: PolicySet, loaded: Network) -> Iterator[Mistake]:
    """Why policies that decide keep a network from being loaded."""
    for finding in fit(found, loaded, {}).errors:
        message = f"does not fit this network; publish and activate policies without it first: {finding}"
        yield Mistake(where=f"policy version {found.version[:SHORT]}", field="", message=message)
