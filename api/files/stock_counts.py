"""A CSV of counted stock (node, sku, on_hand and, if known, at), checked whole before any of it counts."""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.files.inventory_folder import rows, shaped
from api.shapes.base import Strict
from api.shapes.fields import MOST_ON_HAND, Literal, Moment, Word, thousandths
from engine.errors import InputInvalid, Mistake
from engine.inventory.stock import MOST_AT_ONCE
from engine.service import Pointsman
from engine.store.stock import Count, Stamp
from rules.syntax import literals

MOST_NAMED = 1_000
"""Positions whose count was older than known."""
_MICROSECONDS = 1_000_000
_COLUMNS = ["node", "sku", "on_hand"]


class CountShape(Strict):
    node = Word(required=True)
    sku = Word(required=True)
    on_hand = Literal(literals.count, most=MOST_ON_HAND, required=True)
    at = Moment()
    daily_sales = Literal(thousandths)
    """As in the stock.csv of a load, so that the same file will do; paces stay as they were loaded."""


@dataclass(slots=True, kw_only=True)
class Imported:
    """What became of the counts, in positions; of those older than known, the first MOST_NAMED, too."""

    counts: int = 0
    words: Counter[str] = field(default_factory=Counter)
    older: list[Count] = field(default_factory=list)

    @property
    def record(self) -> dict[str, int]:
        names = {"set": "set", "same": "as_before", "older": "older_than_known", "differs": "contradicting"}
        found = {said: self.words[word] for word, said in names.items()}
        return {"positions": self.counts, **found, "counted_by_sequence": self.words["kind"]}

    def add(self, counts: Sequence[Count], words: Sequence[str]) -> None:
        self.counts += len(counts)
        self.words.update(words)
        older = [count for count, word in zip(counts, words, strict=True) if word == "older"]
        self.older += older[: MOST_NAMED - len(self.older)]


def read_counts(path: Path, pointsman: Pointsman) -> list[Count]:
    """The counts of a file; those without `at` are as of now. Raises InputInvalid with every mistake."""
    notes: list[Mistake] = []
    network = pointsman.network()
    known: dict[str, bool] = {}
    seen: set[tuple[str, str]] = set()
    found: list[Count] = []
    places: list[str] = []
    for where, count in _counts(path, pointsman.now, notes):
        ahead = pointsman.stock.ahead(count)
        if ahead is not None:
            notes.append(dataclasses.replace(ahead, where=where))
        if count.node not in network.nodes:
            notes.append(Mistake(where=where, field="node", message=f"no node goes by the id '{count.node}'"))
        if (count.node, count.sku) in seen:
            message = f"'{count.sku}' at '{count.node}' stands here a second time"
            notes.append(Mistake(where=where, field="sku", message=message))
        seen.add((count.node, count.sku))
        found.append(count)
        places.append(where)
    skus = list(dict.fromkeys(count.sku for count in found))
    for at in range(0, len(skus), MOST_AT_ONCE):
        some = skus[at : at + MOST_AT_ONCE]
        products = pointsman.products(some)
        known.update((sku, sku in products) for sku in some)
    notes += [
        Mistake(where=where, field="sku", message=f"no product goes by the SKU '{count.sku}'")
        for where, count in zip(places, found, strict=True)
        if not known[count.sku]
    ]
    if notes:
        raise InputInvalid(sorted(notes, key=_by_line))
    return found


def place_counts(counts: list[Count], pointsman: Pointsman, progress: Callable[[int], None]) -> Imported:
    """Let the counts count, some at a time; each is newer than what is known of its position, or changes nothing."""
    done = Imported()
    for at in range(0, len(counts), MOST_AT_ONCE):
        some = counts[at : at + MOST_AT_ONCE]
        done.add(some, [item.word for item in pointsman.stock.place(some)])
        progress(len(some))
    return done


def _counts(path: Path, now: int, notes: list[Mistake]) -> Iterator[tuple[str, Count]]:
    shape = CountShape()
    for where, row in rows(path, _COLUMNS, notes):
        data = _quickly(row) or shaped(shape, row, where, notes)
        if data is not None:
            stamp = Stamp(kind="t", number=data.get("at", now * _MICROSECONDS))
            yield where, Count(node=data["node"], sku=data["sku"], on_hand=data["on_hand"], stamp=stamp)


def _quickly(row: dict[str, str]) -> dict[str, Any] | None:
    """The row, where it is so plain that nothing can be wrong with it: of a million rows nearly all are."""
    plain = len(row) == len(_COLUMNS) and all(row.get(name, "").isascii() for name in _COLUMNS)
    on_hand = row.get("on_hand", "")
    if not plain or not (on_hand.isdigit() and len(on_hand) <= 9) or not _words(row):  # noqa: PLR2004  # no overflow
        return None
    return {**row, "on_hand": int(on_hand)}


def _words(row: dict[str, str]) -> bool:
    return all(row.get(name, "").isprintable() and 0 < len(row.get(name, "")) <= 200 for name in ("node", "sku"))  # noqa: PLR2004  # as Word


def _by_line(mistake: Mistake) -> tuple[int, str]:
    line = mistake.where.rpartition(":")[2]
    return (int(line) if line.isdigit() else 0, mistake.field)
