"""Connectors: how what other systems send becomes calls of Pointsman, and what is sent to them, by data."""
