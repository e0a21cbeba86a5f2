"""The `pointsman` command: one file per group of commands."""
