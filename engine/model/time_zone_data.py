"""Which release of the time zone database (tzdata) the clocks of this process go by."""

import functools
import importlib.metadata
import zoneinfo
from pathlib import Path

UNKNOWN = "unknown"
_NAMED_IN_LINE = "# version "


@functools.cache
def tzdata_version() -> str:
    """Such as 2025b: of the first directory of zoneinfo's search path that is there, or else of the package tzdata.
    UNKNOWN if that does not say.
    """
    for directory in map(Path, zoneinfo.TZPATH):
        if directory.is_dir():
            return _version_in(directory)
    try:
        return _iana_version(importlib.metadata.version("tzdata"))
    except importlib.metadata.PackageNotFoundError:
        return UNKNOWN


def _version_in(directory: Path) -> str:
    """As the database's compiler, or the package of the operating system, wrote it down."""
    named = directory / "+VERSION"
    if named.is_file():
        return named.read_text(encoding="ascii").strip()
    rules = directory / "tzdata.zi"
    if rules.is_file():
        with rules.open(encoding="ascii") as lines:
            first = lines.readline().strip()
        if first.startswith(_NAMED_IN_LINE):
            return first.removeprefix(_NAMED_IN_LINE)
    return UNKNOWN


def _iana_version(package: str) -> str:
    """2025b of the package's 2025.2."""
    year, _, number = package.partition(".")
    release = number.partition(".")[0]
    return f"{year}{chr(ord('a') + int(release) - 1)}" if release.isdigit() and int(release) else UNKNOWN
