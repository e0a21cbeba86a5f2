"""What a process of callers writes down: each request before it is sent, and each answer that it gets.

A process that is killed leaves requests without an answer; whoever opens its journal sends them again, under the same
operation id.
"""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Request: TypeAlias = dict[str, Any]
"""A call as JSON: `op`, its operation id; `call`, one of those in calls.py; and what that call takes."""


class Journal:
    """The journal of one process, and of those before it that were killed. Each line reaches the file in one write."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)

    def asked(self, request: Request) -> None:
        self._write("asked", request["op"], request)

    def decided(self, decision: str, digest: str) -> None:
        """A decision that somebody was answered, and the SHA-256 of its bytes."""
        self._write("decided", decision, digest)

    def answered(self, op: str, answer: Any) -> None:
        """None: the request was refused, and changed nothing."""
        self._write("answered", op, answer)

    def pending(self) -> list[Request]:
        """The requests without an answer."""
        asked: dict[str, Request] = {}
        for kind, name, content in lines_of(self._path):
            if kind == "asked":
                asked[name] = content
            elif kind == "answered":
                del asked[name]
        return list(asked.values())

    def _write(self, *line: Any) -> None:
        os.write(self._file, json.dumps(line).encode() + b"\n")


def journal_path(data: Path, number: int) -> Path:
    return data / f"{number}.journal"


def lines_of(path: Path) -> Iterator[tuple[str, str, Any]]:
    with path.open("rb") as lines:
        for line in lines:
            yield json.loads(line)
