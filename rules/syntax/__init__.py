"""Parses YAML into conditions, effects and windows; every mistake becomes a finding with its place."""
