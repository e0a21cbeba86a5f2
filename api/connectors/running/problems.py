"""What is wrong with rows of a message, as it is stored and as people read it."""

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Self

import msgspec

from api.connectors.applying.awaited import is_answered_later
from api.connectors.formats.format import BadRow
from api.connectors.language.connector import Connector
from api.connectors.running.early_mark import EarlyMark
from api.connectors.running.wording import Wording
from engine.errors import Mistake
from rules.errors import one_line

MOST_PROBLEMS = 1_000
"""Of one message, so many are told; of the others, how many there are."""
_MOST_LETTERS = 300
SUFFIX = ".problems.txt"


class Problem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A mistake in a row. `whole`: nothing of the message could be read from there on. `early`: the row is about
    something that is not there, and may still come: `awaits` are all the things that it is about. `raw` is the row as
    it came. `silent`: it says no more than that the row was refused, for the answer to its EDI message.
    """

    row: int
    place: str
    path: str
    message: str
    raw: str = ""
    whole: bool = False
    early: bool = False
    silent: bool = False
    awaits: tuple[str, ...] = ()

    @classmethod
    def of_bad_row(cls, bad: BadRow) -> Self:
        return cls(
            row=bad.row, place=bad.place, path=bad.path, message=bad.message, raw=bad.raw, whole=bad.whole
        ).short()

    @classmethod
    def of_mistakes(
        cls,
        mistakes: Iterable[Mistake],
        *,
        row: int,
        place: str,
        raw: str,
        early: bool = False,
        awaits: tuple[str, ...] = (),
    ) -> list[Self]:
        problem = cls(row=row, place=place, path="", message="", raw=raw, early=early, awaits=awaits)
        return [msgspec.structs.replace(problem, path=item.field, message=item.message).short() for item in mistakes]

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


def answered_later(problems: Iterable[Problem]) -> bool:
    """Whether nothing is wrong with the message but what its sender can't mend, and may still come."""
    problems = [*problems]
    return bool(problems) and all(problem.early and is_answered_later(problem.awaits) for problem in problems)


def awaited(problems: Iterable[Problem]) -> Iterator[tuple[str, ...]]:
    """Of each row that came early, the things that it is about."""
    return (problem.awaits for problem in problems)


def problem_text(
    problems: Sequence[Problem], *, connector: Connector, message: str, kept: Path, rows: int, bad: int, at: int,
    taken: int, wording: Wording, early: EarlyMark | None = None,
) -> str:  # fmt: skip
    """The file beside a message in quarantine: what is wrong, where, and how it is mended. `taken` rows of it
    were taken over, now or before. `early`: all that is wrong is that something is not there yet.
    """
    say, number = wording.message, wording.number
    read = _shown(at)
    counts = number(f"{bad:,}"), number(f"{rows:,}")
    others = (
        "Nothing of the message was taken over."
        if not taken
        else "The other rows were taken over, and are not taken over again when this file is replayed."
    )
    file = connector.document.file
    return "\n".join(
        [
            say(
                f"{message}, read by connector {connector.name} on {read}:"
                f" {counts[0]} of {counts[1]} rows could not be taken over."
            ),
            say(others),
            *_purpose(connector, wording),
            "",
            *_problem_lines(problems, say),
            *_of_others(problems, bad, say),
            *([] if early is None else ["", say(_tried_again(early))]),
            "",
            say(f"To mend it, correct these rows in {kept.name} beside this file; or, if the rows are right, {file}"),
            say("or what they are about (a node, a product, an order). Then send the file again:"),
            f"    pointsman connector replay {kept}",
            "",
        ]
    )


def unsent_text(
    problems: Sequence[Problem], *, connector: Connector, kept: Path, what: str, bad: int, wording: Wording
) -> str:
    """The file beside records that could not be sent, of which `kept` has those that are `bad`. `what` goes on after
    how many they are.
    """
    say, number = wording.message, wording.number
    return "\n".join(
        [
            say(f"{number(f'{bad:,}')} {what}:"),
            *_purpose(connector, wording),
            "",
            *_problem_lines(problems, say),
            "",
            say(f"They stand in {kept.name} beside this file. Mend what is wrong with them there, or in"),
            say(f"{connector.document.file}, or what they are about (an addressee, a parcel, an article)."),
            say("Then send them again:"),
            f"    pointsman connector replay {kept}",
            say(f"or all that waits: pointsman connector replay --connector {connector.name}"),
            say("What changes later is sent by itself. Delete both files if nothing of it is to be sent any more."),
            "",
        ]
    )


def _purpose(connector: Connector, wording: Wording) -> list[str]:
    """What the connector is for, so that whoever finds the file knows what it is about."""
    purpose = " ".join(connector.purpose(wording.language).split())
    return [wording.message(f"What the connector is for: {purpose}")] if purpose else []


def _problem_lines(problems: Sequence[Problem], say: Callable[[str], str]) -> Iterator[str]:
    for problem in problems:
        parts = (say(one_line(problem.place)), one_line(problem.path), say(one_line(problem.message)))
        yield ": ".join(part for part in parts if part)
        if problem.raw:
            yield f"    {one_line(problem.raw)}"


def _of_others(problems: Sequence[Problem], bad: int, say: Callable[[str], str]) -> list[str]:
    """Whether there are rows of which nothing is told."""
    told = len({problem.row for problem in problems})
    return [say("... and more rows, of which the first mistakes alone are told.")] if bad > told else []


def _tried_again(early: EarlyMark) -> str:
    if early.next_at is None:
        return f"What it is about had not come by {_shown(early.tried)}; it is not taken over again by itself any more."
    if early.unanswered:
        return (
            "What it is about may still come: the message is taken over again by itself, next at"
            f" {_shown(early.next_at)} and for the last time at {_shown(early.last_at)}; then a person has to see to"
            " it. Its sender is answered once it is taken over, or then."
        )
    return (
        f"What it is about may still come: the message is taken over again by itself, next at {_shown(early.next_at)}"
        f" and for the last time at {_shown(early.last_at)}; then a person has to see to it."
    )


def _shown(instant: int) -> str:
    return datetime.datetime.fromtimestamp(instant, tz=datetime.UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
