"""What is wrong with rows of a message, as it is stored and as people read it."""

import datetime
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Self

import msgspec

from api.connectors.formats.format import BadRow
from engine.errors import Mistake
from rules.errors import one_line

MOST_PROBLEMS = 1_000
"""Of one message, so many are told; of the others, how many there are."""
_MOST_LETTERS = 300
SUFFIX = ".problems.txt"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mistake in a row. `whole`: nothing of the message could be read from there on. `early`: the row is about
    something that is not there, and may still come. `raw` is the row as it came.
    """

    row: int
    place: str
    path: str
    message: str
    raw: str = ""
    whole: bool = False
    early: bool = False

    @classmethod
    def of_bad_row(cls, bad: BadRow) -> Self:
        return cls(
            row=bad.row, place=bad.place, path=bad.path, message=bad.message, raw=bad.raw, whole=bad.whole
        ).short()

    @classmethod
    def of_mistakes(
        cls, mistakes: Iterable[Mistake], *, row: int, place: str, raw: str, early: bool = False
    ) -> list[Self]:
        return [
            cls(row=row, place=place, path=item.field, message=item.message, raw=raw, early=early).short()
            for item in mistakes
        ]

    def short(self) -> Self:
        """Without what a row of many thousand letters has beyond the first hundreds."""
        return msgspec.structs.replace(self, raw=self.raw[:_MOST_LETTERS], message=self.message[: 2 * _MOST_LETTERS])

    def __str__(self) -> str:
        return ": ".join(part for part in (self.place, self.path, self.message) if part)


def encode(problems: Iterable[Problem]) -> list[bytes]:
    return [msgspec.json.encode(problem) for problem in problems]


def decode(stored: Iterable[bytes]) -> list[Problem]:
    return [msgspec.json.decode(text, type=Problem) for text in stored]


def in_order(problems: Iterable[Problem]) -> list[Problem]:
    """By their rows: what was refused is known later than what could not be read."""
    return sorted(problems, key=lambda problem: problem.row)


def problem_text(
    problems: Sequence[Problem], *, connector: str, connector_file: str, message: str, kept: Path, rows: int, bad: int,
    at: int, taken: int,
) -> str:  # fmt: skip
    """The file beside a message in quarantine: what is wrong, where, and how it is mended. `taken` rows of it
    were taken over, now or before.
    """
    read = datetime.datetime.fromtimestamp(at, tz=datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    others = (
        "Nothing of the message was taken over."
        if not taken
        else "The other rows were taken over, and are not taken over again when this file is replayed."
    )
    lines = [
        f"{message}, read by connector {connector} on {read}: {bad:,} of {rows:,} rows could not be taken over.",
        others,
        "",
    ]
    for problem in problems:
        lines.append(one_line(str(problem)))
        if problem.raw:
            lines.append(f"    {one_line(problem.raw)}")
    if bad > len({problem.row for problem in problems}):
        lines.append("... and more rows, of which the first mistakes alone are told.")
    lines += [
        "",
        f"To mend it, correct these rows in {kept.name} beside this file; or, if the rows are right, {connector_file}",
        "or what they are about (a node, a product, an order). Then send the file again:",
        f"    pointsman connector replay {kept}",
        "",
    ]
    return "\n".join(lines)
