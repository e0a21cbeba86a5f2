"""What the ledger should have of stock in motion, and of promises, by the log."""
