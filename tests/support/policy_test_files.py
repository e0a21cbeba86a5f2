"""Test files made in code, put to rules made in code."""

import textwrap

import pytest

from api.files.policy_tests.reader import read_policy_tests
from engine.decide.policy_tests.runner import Report, Tried, try_cases
from rules.errors import PolicyInvalid
from tests.support.facts import policies

FILE = "test_test.yaml"
"""Beside test.yaml, as `tests.support.facts.policy_file` names it."""


def report(text: str, *rules: str, weigh: bool = False) -> Report:
    """The cases of the test file decided by the rules, test/r1, test/r2 ..."""
    found = policies(*rules)
    cases = read_policy_tests({FILE: textwrap.dedent(text).encode()}, found)
    return try_cases(found, cases, weigh=weigh)


def one_case(text: str) -> str:
    """A file of one case; `text` is the case but for its name."""
    return "tests:\n  - test: a case\n" + textwrap.indent(textwrap.dedent(text).strip(), "    ") + "\n"


def tried(text: str, *rules: str) -> Tried:
    """The one case in `text`, decided."""
    (found,) = report(one_case(text), *rules).tried
    return found


def differences(text: str, *rules: str) -> list[tuple[str, str, str]]:
    """Where the one case comes otherwise: what, expected, got."""
    return [(item.what, item.expected, item.got) for item in tried(text, *rules).differences]


def findings(text: str, *rules: str, name: str = FILE) -> list[str]:
    """What is said of the test file: `line:column code message`."""
    with pytest.raises(PolicyInvalid) as caught:
        read_policy_tests({name: textwrap.dedent(text).encode()}, policies(*rules))
    return [str(finding).removeprefix(f"{name}:").replace("  ", " ") for finding in caught.value.findings]
