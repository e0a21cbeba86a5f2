"""The shipped policies pass the tests beside them, and the test file on the language's page passes."""

import re
from pathlib import Path

import pytest

from api.cli.policy.report import read_folder
from api.files.policy_tests.reader import read_policies_and_tests, read_policy_tests
from engine.decide.policy_tests.expectation import ORDER_FACTS, SHIPMENT_FACTS, TOTAL_FACTS
from engine.decide.policy_tests.runner import Report, run_policy_tests
from engine.decide.reasons import REASON_CODES
from rules.policy import split_rule_id

FOLDER = Path(__file__).parents[2] / "policies"
LANGUAGE_PAGE = (FOLDER.parent / "docs" / "policy-language.md").read_text(encoding="utf-8")
EXPECTS = LANGUAGE_PAGE.split("\n### What a case expects\n")[1].split("\n### ")[0]


@pytest.fixture(scope="module")
def report() -> Report:
    return run_policy_tests(*read_folder(FOLDER))


def test_every_case_of_the_shipped_policies_passes(report):
    assert [(item.test.name, item.differences) for item in report.failed] == []
    assert report.results


def test_every_shipped_case_expects_something(report):
    assert [item.test.name for item in report.results if item.test.expected.says_nothing] == []


def test_every_rule_of_a_policy_with_tests_fires_in_some_case(report):
    tested = {item.test.file.removesuffix("_test.yaml") for item in report.results}
    unfired = [item.rule for item in report.coverage if not item.fired and split_rule_id(item.rule)[0] in tested]
    assert unfired == []


def example_of(title):
    return re.search(rf"^## {title}\n.*?^```yaml\n(.*?)^```", LANGUAGE_PAGE, re.MULTILINE | re.DOTALL)[1]


def test_the_test_file_of_the_language_page_passes_and_covers_its_policy():
    policy, tests = (example_of(title) for title in ("A file", "Tests"))
    report = run_policy_tests(
        *read_policies_and_tests({"garden.yaml": policy.encode()}, {"garden_test.yaml": tests.encode()}),
        find_changing=True,
    )
    assert [(item.test.name, item.differences) for item in report.failed] == []
    assert report.untested == ()
    assert all(item.fired and item.quiet and item.changed for item in report.coverage)


@pytest.mark.parametrize("example", re.findall(r"^\| `([^`]+)` \|", EXPECTS, re.MULTILINE))
def test_every_expectation_of_the_language_page_is_read(example):
    text = (
        "nodes: {near: {}, far: {}}\ntests:\n  - test: t\n    order: {lines: {BENCH: 1}}\n"
        f"    stock: {{BENCH: {{near: 1}}}}\n    expect:\n      {example}\n"
    )
    (case,) = read_policy_tests({"x_test.yaml": text.encode()})
    assert not case.expected.says_nothing


def test_the_language_page_names_everything_that_a_case_can_expect():
    words = {*ORDER_FACTS, *SHIPMENT_FACTS, *TOTAL_FACTS, *REASON_CODES}
    assert [word for word in sorted(words) if not re.search(rf"[`{{]{word}[:`]", EXPECTS)] == []
