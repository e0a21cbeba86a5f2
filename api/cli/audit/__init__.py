"""`pointsman audit`: proof that nobody changed the log."""
