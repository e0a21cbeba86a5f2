"""The JSON of a decision as plain values, for tests that look into what callers read."""

import json
from typing import Any, Protocol


class _HasBody(Protocol):
    @property
    def body(self) -> bytes: ...


class _HasFacts(Protocol):
    @property
    def facts(self) -> bytes: ...


def json_of(answer: _HasBody) -> dict[str, Any]:
    """What the bytes of an answer, a log entry or a link of a chain say."""
    return dict(json.loads(answer.body))


def facts_of(answer: _HasFacts) -> dict[str, Any]:
    """On what stock it was decided, and which options rules took away."""
    return dict(json.loads(answer.facts))
