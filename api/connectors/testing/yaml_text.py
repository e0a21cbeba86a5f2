"""What a connector makes of a sample, as a test that can be pasted into its file."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from api.connectors.running.row_tests import text_of
from api.connectors.testing.runner import MadeOf

_SAFE = re.compile(r"[A-Za-z][\w./@-]*|[0-9]+(\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z", re.ASCII)


def text_of_test(name: str, sample: str, made: MadeOf) -> str:
    """A file `NAME_test.yaml` with this one test."""
    lines = [f"connector: {name}", "tests:", f"  - test: {_scalar(sample)}", f"    sample: {_scalar(sample)}"]
    lines += ["    expect:", "      rows:" if made.rows else "      rows: []"]
    lines += [f"        - {_flow(row)}" for row in made.rows]
    if made.skipped:
        lines.append(f"      skipped: {made.skipped}")
    if made.bad:
        lines.append("      bad:")
        lines += [f"        - {_flow(_bad(problem))}" for problem in made.bad]
    return "\n".join(lines) + "\n"


def _bad(problem: Any) -> Mapping[str, Any]:
    return {"row": problem.row, "path": problem.path, "message": problem.message}


def _flow(value: Any) -> str:
    return "".join(_parts(value))


def _parts(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        yield "{" + ", ".join(f"{_scalar(str(key))}: {_flow(item)}" for key, item in value.items()) + "}"
    elif isinstance(value, list | tuple):
        yield "[" + ", ".join(_flow(item) for item in value) + "]"
    else:
        yield _scalar(text_of(value))


def _scalar(text: str) -> str:
    if _SAFE.fullmatch(text):
        return text
    escaped = (
        text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\r", "\\r").replace("\t", "\\t")
    )
    return f'"{escaped}"'
