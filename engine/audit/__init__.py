"""What an auditor asks of the log: why a decision is as it is, whether it repeats, and whether it is unchanged."""
