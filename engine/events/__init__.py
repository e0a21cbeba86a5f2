"""Events: what changed, derived from the log, for others to follow."""
