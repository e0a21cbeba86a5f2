"""What changed in the meaning of rules and facts, by the number that decisions are logged with (`MEANING`).

A release that decides otherwise on the same facts raises the number, and says here and in docs/audit.md what changed.
"""

from collections.abc import Mapping
from types import MappingProxyType

MEANINGS: Mapping[int, str] = MappingProxyType({1: "the first that has a number"})


def changes_since(meaning: int) -> list[str]:
    """What changed after that meaning, oldest first."""
    return [f"meaning {number}: {change}" for number, change in sorted(MEANINGS.items()) if number > meaning]
