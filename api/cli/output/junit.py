"""The report of a run of policy tests as JUnit XML, which build servers show."""

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from engine.decide.policy_tests.runner import Report, TestResult

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report, *, strict: bool) -> bytes:
    """One suite for each file; if `strict`, one more, in which each thing that is not tested is a failure."""
    suites = [(file, list(results)) for file, results in groupby(report.results, key=lambda item: item.test.file)]
    untested = report.untested if strict else ()
    root = ET.Element("testsuites", _counts(len(report.results) + len(untested), len(report.failed) + len(untested)))
    for file, results in suites:
        failures = sum(not item.passed for item in results)
        suite = ET.SubElement(root, "testsuite", {"name": _text(file), **_counts(len(results), failures)})
        for item in results:
            _add_test(suite, item)
    if untested:
        suite = ET.SubElement(root, "testsuite", {"name": "strict", **_counts(len(untested), len(untested))})
        for sentence in untested:
            case = ET.SubElement(suite, "testcase", classname="strict", name=_text(sentence))
            ET.SubElement(case, "failure", message=_text(sentence))
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode()


def _add_test(suite: ET.Element, result: TestResult) -> None:
    test = result.test
    where = {"classname": _text(test.file), "name": _text(test.name), "file": _text(test.file), "line": str(test.line)}
    element = ET.SubElement(suite, "testcase", where)
    if result.differences:
        names = ", ".join(item.what for item in result.differences)
        failure = ET.SubElement(element, "failure", message=_text(f"not as expected: {names}"))
        failure.text = _text(
            "\n".join(f"{item.what}\n  expected: {item.expected}\n  got: {item.got}" for item in result.differences)
        )


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures)}


def _text(text: str) -> str:
    """`text` with U+FFFD for each character that XML does not allow."""
    return _NO_XML.sub("\ufffd", text)
