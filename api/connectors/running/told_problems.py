"""Which mistakes of a message are stored: the first, which are told to a person; and of any other what its answer
needs, which says of every EDI message whether it was taken over.
"""

from collections.abc import Sequence

from api.connectors.language.connector import Connector
from api.connectors.running.personal_mistakes import without_personal_values
from api.connectors.running.problems import MOST_PROBLEMS, Problem
from api.connectors.running.reading import ReadItem, ReadRow


class ToldProblems:
    """Of one message of a connector. `answered`: each EDI message in it is answered."""

    def __init__(self, connector: Connector, *, answered: bool) -> None:
        self._connector = connector
        self._answered = answered
        self._rejected: set[int | None] = set()

    def split(
        self, problems: Sequence[Problem], batch: Sequence[ReadItem], *, before: int
    ) -> tuple[list[Problem], list[Problem]]:
        """Those that are told after `before` others, without what is personal in them, and those that only the answer
        needs: one of each EDI message.
        """
        room = max(MOST_PROBLEMS - before, 0)
        told, others = without_personal_values(problems[:room], self._connector), problems[room:]
        if not self._answered or not problems:
            return told, []
        edi_messages = _edi_messages(batch)
        self._rejected.update(edi_messages.get(problem.row) for problem in told)
        silent = []
        for problem in others:
            message = edi_messages.get(problem.row)
            if message not in self._rejected:
                self._rejected.add(message)
                silent.append(Problem(row=problem.row, place="", path="", message="", silent=True))
        return told, silent


def _edi_messages(batch: Sequence[ReadItem]) -> dict[int, int | None]:
    """Of each row, its EDI message."""
    of_row: dict[int, int | None] = {}
    for item in batch:
        if isinstance(item, ReadRow):
            of_row[item.number] = item.edi_message
        elif isinstance(item, tuple):
            of_row.update((bad.row, bad.edi_message) for bad in item)
    return of_row
