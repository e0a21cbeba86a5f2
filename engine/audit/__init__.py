"""What auditors ask of the log: decisions made again, explained and proven."""
