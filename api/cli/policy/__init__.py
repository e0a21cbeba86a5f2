"""The commands on policies: checking, testing, explaining them, and their versions."""
