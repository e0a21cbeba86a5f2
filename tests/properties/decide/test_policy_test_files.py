"""However a test file is changed, it gives tests that can be decided, or findings; never a traceback."""

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.files.policy_tests.reader import read_policy_tests
from engine.decide.policy_tests.runner import run_policy_tests
from rules.errors import Finding, PolicyInvalid
from rules.loader import load_policies
from rules.policy import PolicySet
from tests.support.examples import examples

pytestmark = pytest.mark.slow

FOLDER = Path(__file__).parents[3] / "policies"
LANGUAGE_PAGE = (FOLDER.parent / "docs" / "policy-language.md").read_text(encoding="utf-8")
GARDEN, GARDEN_TEST = (
    re.search(rf"^## {title}\n.*?^```yaml\n(.*?)^```", LANGUAGE_PAGE, re.MULTILINE | re.DOTALL)[1]
    for title in ("A file", "Tests")
)
CLEARANCE_TEST = (FOLDER / "clearance_test.yaml").read_text(encoding="utf-8")
RICH = """
services: {van: {mode: van, transit: [{up_to: 80 km, takes: 4 h}], countries: [FR], per_kg: 0.20}}
nodes: {near: {type: store, away: 5 km, services: [van, bike], attributes: {franchise: true}, load: 3}}
products: {A: {weight: 2 kg, tags: [gift], attributes: {hazmat: true}}}
stock: {some: {A: {near: {on_hand: 4, held: 1, daily_sales: 0.5}, store: 2}}, more: {like: some, B: {near: 1}}}
orders: {one: {promise_by: 24 h, destination: {near: store}, lines: {A: {quantity: 2, unit_price: 9.90}}}}
tests:
  - test: everything
    now: 2026-11-27 10:00
    order: {like: one, lines: [{sku: A, quantity: 1}, {sku: B, quantity: 2}]}
    stock: more
    expect:
      status: partial
      shipments: [{node: [near, store], lines: {A: 1}, cost: {at_most: 9.00 EUR}, late: false}]
      unfilled: {B: {units: 1, reason: [no_stock, not_enough], by: garden/heavy-from-near}}
      excluded: [{node: near, service: bike, sku: A, by: garden/heavy-from-near, unless_needed: false}]
      kept: {A: {near: {less_than: 2}}}
      hold: 48 h
      totals: {co2: {between: [1 g, 2 kg]}, arrives: {at_most: 2 d}}
"""
WORDS = sorted(
    {*re.findall(r"[\w/.-]+", GARDEN_TEST + RICH), "-1", "99999999999999", "2026-13-40", "~", "[]", "{}", "é"}
)


def garden() -> PolicySet:
    return load_policies({"garden.yaml": GARDEN.encode()})


def findings(text: str) -> tuple[Finding, ...]:
    """The findings in the file; if there are none, its tests can be decided."""
    policies = garden()
    try:
        cases = read_policy_tests({"garden_test.yaml": text.encode()}, policies)
    except PolicyInvalid as error:
        return error.findings
    assert len(run_policy_tests(policies, cases).results) == len(cases) > 0
    return ()


def assert_read_or_found(text: str) -> None:
    assert all(finding.line >= 1 and finding.message for finding in findings(text))


def test_the_files_that_are_spoilt_below_are_good():
    for text in (GARDEN_TEST, RICH):
        assert findings(text) == ()


@examples(100)
@given(data=st.data(), text=st.sampled_from((GARDEN_TEST, RICH, CLEARANCE_TEST)))
def test_a_word_put_in_the_place_of_another_is_read_or_found(data, text):
    words = list(re.finditer(r"[\w/.-]+", text))
    for _ in range(data.draw(st.integers(1, 3))):
        word = data.draw(st.sampled_from(words))
        text = text[: word.start()] + data.draw(st.sampled_from(WORDS)) + text[word.end() :]
        words = list(re.finditer(r"[\w/.-]+", text))
    assert_read_or_found(text)


@examples(70)
@given(data=st.data(), text=st.sampled_from((GARDEN_TEST, RICH, CLEARANCE_TEST)))
def test_a_file_with_a_piece_missing_is_read_or_found(data, text):
    start = data.draw(st.integers(0, len(text) - 1))
    end = data.draw(st.integers(start, min(len(text), start + 40)))
    assert_read_or_found(text[:start] + text[end:])
