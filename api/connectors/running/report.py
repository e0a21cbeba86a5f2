"""What became of the messages of a connector in one turn."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from api.connectors.running.problems import Problem

Ending: TypeAlias = Literal["applied", "unchanged", "repeated", "skipped", "bad"]
ENDINGS: tuple[Ending, ...] = ("applied", "unchanged", "repeated", "skipped", "bad")
"""What can become of a row: see engine/store/connectors/status.py."""


@dataclass(slots=True, kw_only=True)
class MessageReport:
    """One message: how many rows it has, and what became of them. `problems` are the first mistakes; `kept` is where it
    lies if it is in quarantine.
    """

    name: str
    rows: int = 0
    endings: dict[Ending, int] = field(default_factory=lambda: dict.fromkeys(ENDINGS, 0))
    problems: list[Problem] = field(default_factory=list)
    kept: Path | None = None


@dataclass(slots=True, kw_only=True)
class TurnReport:
    """`busy`: another process has its turn with the connector. `error` says why the source or the store could not be
    used; what was read before that stands.
    """

    connector: str
    messages: list[MessageReport] = field(default_factory=list)
    busy: bool = False
    error: str = ""
    sent: int = 0

    @property
    def rows(self) -> int:
        return sum(message.rows for message in self.messages)

    def ended(self, ending: Ending) -> int:
        return sum(message.endings[ending] for message in self.messages)
