"""Runs policy tests that are written in a test's code on rules that are written there too."""

import textwrap

import pytest

from api.files.policy_tests.reader import read_policy_tests
from engine.decide.policy_tests.runner import Report, TestResult, run_policy_tests
from rules.errors import PolicyInvalid
from tests.support.facts import policies

FILE = "test_test.yaml"
"""Beside test.yaml, as `tests.support.facts.policy_file` names it."""


def report(text: str, *rules: str, find_changing: bool = False) -> Report:
    """The report of running the test file `text` on the rules, whose ids are test/r1, test/r2 ..."""
    policy_set = policies(*rules)
    tests = read_policy_tests({FILE: textwrap.dedent(text).encode()}, policy_set)
    return run_policy_tests(policy_set, tests, find_changing=find_changing)


def one_test(text: str) -> str:
    """A file of one test; `text` is the test without its name."""
    return "tests:\n  - test: a case\n" + textwrap.indent(textwrap.dedent(text).strip(), "    ") + "\n"


def result_of(text: str, *rules: str) -> TestResult:
    """The result of the one test in `text`."""
    (result,) = report(one_test(text), *rules).results
    return result


def differences(text: str, *rules: str) -> list[tuple[str, str, str]]:
    """Where the decision differs from what the one test expects: what, expected, got."""
    return [(item.what, item.expected, item.got) for item in result_of(text, *rules).differences]


def findings(text: str, *rules: str, name: str = FILE) -> list[str]:
    """The findings in the test file: `line:column code message`."""
    with pytest.raises(PolicyInvalid) as caught:
        read_policy_tests({name: textwrap.dedent(text).encode()}, policies(*rules))
    return [str(finding).removeprefix(f"{name}:").replace("  ", " ") for finding in caught.value.findings]
