"""Where what was tried of a job is kept on this machine, until it has ended."""

import contextlib
import shutil
from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from pathlib import Path

from engine.settings import Settings


def folder_of(settings: Settings, job: str) -> Path:
    """That of one job."""
    return _all(settings) / job


def kept_folders(settings: Settings) -> list[Path]:
    """Those that there are."""
    with contextlib.suppress(OSError):
        return [path for path in _all(settings).iterdir() if path.is_dir()]
    return []


def remove_folders(kept: Iterable[Path], unended: AbstractSet[str]) -> None:
    """Remove those of jobs that have ended, were cancelled or are forgotten. `kept` was read before it was known which
    jobs are `unended`, so none is of a job that began since.
    """
    for folder in kept:
        if folder.name not in unended:
            shutil.rmtree(folder, ignore_errors=True)


def _all(settings: Settings) -> Path:
    return settings.data / "whatif" / settings.network
