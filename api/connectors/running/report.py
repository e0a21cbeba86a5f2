"""What became of the messages of a connector in one turn."""

import logging
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from api.connectors.running.problems import Problem

logger = logging.getLogger("pointsman")

Ending: TypeAlias = Literal["applied", "unchanged", "older", "repeated", "skipped", "bad"]
ENDINGS: tuple[Ending, ...] = ("applied", "unchanged", "older", "repeated", "skipped", "bad")
"""What can become of a row: see engine/store/connectors/status.py."""
STANDING: tuple[Ending, ...] = ("applied", "unchanged", "older", "repeated")
"""Of a row that is not to be taken over again."""


@dataclass(slots=True, kw_only=True)
class MessageReport:
    """One message: how many rows it has, and what became of them. `problems` are the first mistakes; `kept` is where it
    lies if it is in quarantine; `unanswered` says why an EDI interchange of it was not answered.
    """

    name: str
    rows: int = 0
    endings: dict[Ending, int] = field(default_factory=lambda: dict.fromkeys(ENDINGS, 0))
    problems: list[Problem] = field(default_factory=list)
    kept: Path | None = None
    unanswered: str = ""

    @property
    def standing(self) -> int:
        """How many of its rows stand by now, taken over now or before."""
        return sum(self.endings[ending] for ending in STANDING)


@dataclass(slots=True, kw_only=True)
class TurnReport:
    """`busy`: another process has its turn with the connector. `error` says why the source or the store could not be
    used; what was read before that stands. `settling`: how many messages are there, but may still be written, until
    they have not changed for `settled` seconds. `begun`: a connector that sends has never run before; what happens from
    now on is sent. `left_alone_until`: the other side asked not to be called before (UTC seconds); 0: it did not.
    `began_again` says that what is read was made anew, and is read from its start; empty: it was not.
    """

    connector: str
    messages: list[MessageReport] = field(default_factory=list)
    busy: bool = False
    error: str = ""
    sent: int = 0
    settling: int = 0
    settled: int = 0
    begun: bool = False
    left_alone_until: int = 0
    began_again: str = ""

    @property
    def rows(self) -> int:
        return sum(message.rows for message in self.messages)

    def ended(self, ending: Ending) -> int:
        return sum(message.endings[ending] for message in self.messages)


def log_message(connector: str, report: MessageReport) -> None:
    """One line of the process's log a message."""
    level = logging.WARNING if report.kept is not None else logging.INFO
    details = {"connector": connector, "file": report.name, "rows": report.rows, **report.endings}
    text = "connector %s read %s: %s rows, %s taken over, %s bad"
    logger.log(
        level,
        text,
        connector,
        report.name,
        report.rows,
        report.endings["applied"],
        report.endings["bad"],
        extra=details,
    )
