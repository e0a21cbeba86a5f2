"""Reads a file of receipts, a CSV or lines of JSON, and announces them if there is no mistake in it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeAlias

from marshmallow import ValidationError

from api.files.csv_rows import rows
from api.files.file_content import read_content
from api.records.flows.inbound import AnnouncedRecord
from api.shapes.flows.receipts import ReceiptLine, SentAnnouncement
from api.shapes.limits import MOST_ON_HAND
from api.shapes.mistakes import mistakes_of
from api.shapes.quantities import Quantities
from api.shapes.strict_json import NotJson, read_json
from engine.errors import InputInvalid, Mistake, StockConflict
from engine.inbound.stated_incoming import StatedIncoming
from engine.inventory.position_checks import position_mistake
from engine.model.facts import Inventory, Network, Product
from engine.service import Pointsman
from engine.store.flows.receipts import Announcement
from rules.syntax import literals

Products: TypeAlias = Mapping[str, Product]
MOST_NAMED = 1_000
"""At most so many refusals are named."""
_LINES_OF_JSON = frozenset({".ndjson", ".jsonl"})
_COLUMNS = ("id", "source", "node", "sku", "quantity", "expected_at", "status", "sequence")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptRow:
    """A message about a receipt, and where it stands in its file."""

    where: str
    announcement: Announcement
    received_at: int | None


@dataclass(slots=True, kw_only=True)
class ReceiptImport:
    """How many messages there were, how many of each result (see AnnouncedRecord), and why some were refused."""

    receipts: int = 0
    results: Counter[str] = field(default_factory=Counter)
    refusals: list[str] = field(default_factory=list)
    late: int = 0
    """Of those that were taken over, how many are expected before now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderReceipts:
    """What is to come by the files of a network's folder: the messages of receipts.csv, and `incoming` of stock.csv."""

    rows: Sequence[ReceiptRow]
    stated: Sequence[StatedIncoming]


def read_receipts(path: Path, network: Network, products_of: Callable[[set[str]], Products]) -> list[ReceiptRow]:
    """The messages of a file about positions of the network, whose products `products_of` looks up by SKU; raises
    InputInvalid with every mistake in it.
    """
    mistakes: list[Mistake] = []
    found = list(_receipt_rows(path, Quantities(network.decimals), mistakes))
    mistakes += _unknown(found, network, products_of({row.announcement.sku for row in found}))
    if mistakes:
        raise InputInvalid(mistakes)
    return found


def receipts_of_folder(directory: Path, inventory: Inventory) -> FolderReceipts:
    """What is to come by the files of a folder that has that inventory: receipts.csv, if there is one, and the columns
    `incoming` and `incoming_at` of stock.csv. A folder says all that is to come, so some of it may be late. Raises
    InputInvalid with every mistake in them.
    """
    mistakes: list[Mistake] = []
    stated = list(_stated(directory / "stock.csv", inventory.network, mistakes))
    if mistakes:
        raise InputInvalid(mistakes)
    path = directory / "receipts.csv"
    found = read_receipts(path, inventory.network, lambda _: inventory.products) if path.exists() else []
    rows_of_file = [replace(row, announcement=replace(row.announcement, may_be_late=True)) for row in found]
    return FolderReceipts(rows=rows_of_file, stated=stated)


def import_folder(folder: FolderReceipts, pointsman: Pointsman) -> ReceiptImport:
    """Announce what is to come by the files of a folder, which is loaded."""
    stated = pointsman.flows.inbound.messages_of(folder.stated)
    rows = [ReceiptRow(where=where, announcement=message, received_at=None) for where, message in stated]
    return import_receipts([*folder.rows, *rows], pointsman, lambda: None)


def _stated(path: Path, network: Network, mistakes: list[Mistake]) -> Iterator[StatedIncoming]:
    """What comes on a day comes in its first minute."""
    quantities = Quantities(network.decimals)
    for where, row in rows(path, ["node", "sku", "on_hand"], []):
        if not (row.get("incoming") and row.get("incoming_at")):
            continue
        day, sku = literals.date(row["incoming_at"]), row["sku"]
        try:
            units = quantities.smallest(sku, literals.count(row["incoming"]), field="incoming", most=MOST_ON_HAND)
        except InputInvalid as error:
            mistakes += [replace(mistake, where=where) for mistake in error.mistakes]
            continue
        expected_at = network.clock.first(day * literals.SECONDS_A_DAY)
        if units:
            yield StatedIncoming(where=where, node=row["node"], sku=sku, units=units, expected_at=expected_at)


def import_receipts(found: Sequence[ReceiptRow], pointsman: Pointsman, progress: Callable[[], None]) -> ReceiptImport:
    """Announce each; one that contradicts what is known is refused, and the others are taken over all the same."""
    summary = ReceiptImport(receipts=len(found))
    for row in found:
        try:
            outcome = pointsman.flows.inbound.announce(row.announcement, received_at=row.received_at)
        except (InputInvalid, StockConflict) as error:
            summary.results["refused"] += 1
            if len(summary.refusals) < MOST_NAMED:
                summary.refusals.append(f"{row.where}: {error}")
        else:
            announced = AnnouncedRecord.of(outcome, pointsman.now)
            summary.late += announced.receipt.late
            summary.results[announced.result] += 1
        progress()
    return summary


def _receipt_rows(path: Path, quantities: Quantities, mistakes: list[Mistake]) -> Iterator[ReceiptRow]:
    shape = ReceiptLine()
    for where, raw in _raw_rows(path, mistakes):
        try:
            sent: SentAnnouncement = shape.load(raw)
            announcement = sent.announcement(sent.id or "", quantities)
        except ValidationError as error:
            mistakes += mistakes_of(error.messages, where=where)
        except InputInvalid as error:
            mistakes += [Mistake(where=where, field=item.field, message=item.message) for item in error.mistakes]
        else:
            yield ReceiptRow(where=where, announcement=announcement, received_at=sent.received_at)


def _raw_rows(path: Path, mistakes: list[Mistake]) -> Iterator[tuple[str, Any]]:
    """Each row with its place, as it would be sent over HTTP."""
    if path.suffix.lower() not in _LINES_OF_JSON:
        for where, row in rows(path, _COLUMNS, mistakes, numbers=("quantity",)):
            yield where, {name: _cell(name, text) for name, text in row.items()}
        return
    for number, line in enumerate(read_content(path).split(b"\n"), start=1):
        if line.strip():
            try:
                yield f"{path}:{number}", read_json(line)
            except NotJson as error:
                mistakes.append(Mistake(where=f"{path}:{number}", field="", message=f"this {error}"))


def _cell(name: str, text: str) -> str | int:
    whole = name in ("quantity", "sequence") and text.isascii() and text.isdigit()
    return int(text) if whole else text


def _unknown(found: Sequence[ReceiptRow], network: Network, products: Products) -> Iterator[Mistake]:
    for row in found:
        mistake = position_mistake(row.announcement.node, row.announcement.sku, network, products)
        if mistake is not None:
            yield Mistake(where=row.where, field=mistake.field, message=mistake.message)
