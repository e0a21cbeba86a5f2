"""The evidence report over HTTP."""

import datetime

import pytest

from engine.audit.evidence.record import EvidenceReportRecord
from tests.support.openapi import mistakes_in
from tests.support.order_json import order_json
from tests.support.problem_json import fields_of, problem_of


def test_the_report_of_a_day_has_its_decisions(http):
    http.post("/v1/decisions", json=order_json(("SHIRT", 1)))
    logged = http.get("/v1/audit/entries").get_json()["entries"][0]["recorded_at"]
    at = datetime.datetime.fromisoformat(logged)  # by the server's clock
    period = {
        "from": (at - datetime.timedelta(hours=1)).isoformat(),
        "until": (at + datetime.timedelta(hours=1)).isoformat(),
    }
    answer = http.get("/v1/audit/report", query_string=period)
    assert mistakes_in(http, EvidenceReportRecord, answer.get_json()) == []
    assert (answer.get_json()["decisions"], answer.get_json()["unreadable"]) == (1, [])
    read = http.get("/v1/audit/accesses?what=evidence_report").get_json()["accesses"]
    assert [access["count"] for access in read] == [1]


@pytest.mark.parametrize("until", ["2026-11-01T00:00:00Z", "2026-12-03T00:00:00Z"])
def test_a_period_is_a_month_at_most(http, until):
    answer = http.get("/v1/audit/report", query_string={"from": "2026-11-01T00:00:00Z", "until": until})
    assert fields_of(problem_of(answer, 422)) == ["until"]
