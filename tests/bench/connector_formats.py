"""How long a row of each format takes to read and to map, and how much memory a file of many rows takes, each in a
process of its own. `python -m tests.bench.connector_formats FORMAT FILE` is that process.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from api.connectors.fields.mapper import Mapper
from api.connectors.formats.format import FormatName, Row
from api.connectors.formats.reading import read_rows
from tests.support import connector_rows

ROOT = Path(__file__).parents[2]
ROWS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatFigures:
    """Microseconds of processor for each row, and the bytes by which the process grew while it read a file of `size`
    bytes.
    """

    form: str
    read: float
    mapped: float
    size: int
    grown: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingFigures:
    rows: int
    formats: Sequence[FormatFigures]


def measure(*, rows: int, say: Callable[[str], None]) -> ReadingFigures:
    say(f"reading {rows:,} rows of each format")
    with tempfile.TemporaryDirectory(prefix="pointsman-bench-") as folder:
        return ReadingFigures(rows=rows, formats=[_of(form, rows, Path(folder)) for form in connector_rows.OPTIONS])


def _of(form: FormatName, rows: int, folder: Path) -> FormatFigures:
    path = folder / form
    with path.open("wb") as file:
        connector_rows.write(form, rows, file)
    command = [sys.executable, "-m", "tests.bench.connector_formats", form, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True, timeout=600)
    seen, read, mapped, grown = json.loads(done.stdout)
    if seen != rows:
        raise ValueError(f"{form}: {seen} rows of {rows} were read")
    micros = 1_000_000 / rows
    return FormatFigures(form=form, read=read * micros, mapped=mapped * micros, size=path.stat().st_size, grown=grown)


def main(form: FormatName, path: str) -> None:
    options = connector_rows.OPTIONS[form]
    mapper = Mapper(connector_rows.fields(form), options, {})
    for _ in read_rows(Path(path).open("rb"), options):  # noqa: SIM115  # what is imported late is imported by now
        break
    before = _peak()
    started = time.process_time()
    with Path(path).open("rb") as file:
        seen = sum(isinstance(row, Row) for row in read_rows(file, options))
    read = time.process_time() - started
    started = time.process_time()
    with Path(path).open("rb") as file:
        for row in read_rows(file, options):
            if isinstance(row, Row):
                mapper.map(row, {})
    mapped = time.process_time() - started - read
    print(json.dumps([seen, read, mapped, _peak() - before]))


def _peak() -> int:
    """Bytes; Linux counts in kilobytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1_024


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type]  # a name of OPTIONS, and a file
