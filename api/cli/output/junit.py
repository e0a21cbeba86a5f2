"""A report as JUnit XML, which build servers show."""

import re
from itertools import groupby
from xml.etree import ElementTree as ET

from engine.decide.policy_tests.runner import Report, Tried

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit_xml(report: Report, *, strict: bool) -> bytes:
    """A suite for each file; if `strict`, one more for what is not tested."""
    suites = [(file, list(tried)) for file, tried in groupby(report.tried, key=lambda item: item.case.file)]
    slack = report.slack if strict else ()
    root = ET.Element("testsuites", _counts(len(report.tried) + len(slack), len(report.failed) + len(slack)))
    for file, tried in suites:
        failures = sum(not item.passed for item in tried)
        suite = ET.SubElement(root, "testsuite", {"name": _text(file), **_counts(len(tried), failures)})
        for item in tried:
            _case(suite, item)
    if slack:
        suite = ET.SubElement(root, "testsuite", {"name": "strict", **_counts(len(slack), len(slack))})
        for sentence in slack:
            case = ET.SubElement(suite, "testcase", classname="strict", name=_text(sentence))
            ET.SubElement(case, "failure", message=_text(sentence))
    ET.indent(root)
    return b'<?xml version="1.0" encoding="utf-8"?>\n' + ET.tostring(root, encoding="unicode").encode()


def _case(suite: ET.Element, tried: Tried) -> None:
    case = tried.case
    where = {"classname": _text(case.file), "name": _text(case.name), "file": _text(case.file), "line": str(case.line)}
    element = ET.SubElement(suite, "testcase", where)
    if tried.differences:
        what = ", ".join(item.what for item in tried.differences)
        failure = ET.SubElement(element, "failure", message=_text(f"otherwise than expected: {what}"))
        failure.text = _text(
            "\n".join(f"{item.what}\n  expected: {item.expected}\n  got: {item.got}" for item in tried.differences)
        )


def _counts(tests: int, failures: int) -> dict[str, str]:
    return {"tests": str(tests), "failures": str(failures)}


def _text(text: str) -> str:
    """Without the characters that XML has no way to write."""
    return _NO_XML.sub("\ufffd", text)
