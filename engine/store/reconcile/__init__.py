"""The ledger held against the log: checked, explained, repaired."""
