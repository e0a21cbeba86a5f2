"""A file that is replaced is there whole or not at all, and whoever writes it hears of what is wrong at once."""

import errno
import os
import resource
import stat
import subprocess
import sys

import pytest

from api.reports.replaced_file import ReplacedFile
from engine.errors import PointsmanError


def test_a_file_takes_the_place_of_another_and_can_be_read_as_any_new_one(tmp_path):
    path, other = tmp_path / "report.html", tmp_path / "other"
    path.write_text("old")
    other.touch()
    with ReplacedFile(path) as file:
        assert path.read_text() == "old"
        file.write(b"new")
    assert path.read_text() == "new"
    assert stat.S_IMODE(path.stat().st_mode) == stat.S_IMODE(other.stat().st_mode)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["other", "report.html"]


def test_nothing_stays_of_a_file_that_was_not_written(tmp_path):
    with pytest.raises(KeyboardInterrupt), ReplacedFile(tmp_path / "report.html"):
        raise KeyboardInterrupt
    assert list(tmp_path.iterdir()) == []


def test_a_folder_a_missing_folder_and_a_name_that_is_too_long_are_said(tmp_path):
    with pytest.raises(PointsmanError, match="is a folder: name a file"), ReplacedFile(tmp_path):
        pass
    with pytest.raises(PointsmanError, match="can't be written: No such file"), ReplacedFile(tmp_path / "no" / "x"):
        pass
    (tmp_path / "file").touch()
    with (
        pytest.raises(PointsmanError, match="can't be written: Not a directory"),
        ReplacedFile(tmp_path / "file" / "x"),
    ):
        pass
    with pytest.raises(PointsmanError, match="can't be written: "), ReplacedFile(tmp_path / ("x" * 300)) as file:
        file.write(b"new")


def test_on_a_disk_that_is_full_the_old_file_stays_and_nothing_else(tmp_path):
    """A limit on the size of files stands for the full disk: writing fails in its midst."""
    path = tmp_path / "report.html"
    path.write_text("old")
    written = (
        "import pathlib, signal\n"
        "from api.reports.replaced_file import ReplacedFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        f"with ReplacedFile(pathlib.Path({str(path)!r})) as file:\n"
        "    file.write(bytes(100_000))\n"
    )
    limit = lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))  # noqa: E731  # runs in the new process
    done = subprocess.run(
        [sys.executable, "-Bc", written], preexec_fn=limit, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert f"{path} can't be written: {os.strerror(errno.EFBIG)}" in done.stderr
    assert path.read_text() == "old"
    assert [item.name for item in tmp_path.iterdir()] == ["report.html"]
