"""Reads one Parquet file of an archive: the entries of one day (UTC), in their order.

Each row is an entry: `millis` and `number` of its id, its kind, what it is about (`id`) and its `fields`, name and
value of each as it was stored, so that its leaf in the sealed log comes out again. A decision has the columns by which
it is searched as well. What is in these is also in the fields: they are an index, and nothing is proved by them.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

from engine.audit.sealing.leaf import EntryId, id_text
from engine.store.audit.parquet import pyarrow

Stored: TypeAlias = tuple[bytes, dict[bytes, bytes]]
"""An entry as the server answered it: its id in the stream, and its fields."""
Row: TypeAlias = tuple[Stored, dict[str, Any]]
"""An entry, and the columns of its row that are not of the entry itself."""
TEXTS = ("decision", "decided_at", "order", "channel", "status", "because", "policy_version", "caller", "by")
"""Columns of a decision that are texts, by the names of `DecisionSummary`."""
LISTS = ("nodes", "skus", "fired", "silenced")
NUMBERS = ("shipments", "cost_micros", "co2_mg")


def read_day(path: Path, *, after: EntryId = (0, 0), until: EntryId | None = None) -> Iterator[Stored]:
    """The entries behind `after`, up to and with `until`, in their order. Of a damaged file it raises an error of
    pyarrow's, which is an OSError or a ValueError.
    """
    arrow = pyarrow()
    with arrow.parquet.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            if not _may_have(file.metadata.row_group(group), after, until):
                continue
            for row in _between(file.read_row_group(group, columns=["millis", "number", "fields"]), after, until):
                entry = row["millis"], row["number"]
                if after < entry and (until is None or entry <= until):
                    yield id_text(entry).encode(), {part["name"]: part["value"] for part in row["fields"]}


def read_rows(path: Path) -> Iterator[Row]:
    """All rows as they stand in the file, which may have been altered. Raises what `read_day` does, KeyError and
    TypeError.
    """
    with pyarrow().parquet.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            for row in file.read_row_group(group).to_pylist():
                entry_id = id_text((row.pop("millis"), row.pop("number"))).encode()
                yield (entry_id, {part["name"]: part["value"] for part in row.pop("fields")}), row


def _between(table: Any, after: EntryId, until: EntryId | None) -> list[dict[str, Any]]:
    """The rows of the milliseconds of these bounds: making all of them objects takes longest."""
    millis = table["millis"].to_numpy()
    start = int(millis.searchsorted(after[0], side="left"))
    stop = len(millis) if until is None else int(millis.searchsorted(until[0], side="right"))
    rows: list[dict[str, Any]] = table.slice(start, max(0, stop - start)).to_pylist()
    return rows


def _may_have(group: Any, after: EntryId, until: EntryId | None) -> bool:
    statistics = group.column(0).statistics
    if statistics is None or not statistics.has_min_max:
        return True
    return bool(statistics.max >= after[0] and (until is None or statistics.min <= until[0]))


def schema(arrow: Any) -> Any:
    texts, number = arrow.string(), arrow.int64()
    field = arrow.struct([arrow.field("name", arrow.binary()), arrow.field("value", arrow.binary())])
    return arrow.schema(
        [
            *(("millis", number), ("number", number), ("kind", texts), ("id", texts)),
            *((name, texts) for name in TEXTS),
            *((name, arrow.list_(texts)) for name in LISTS),
            *((name, number) for name in NUMBERS),
            ("fields", arrow.list_(field)),
        ]
    )
