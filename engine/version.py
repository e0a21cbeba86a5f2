"""The release of this code; equal to the version in pyproject.toml."""

VERSION = "0.1.0"

MEANING = 1
"""The number of the meaning of rules and facts: it rises when a release would decide an order otherwise on the same
facts, so that who replays a decision is told why (`MEANINGS` in engine/audit/comparison/meanings.py).
"""
