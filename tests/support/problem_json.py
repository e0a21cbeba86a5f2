"""What every refusal must look like: problem details, RFC 9457."""

from typing import Any


def problem_of(response, status: int) -> dict[str, Any]:
    """The body of a refusal, once it has been seen to be a whole and clear one."""
    assert response.status_code == status, response.data
    assert response.content_type == "application/problem+json"
    body = response.get_json(force=True)
    assert set(body) - {"errors", "findings"} == {"type", "title", "status", "detail"}, body
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
