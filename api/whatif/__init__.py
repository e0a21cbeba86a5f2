"""What-ifs as jobs of a service: their drafts, who runs them when, and the process that does."""
