"""The release of this code; equal to the version in pyproject.toml."""

VERSION = "0.1.0"
