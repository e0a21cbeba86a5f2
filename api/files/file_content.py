"""Reads and writes whole files; what goes wrong is a mistake that names the file, never a traceback."""

from pathlib import Path

from engine.errors import InputInvalid, Mistake


def read_content(path: Path) -> bytes:
    """Raises InputInvalid if the file can't be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise unusable(path, f"can't be read: {error.strerror}") from None


def write_content(path: Path, content: bytes) -> None:
    """Raises InputInvalid if the file can't be written."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise unusable(path, f"can't be written: {error.strerror}") from None


def unusable(path: Path, message: str) -> InputInvalid:
    """The error that says so of the file or folder."""
    return InputInvalid([Mistake(where=str(path), field="", message=message)])
