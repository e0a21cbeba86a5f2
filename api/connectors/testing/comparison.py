"""What came of a test."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from api.connectors.running.row_tests import text_of
from api.connectors.testing.connector_test import ConnectorTest
from rules.syntax.yaml_document import Plain

MOST_TOLD = 20
"""Differences of one test that are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TestResult:
    """`differences` are sentences; none: it passed."""

    __test__ = False

    test: ConnectorTest
    differences: tuple[str, ...]

    @property
    def passed(self) -> bool:
        return not self.differences


def values_differ(asked: Mapping[str, Any] | None, found: Any, what: str) -> Iterator[str]:
    """Sentences on values that are not as expected; None expects nothing."""
    if asked is None:
        return
    wanted, made = flat(asked), flat(found or {})
    for path in dict.fromkeys((*made, *wanted)):
        if made.get(path) != wanted.get(path):
            yield f"{what}: {path}: expected {shown(wanted, path)}, made {shown(made, path)}"


def flat(value: Any, path: str = "") -> dict[str, str | None]:
    """Single values by their paths, as `lines.0.sku`, each as text."""
    if isinstance(value, Mapping):
        items = [(f"{path}.{name}" if path else str(name), item) for name, item in value.items()]
    elif isinstance(value, list | tuple):
        items = [(f"{path}.{index}", item) for index, item in enumerate(value)]
    else:
        return {path: None if value is None else text_of(str(value) if isinstance(value, Plain) else value)}
    return {place: text for name, item in items for place, text in flat(item, name).items()}


def shown(values: Mapping[str, str | None], path: str) -> str:
    return f"'{values[path]}'" if path in values else "nothing"
