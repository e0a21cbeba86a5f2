"""The report of policy tests as the JUnit XML that build servers read."""

from xml.etree import ElementTree as ET

from api.cli.output.junit import junit_xml
from tests.support.policy_test_files import report

TWO = """
    stock: {usual: {A: {warehouse: 9}}}
    tests:
      - {test: it ships & is <well>, order: {lines: {A: 1}}, expect: {status: filled}}
      - {test: it does not, order: {lines: {A: 1}}, expect: {status: unfilled, hold: 1 h}}
"""


def parsed(text: str, *rules: str, strict: bool = False) -> ET.Element:
    return ET.fromstring(junit_xml(report(text, *rules), strict=strict))


def test_each_file_is_a_suite_and_each_test_a_testcase():
    root = parsed(TWO)
    (suite,) = root
    assert (root.tag, root.attrib, suite.attrib) == (
        "testsuites",
        {"tests": "2", "failures": "1"},
        {"name": "test_test.yaml", "tests": "2", "failures": "1"},
    )
    good, bad = suite
    assert good.attrib == {
        "classname": "test_test.yaml",
        "name": "it ships & is <well>",
        "file": "test_test.yaml",
        "line": "4",
    }
    assert list(good) == []
    (failure,) = bad
    assert failure.get("message") == "not as expected: status, hold"
    assert failure.text == "status\n  expected: unfilled\n  got: filled\nhold\n  expected: 1 h\n  got: 48 h"


def test_what_is_not_tested_is_a_suite_of_failures_if_strict():
    rule = "when: {order.channel: social}, then: {hold: 1 h}"
    assert [suite.get("name") for suite in parsed(TWO, rule)] == ["test_test.yaml"]
    root = parsed(TWO, rule, strict=True)
    assert (root.get("tests"), root.get("failures")) == ("4", "3")
    assert [case.get("name") for case in root[1]] == [
        "no case fires test/r1",
        "test_test.yaml: no case fires a rule of test",
    ]
    assert all(case[0].tag == "failure" for case in root[1])


def test_characters_that_xml_does_not_allow_are_replaced():
    sku = r'"a\uFFFEb"'
    text = f"tests: [{{test: t, order: {{lines: {{{sku}: 1}}}}, stock: {{{sku}: {{}}}}, expect: {{unfilled: {{}}}}}}]\n"
    root = parsed(text)
    assert "a\ufffdb: {units: 1, reason: [no_stock]}" in (root[0][0][0].text or "")
