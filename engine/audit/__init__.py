"""What auditors are shown: why something was decided, and proof that nobody changed the record of it."""
