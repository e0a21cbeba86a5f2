"""Checks that a refusal is a complete problem of RFC 9457 (problem details)."""

from typing import Any

import msgspec

from api.records.problems import ProblemRecord


def problem_of(response, status: int) -> dict[str, Any]:
    """Assert that a refusal is complete, and return its body."""
    assert response.status_code == status, response.data
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert set(body) - {"errors", "findings"} == {"type", "title", "status", "detail"}, body
    assert msgspec.to_builtins(msgspec.convert(body, ProblemRecord)) == body
    assert body["status"] == status
    assert body["type"].startswith("urn:pointsman:problem:")
    assert body["title"]
    assert body["detail"]
    for error in body.get("errors", []):
        assert set(error) == {"field", "message"}
        assert error["message"]
    if status == 503:
        assert int(response.headers["Retry-After"]) >= 1
    return body


def fields_of(body: dict[str, Any]) -> list[str]:
    return [error["field"] for error in body.get("errors", [])]
