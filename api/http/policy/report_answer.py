"""The report of a what-if as an answer: a page of HTML that needs nothing else."""

from flask import Response
from msgspec import json

from api.records.whatif import WhatIfRecord

HTML = "text/html"


def report_answer(result: bytes, language: str) -> Response:
    """Of the record as it is stored."""
    # imported where a report is asked for, as few workers are: templates, charts and tables are behind it
    from api.reports.whatif.report import report_html, report_policy  # noqa: PLC0415

    record = json.decode(result, type=WhatIfRecord)
    response = Response(report_html(record, language), content_type=f"{HTML}; charset=utf-8")
    response.headers["Content-Security-Policy"] = f"{report_policy()}; frame-ancestors 'none'"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = language
    response.vary.add("Accept-Language")
    return response
