"""The version is written in two places: pyproject.toml, for packaging, and engine/version.py, for the code."""

import tomllib
from pathlib import Path

from engine.version import VERSION

PROJECT = Path(__file__).parents[3] / "pyproject.toml"


def test_the_code_and_the_package_have_the_same_version():
    assert tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["version"] == VERSION
