"""What came of a test."""

from dataclasses import dataclass

from api.connectors.testing.connector_test import ConnectorTest

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
