"""The libraries for Parquet files, pyarrow and DuckDB: an extra, imported only where they are needed."""

import importlib
from typing import Any

from engine.errors import ArchiveUnavailable


def pyarrow() -> Any:
    """pyarrow, with pyarrow.parquet; raises ArchiveUnavailable."""
    _import("pyarrow.parquet")
    return _import("pyarrow")


def duckdb() -> Any:
    """Raises ArchiveUnavailable."""
    return _import("duckdb")


def _import(name: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError:
        library = name.partition(".")[0]
        raise ArchiveUnavailable(f"{library} is not installed: pip install 'pointsman[archive]'") from None
