"""The findings of `policy check` in each of its formats: text, JSON, GitHub annotations, SARIF."""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec
import orjson

from api.cli.output.mistakes import finding_line, full_message
from api.language.current import counted, say
from api.records.findings import FindingRecord
from engine.version import VERSION
from rules.errors import Finding
from rules.finding_codes import CODES, NETWORK_CODES, Code
from rules.lint.check import CheckResult

_SARIF_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"


def text(checked: CheckResult, network: str | None = None) -> str:
    """One line for each finding, `file:line:column  code  message`, and a summary, which names the network that words
    were compared with.
    """
    return "\n".join([*map(finding_line, checked.findings), _summary(checked, network)])


def as_json(checked: CheckResult, _network: str | None = None) -> str:
    """A JSON list with one object for each finding."""
    records = [FindingRecord.of(finding) for finding in checked.findings]
    return msgspec.json.format(msgspec.json.encode(records), indent=2).decode()


def github(checked: CheckResult, network: str | None = None) -> str:
    """GitHub workflow commands, which GitHub shows beside the line they name; the summary is a plain log line."""
    return "\n".join([*map(_command, checked.findings), _summary(checked, network)])


def sarif(checked: CheckResult, _network: str | None = None) -> str:
    """SARIF 2.1.0 (OASIS): one run, whose rules are all finding codes."""
    codes = {**CODES, **NETWORK_CODES}
    names = list(codes)
    driver = {"name": "pointsman", "version": VERSION, "rules": [_rule(code) for code in codes.values()]}
    results = [_result(item, names) for item in checked.findings]
    # columns count characters, not bytes
    run = {"tool": {"driver": driver}, "columnKind": "unicodeCodePoints", "results": results}
    log = {"$schema": _SARIF_SCHEMA, "version": "2.1.0", "runs": [run]}
    return orjson.dumps(log, option=orjson.OPT_INDENT_2).decode()


FORMATS: Mapping[str, Callable[[CheckResult, str | None], str]] = {
    "text": text,
    "json": as_json,
    "github": github,
    "sarif": sarif,
}


def _summary(checked: CheckResult, network: str | None) -> str:
    policies = checked.policies
    errors, warnings = len(checked.errors), len(checked.warnings)
    mistakes = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}" if checked.findings else say("no mistakes")
    if policies is None:
        return mistakes
    rules, files = counted(len(policies.rules), "rule"), counted(len(policies.policies), "file")
    against = say("; network {network}", network=network) if network else ""
    version = say("; version {version}", version=policies.version[:12])
    return say("{rules} in {files}: {mistakes}", rules=rules, files=files, mistakes=mistakes) + version + against


def _command(finding: Finding) -> str:
    where = f"file={_property(finding.file)},line={finding.line},col={finding.column},title={_property(finding.code)}"
    return f"::{finding.severity.value} {where}::{_escaped(full_message(finding))}"


def _escaped(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _escaped(text).replace(":", "%3A").replace(",", "%2C")


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
