"""YAML text to conditions, effects and windows, each mistake with its place."""
