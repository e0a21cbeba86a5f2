"""The shipped policies use the whole language, and the cases beside them exercise every rule."""

from collections import Counter
from pathlib import Path

import pytest

from api.cli.policy.report import read_folder
from engine.decide.policy_tests.runner import Report, run_policy_tests
from rules.conditions import ALWAYS
from rules.effects import STAGE_OF
from rules.policy_documents import read_document
from rules.vocabulary import Stage

FOLDER = Path(__file__).parents[2] / "policies"
README = (FOLDER / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def report() -> Report:
    return run_policy_tests(*read_folder(FOLDER), find_changing=True)


@pytest.mark.slow
def test_nothing_that_ships_goes_untested(report):
    assert report.untested == ()


def test_every_rule_changes_what_some_case_decides(report):
    assert [item.rule for item in report.coverage if not item.changed] == []


def test_every_rule_but_those_that_always_hold_is_quiet_in_some_case(report):
    always = {rule.id for rule in report.policies.rules.values() if rule.condition == ALWAYS}
    assert {item.rule for item in report.coverage if not item.quiet} == always


def test_every_case_has_a_name_of_its_own(report):
    names = Counter(item.test.name for item in report.results)
    assert [name for name, count in names.items() if count > 1] == []


def test_every_override_silences_its_rule_in_some_case(report):
    silenced = {rule for item in report.results for rule in item.silenced}
    assert {other for rule in report.policies.rules.values() for other in rule.overrides} == silenced


def test_every_effect_is_used(report):
    used = {effect.name for rule in report.policies.rules.values() for effect in rule.effects}
    # no decision shows how much stock there should be, or what would come too late; and there are no look-ahead prices
    # before somebody learns them
    effects = {name for name, stage in STAGE_OF.items() if stage not in (Stage.LEVEL, Stage.PROMISE)}
    assert used == effects - {"lookahead"}


def test_every_kind_of_window_is_used(report):
    documents = [read_document(name, text) for name, text in report.policies.texts.items()]
    keys = {key for document in documents for rule in document.root["rules"] for key in rule}
    assert {"from", "until", "weekdays", "hours", "overrides"} <= keys


def test_the_readme_says_how_many_rules_a_file_has(report):
    names = report.policies.files
    rows = [
        f"| [{names[policy.id]}]({names[policy.id]}) | {len(policy.rules)} |" for policy in report.policies.policies
    ]
    assert [row for row in rows if row not in README] == []
