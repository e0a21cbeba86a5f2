"""What `policy check` found, for people and for programs: text, JSON, GitHub's annotations, SARIF."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import orjson

from api.records.findings import finding_record
from engine import __version__
from rules.errors import Finding
from rules.finding_codes import CODES, Code
from rules.lint.check import CheckResult

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def text(checked: CheckResult) -> str:
    """A line for each finding, `file:line:column  code  message`, and a summary."""
    return "\n".join([*map(str, checked.findings), _summary(checked)])


def as_json(checked: CheckResult) -> str:
    """A list of objects."""
    return orjson.dumps([finding_record(item) for item in checked.findings], option=orjson.OPT_INDENT_2).decode()


def github(checked: CheckResult) -> str:
    """Workflow commands: GitHub shows each beside its line. The summary is a line like any other of the log."""
    return "\n".join([*map(_command, checked.findings), _summary(checked)])


def sarif(checked: CheckResult) -> str:
    """SARIF 2.1.0 (OASIS): one run, with every code that there is as a rule of it."""
    names = list(CODES)
    driver = {"name": "pointsman", "version": __version__, "rules": [_rule(code) for code in CODES.values()]}
    results = [_result(item, names) for item in checked.findings]
    # a column counts letters, not bytes
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2).decode()


FORMATS: Mapping[str, Callable[[CheckResult], str]] = {"text": text, "json": as_json, "github": github, "sarif": sarif}


def _summary(checked: CheckResult) -> str:
    found = checked.policies
    errors, warnings = len(checked.errors), len(checked.warnings)
    what = f"{_count(len(found.rules), 'rule')} in {_count(len(found.policies), 'file')}: " if found else ""
    mistakes = f"{_count(errors, 'error')}, {_count(warnings, 'warning')}"
    version = f"; version {found.version[:12]}" if found else ""
    return f"{what}{mistakes if checked.findings else 'no mistakes'}{version}"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _command(finding: Finding) -> str:
    where = f"file={_property(finding.file)},line={finding.line},col={finding.column},title={_property(finding.code)}"
    return f"::{finding.severity.value} {where}::{_escaped(finding.full_message)}"


def _escaped(words: str) -> str:
    return words.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(words: str) -> str:
    return _escaped(words).replace(":", "%3A").replace(",", "%2C")


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.name,
        "shortDescription": {"text": code.meaning},
        "help": {"text": code.meaning},
        "defaultConfiguration": {"level": code.severity.value},
    }


def _result(finding: Finding, names: list[str]) -> dict[str, Any]:
    place = {
        "artifactLocation": {"uri": quote(finding.file)},
        "region": {"startLine": finding.line, "startColumn": finding.column},
    }
    return {
        "ruleId": finding.code,
        "ruleIndex": names.index(finding.code),
        "level": finding.severity.value,
        "message": {"text": finding.full_message},
        "locations": [{"physicalLocation": place}],
    }
