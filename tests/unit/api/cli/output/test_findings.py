"""The findings of `policy check` in each of their formats."""

import json

import pytest

from api.cli.output.findings import FORMATS
from rules.errors import Finding
from rules.finding_codes import CODES, NETWORK_CODES
from rules.lint.check import CheckResult, check

ERROR = Finding(
    file="a b,c:d.yaml", line=3, column=7, code="unknown-fact", message="unknown '50%\r\nx'", meant="order.value"
)
WARNING = Finding(file="q.yaml", line=1, column=1, code="unused-term", message="no rule uses the term 'a'")
FOUND = CheckResult(policies=None, findings=(ERROR, WARNING))
CLEAN = check({"p.yaml": b"policy: p\nrules:\n  - {id: r, because: x, then: {prefer: 1}}\n"})


def test_text_tells_warnings_from_errors_and_counts_both():
    assert FORMATS["text"](CheckResult(policies=None, findings=(WARNING,))) == (
        "q.yaml:1:1  unused-term  warning: no rule uses the term 'a'\n0 errors, 1 warning"
    )
    assert FORMATS["text"](FOUND).splitlines() == [
        r"a b,c:d.yaml:3:7  unknown-fact  unknown '50%\r\nx' (did you mean 'order.value'?)",
        "q.yaml:1:1  unused-term  warning: no rule uses the term 'a'",
        "1 error, 1 warning",
    ]


def test_text_of_policies_without_mistakes_counts_rules_and_files_and_names_the_version():
    assert CLEAN.policies
    assert FORMATS["text"](CLEAN) == f"1 rule in 1 file: no mistakes; version {CLEAN.policies.version[:12]}"


def test_json_is_a_list_of_objects():
    assert json.loads(FORMATS["json"](CLEAN)) == []
    error, warning = json.loads(FORMATS["json"](FOUND))
    assert error == {
        "file": "a b,c:d.yaml",
        "line": 3,
        "column": 7,
        "severity": "error",
        "code": "unknown-fact",
        "message": "unknown '50%\r\nx'",
        "meant": "order.value",
    }
    assert (warning["severity"], warning["meant"]) == ("warning", None)


def test_a_workflow_command_is_one_line_whatever_is_in_the_finding():
    error, warning, _ = FORMATS["github"](FOUND).split("\n")
    assert error == (
        "::error file=a b%2Cc%3Ad.yaml,line=3,col=7,title=unknown-fact"
        "::unknown '50%25%0D%0Ax' (did you mean 'order.value'?)"
    )
    assert warning.startswith("::warning file=q.yaml,line=1,col=1,title=unused-term::no rule")


def test_sarif_has_every_code_as_a_rule_and_each_result_points_to_its_own():
    log = json.loads(FORMATS["sarif"](FOUND))
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert (log["version"], log["$schema"].rpartition("/")[2]) == ("2.1.0", "sarif-schema-2.1.0.json")
    assert [rule["id"] for rule in rules] == [*CODES, *NETWORK_CODES]
    assert all(rule["help"]["text"] and rule["defaultConfiguration"]["level"] for rule in rules)
    for result, finding in zip(run["results"], FOUND.findings, strict=True):
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"] == finding.code
        assert result["level"] == rules[result["ruleIndex"]]["defaultConfiguration"]["level"] == finding.severity.value
        assert result["message"] == {"text": finding.full_message}
        (location,) = result["locations"]
        place = location["physicalLocation"]
        assert place["region"] == {"startLine": finding.line, "startColumn": finding.column}


@pytest.mark.parametrize(("name", "uri"), [("a b,c:d.yaml", "a%20b%2Cc%3Ad.yaml"), ("é/p.yaml", "%C3%A9/p.yaml")])
def test_a_file_name_is_a_reference_in_sarif(name, uri):
    finding = Finding(file=name, line=1, column=1, code="no-rules", message="x")
    log = json.loads(FORMATS["sarif"](CheckResult(policies=None, findings=(finding,))))
    (result,) = log["runs"][0]["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"] == {"uri": uri}


def test_sarif_of_nothing_is_a_run_without_results():
    assert json.loads(FORMATS["sarif"](CLEAN))["runs"][0]["results"] == []
