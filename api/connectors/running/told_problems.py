"""Which mistakes of a message are stored: the first, which are told to a person without what is personal in them; and
of any other what its answer needs, which says of every EDI message whether it was taken over.
"""

import re
from collections.abc import Container, Iterable, Sequence

import msgspec

from api.connectors.fields.values_in_messages import message_without_values
from api.connectors.formats.edi.acknowledgements import TAG
from api.connectors.formats.format import EDI_FORMATS
from api.connectors.language.connector import Connector
from api.connectors.running.problems import MOST_PROBLEMS, Problem
from api.connectors.running.reading import ReadItem, ReadRow

_PERSONAL = (
    "addressee",
    "destination.postcode",
    "destination.latitude",
    "destination.longitude",
    "customer",
    "tags",
    "town",
)
_OF_ARTICLES = "products"
"""The kind whose tags are those of articles, and say nothing of a person."""
_FIELD = re.compile(r" \(field '[^']*'\)\Z")
_LINE = re.compile(r"(?:\A|(?<=\.))lines\.(?![0-9]{1,4}(?:\.\w+)*\Z).*", re.DOTALL)
"""Of the path of a mistake, a line that is called by its id and not by its place."""


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


def without_personal_values(problems: Iterable[Problem], connector: Connector) -> list[Problem]:
    """Of a connector that reads whom or where something goes to, without rows as they came and without any value: where
    columns are shifted, names stand in other fields, too. Where a row is, its place says. Of EDI, a row's segment is
    still named, as its acknowledgement needs it.
    """
    if connector.kind == _OF_ARTICLES or not any(_is_personal(field) for field in connector.fields):
        return [*problems]
    own_paths = {*connector.once, *connector.group, *(test.path for test in (*connector.when, *connector.must))}
    return [_without_values(problem, own_paths, is_edi=connector.format.format in EDI_FORMATS) for problem in problems]


def _without_values(problem: Problem, own_paths: Container[str], *, is_edi: bool) -> Problem:
    segment = TAG.match(problem.raw) if is_edi else None
    path = problem.path
    if not _FIELD.search(problem.message) and path not in own_paths:
        path = _LINE.sub("lines.…", path)
    message = message_without_values(problem.message)
    return msgspec.structs.replace(problem, raw="" if segment is None else segment[0], path=path, message=message)


def _is_personal(field: str) -> bool:
    return any(field == name or field.startswith(f"{name}.") for name in _PERSONAL)
