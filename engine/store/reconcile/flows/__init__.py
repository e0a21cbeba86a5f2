"""Compares what stock in motion left in the ledger with the log."""
