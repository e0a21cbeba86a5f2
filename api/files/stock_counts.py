"""Reads a CSV of counted stock (node, sku, on_hand; of a lot lot and expires; if known, at), and imports it if there is
no mistake in it.
"""

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from api.files.csv_rows import load_row, rows
from api.files.inventory_folder import STOCK_NUMBERS
from api.files.lot_rows import PositionRows
from api.shapes.fields import Literal, StampField, Word, thousandths
from api.shapes.limits import MOST_ON_HAND
from api.shapes.lots import LotColumns, label_of
from api.shapes.quantities import Quantities
from engine.errors import InputInvalid, Mistake
from engine.inventory.position_checks import not_counted
from engine.inventory.stock import MOST_AT_ONCE
from engine.model.facts import Product
from engine.service import Pointsman
from engine.store.outcomes import CountOlder, CountOutcome
from engine.store.stock import Count, Stamp
from rules.syntax import literals

MOST_NAMED = 1_000
"""At most so many positions are named whose count was older than the latest one."""
_COLUMNS = ["node", "sku", "on_hand"]


class CountShape(LotColumns):
    node = Word(required=True)
    sku = Word(required=True)
    on_hand = Literal(literals.count, most=MOST_ON_HAND, required=True)
    at = StampField()
    daily_sales = Literal(thousandths)
    """Allowed so that the stock.csv of a load can be imported too, but ignored: paces stay as they were loaded."""


@dataclass(slots=True, kw_only=True)
class ImportSummary:
    """How many positions were counted, and how many counts had each outcome. `older` holds the first MOST_NAMED counts
    that were older than the latest one of their position.
    """

    positions: int = 0
    outcomes: Counter[type[CountOutcome]] = field(default_factory=Counter)
    older: list[Count] = field(default_factory=list)

    def add(self, counts: Sequence[Count], outcomes: Sequence[CountOutcome]) -> None:
        self.positions += len(counts)
        self.outcomes.update(map(type, outcomes))
        older = [count for count, outcome in zip(counts, outcomes, strict=True) if isinstance(outcome, CountOlder)]
        self.older += older[: MOST_NAMED - len(self.older)]


def read_counts(path: Path, pointsman: Pointsman) -> list[Count]:
    """The counts of a file; those without `at` are as of now. Raises InputInvalid with every mistake."""
    mistakes: list[Mistake] = []
    network = pointsman.network()
    positions: dict[tuple[str, str], PositionRows] = {}
    counts_of: dict[tuple[str, str], Stamp] = {}
    counts: list[Count] = []
    places: list[str] = []
    for where, label, count in _counts(path, pointsman.micros, mistakes, Quantities(network.decimals)):
        mistake = pointsman.stock.check_time(count)
        if mistake is not None:
            mistakes.append(dataclasses.replace(mistake, where=where))
        if count.node not in network.nodes:
            mistakes.append(Mistake(where=where, field="node", message=f"no node goes by the id '{count.node}'"))
        position = positions.setdefault((count.node, count.sku), PositionRows())
        mistakes += position.mistakes(label, node=count.node, sku=count.sku, where=where)
        position.add(label, count.on_hand)
        if position.units and counts_of.setdefault((count.node, count.sku), count.stamp) != count.stamp:
            message = f"the lots of '{count.sku}' at '{count.node}' are one count, of one instant"
            mistakes.append(Mistake(where=where, field="at", message=message))
        counts.append(count)
        places.append(where)
    products = _products({count.sku: None for count in counts}, pointsman)
    for where, count in zip(places, counts, strict=True):
        if count.sku not in products:
            mistakes.append(Mistake(where=where, field="sku", message=f"no product goes by the SKU '{count.sku}'"))
        elif not products[count.sku].counted:
            mistakes.append(Mistake(where=where, field="sku", message=not_counted(count.sku)))
    if mistakes:
        raise InputInvalid(sorted(mistakes, key=_line_and_field))
    return _of_positions(counts, positions) if any(rows.units for rows in positions.values()) else counts


def _of_positions(counts: Sequence[Count], positions: Mapping[tuple[str, str], PositionRows]) -> list[Count]:
    """One count for all rows of a position."""
    whole: dict[tuple[str, str], Count] = {}
    for count in counts:
        rows = positions[count.node, count.sku]
        lots = rows.lots if rows.units else None
        whole[count.node, count.sku] = dataclasses.replace(count, on_hand=rows.on_hand, lots=lots)
    return list(whole.values())


def import_counts(counts: list[Count], pointsman: Pointsman, progress: Callable[[int], None]) -> ImportSummary:
    """Store the counts, MOST_AT_ONCE at a time; one that is older than the latest of its position changes nothing.

    `progress` is called with the number of counts stored at a time.
    """
    summary = ImportSummary()
    for start in range(0, len(counts), MOST_AT_ONCE):
        batch = counts[start : start + MOST_AT_ONCE]
        summary.add(batch, pointsman.stock.set_counts(batch))
        progress(len(batch))
    return summary


def _products(skus: Iterable[str], pointsman: Pointsman) -> dict[str, Product]:
    """The products of `skus`; MOST_AT_ONCE are looked up at a time."""
    ordered = list(skus)
    batches = (ordered[start : start + MOST_AT_ONCE] for start in range(0, len(ordered), MOST_AT_ONCE))
    return {sku: product for batch in batches for sku, product in pointsman.products(batch).items()}


def _counts(
    path: Path, micros: int, mistakes: list[Mistake], quantities: Quantities
) -> Iterator[tuple[str, str | None, Count]]:
    """The place of each row, the label of its lot, and its count."""
    shape = CountShape()
    for where, row in rows(path, _COLUMNS, mistakes, numbers=STOCK_NUMBERS):
        plain = None if row.get("sku") in quantities.decimals else _plain_row(row)
        data = plain or load_row(shape, row, where, mistakes, quantities)
        if data is not None:
            stamp = Stamp(kind="t", number=data.get("at", micros))
            yield where, label_of(data), Count(node=data["node"], sku=data["sku"], on_hand=data["on_hand"], stamp=stamp)


def _plain_row(row: dict[str, str]) -> dict[str, Any] | None:
    """The row as its shape would read it, if it is too plain to have mistakes, else None. Much faster than the shape,
    and of a million rows nearly all are plain.
    """
    plain = len(row) == len(_COLUMNS) and all(row.get(name, "").isascii() for name in _COLUMNS)
    on_hand = row.get("on_hand", "")
    if not plain or not (on_hand.isdigit() and len(on_hand) <= 9) or not _has_plain_words(row):  # noqa: PLR2004  # below MOST_ON_HAND
        return None
    return {**row, "on_hand": int(on_hand)}


def _has_plain_words(row: dict[str, str]) -> bool:
    return all(row.get(name, "").isprintable() and 0 < len(row.get(name, "")) <= 200 for name in ("node", "sku"))  # noqa: PLR2004  # as in Word


def _line_and_field(mistake: Mistake) -> tuple[int, str]:
    line = mistake.where.rpartition(":")[2]
    return (int(line) if line.isdigit() else 0, mistake.field)
