"""The JSON of a decision as plain values, for tests that look into what callers read."""

import json
from typing import Any, Protocol


class _HasBody(Protocol):
    @property
    def body(self) -> bytes: ...


def json_of(answer: _HasBody) -> dict[str, Any]:
    """What the bytes of an answer, a log entry or a link of a chain say."""
    return dict(json.loads(answer.body))
