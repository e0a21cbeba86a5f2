"""Takes over rows of a connector: leaves out what came before and echoes, and calls what takes the others."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from api.connectors.applying.appliers import APPLIERS
from api.connectors.applying.awaited import things_of
from api.connectors.applying.incoming import Applied, IncomingRow, Older, Outcome, Place, Refused, Unchanged
from api.connectors.language.connector import Connector
from api.connectors.running.problems import Problem
from api.connectors.running.reading import ReadItem, ReadRow, SkippedRow
from api.connectors.running.report import ENDINGS, STANDING, Ending
from engine.service import Pointsman

_ENDING_OF: Mapping[type[Applied | Unchanged | Older], Ending] = {
    Applied: "applied", Unchanged: "unchanged", Older: "older",
}  # fmt: skip
ECHO_SECONDS = 900
"""For so long after it was sent, a stock that comes back the same is an echo."""


@dataclass(slots=True, kw_only=True)
class Taken:
    """What became of some rows, and by which ids they are known from now on."""

    endings: dict[Ending, int] = field(default_factory=lambda: dict.fromkeys(ENDINGS, 0))
    problems: list[Problem] = field(default_factory=list)
    seen: list[bytes] = field(default_factory=list)

    @property
    def rows(self) -> int:
        """How many of them stand by now, taken over now or before."""
        return sum(self.endings[ending] for ending in STANDING)


class RowTaker:
    """Of one connector. Methods raise what `applying.incoming.LATER` names."""

    def __init__(self, pointsman: Pointsman, connector: Connector) -> None:
        self._store = pointsman.connectors
        self._connector = connector
        self._pointsman = pointsman
        self._place = Place(pointsman=pointsman, connector=connector.name)
        self._apply = APPLIERS[connector.kind]

    def take(self, items: Sequence[ReadItem], *, resumed: bool = False) -> Taken:
        """Take over the rows among them, in their order. `resumed`: a process may have died amid them."""
        taken, place = Taken(), dataclasses.replace(self._place, resumed=resumed)
        for item in items:
            if isinstance(item, SkippedRow):
                taken.endings["skipped"] += 1
            elif isinstance(item, tuple):
                taken.endings["bad"] += 1
                taken.problems += [Problem.of_bad_row(bad) for bad in item]
        rows = [item for item in items if isinstance(item, ReadRow)]
        known = self._known(rows)
        for group in _apart(rows):
            new = [row for row in group if row.once not in known]
            taken.endings["repeated"] += len(group) - len(new)
            self._apply_rows(place, self._without_echoes(new, taken), taken)
            known.update(taken.seen)
        return taken

    def _known(self, rows: Sequence[ReadRow]) -> set[bytes]:
        """Which of them came before, as far as `once` tells."""
        named = [row.once for row in rows if row.named]
        return {
            once for once, before in zip(named, self._store.seen(self._connector.name, named), strict=True) if before
        }

    def _apply_rows(self, place: Place, rows: Sequence[ReadRow], taken: Taken) -> None:
        name = self._connector.name
        incoming = [IncomingRow(number=row.number, place=row.place, fields=row.fields, op=row.op(name)) for row in rows]
        outcomes = self._apply(place, incoming) if incoming else []
        for row, outcome in zip(rows, outcomes, strict=True):
            self._note(row, outcome, taken)

    def _without_echoes(self, rows: Sequence[ReadRow], taken: Taken) -> list[ReadRow]:
        """Those that do not merely say what we said to the same system a moment ago."""
        if not self._connector.echo_of or self._connector.kind != "counts":
            return list(rows)
        targets = [echo_target(str(row.fields.get("node")), str(row.fields.get("sku"))) for row in rows]
        echoes = [False] * len(rows)
        latest = self._pointsman.now - ECHO_SECONDS
        for sender in self._connector.echo_of:
            for index, sent in enumerate(self._store.sent(sender, targets)):
                # what was on hand, and what was available of it: the other system was sent one of the two
                lately = {number for value, at in sent if at >= latest for number in value.split()}
                if str(rows[index].fields.get("on_hand")) in lately:
                    echoes[index] = True
        taken.endings["skipped"] += sum(echoes)
        return [row for row, echo in zip(rows, echoes, strict=True) if not echo]

    def _note(self, row: ReadRow, outcome: Outcome, taken: Taken) -> None:
        if isinstance(outcome, Refused):
            taken.endings["bad"] += 1
            awaits = outcome.awaits or (things_of(self._connector.kind, row.fields) if outcome.early else ())
            taken.problems += Problem.of_mistakes(
                outcome.mistakes,
                row=row.number,
                place=row.place,
                raw=row.raw,
                early=outcome.early,
                awaits=awaits,
            )
            return
        taken.endings[_ENDING_OF[type(outcome)]] += 1
        if row.named:
            taken.seen.append(row.once)


def echo_target(node: str, sku: str) -> str:
    """What of a stock that was sent is remembered, to know it again: where, and of what."""
    return f"{node}\t{sku}"


def _apart(rows: Sequence[ReadRow]) -> Iterator[list[ReadRow]]:
    """The rows in their order, in groups of which none has one twice that `once` tells: it comes once if it was taken
    over, and again if it was refused.
    """
    group, there = list[ReadRow](), set[bytes]()
    for row in rows:
        if row.once in there:
            yield group
            group, there = [], set()
        group.append(row)
        if row.named:
            there.add(row.once)
    if group:
        yield group
