"""What would have changed a decision: single changes, each found and verified by deciding again."""
